import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTyping } from '../../static/view/typing.js';
import { after, event, registered } from './helpers.mjs';

const HERE = [{ deviceId: 'a', name: 'Chrome on Android' }];
const begun = after(registered(), event('devicesSync', { devices: HERE }));
const typing = (state, key, ...devices) => after(state, event('local/typists', { key, devices }));

/** What the rows say, as it is told to them: `[profileId, text]`. */
function rows(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told = [];
  return { told, ...createTyping((...what) => told.push(what)) };
}

test('a row says who types where, by name where that is known', (t) => {
  const { told, render } = rows(t);
  render(begun);
  assert.deepEqual(told, []);
  render(typing(begun, '7/chat', 'a'));
  assert.deepEqual(told, [['7', 'Chat: \u2068Chrome on Android\u2069 types…']]);
  t.mock.timers.tick(1_000);
  render(typing(typing(begun, '7/chat', 'a', 'b'), '7/mail', 'c'));
  assert.deepEqual(told.slice(1), [['7', 'Chat: 2 other devices type… · Mail: Another device types…']]);
});

test('the list changes at most once a second, and then says what is so', (t) => {
  const { told, render } = rows(t);
  for (let turn = 0; turn < 5; turn += 1) {
    render(typing(begun, '7/chat', 'b'));
    render(begun);
  }
  render(typing(begun, '8/chat', 'b'));
  assert.equal(told.length, 1);
  t.mock.timers.tick(999);
  assert.equal(told.length, 1);
  t.mock.timers.tick(1);
  assert.deepEqual(told.slice(1), [['8', 'Chat: Another device types…'], ['7', '']]);
  render(begun);
  t.mock.timers.tick(1_000);
  assert.deepEqual(told.slice(3), [['8', '']]);
  t.mock.timers.tick(5_000);
  render(typing(begun, '9/mail', 'b'));
  assert.equal(told.at(-1)[0], '9');
});

test('rows that are made anew are told again', (t) => {
  const { told, render, anew } = rows(t);
  const state = typing(begun, '7/chat', 'b');
  render(state);
  t.mock.timers.tick(1_000);
  anew();
  render(state);
  assert.deepEqual(told[1], told[0]);
});
