import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTypists } from '../../static/typists.js';
import { chat, event, ME } from './helpers.mjs';

const typed = (deviceId) => event('messageUpdated', chat({ deviceId, message: 'x' }));
const cleared = (deviceId) => event('messageCleared', chat({ deviceId }));

test('a device types until three seconds after its last letter, and is told of twice', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told = [];
  const typists = createTypists((key, devices) => told.push([key, devices]));
  for (let letter = 0; letter < 10; letter += 1) {
    typists.note(typed('a'), ME);
    t.mock.timers.tick(2_900);
  }
  assert.deepEqual(told, [['7/chat', ['a']]]);
  t.mock.timers.tick(100);
  assert.deepEqual(told.slice(1), [['7/chat', []]]);
});

test('several devices type, one that clears does not any more', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told = [];
  const typists = createTypists((_key, devices) => told.push(devices));
  typists.note(typed('a'), ME);
  typists.note(typed('b'), ME);
  typists.note(cleared('a'), ME);
  typists.note(cleared('a'), ME);
  assert.deepEqual(told, [['a'], ['a', 'b'], ['b']]);
  typists.note(typed(ME), ME);
  typists.note(event('messageUpdated', { type: 'fax', deviceId: 'c' }), ME);
  assert.equal(told.length, 3);
  typists.forget();
  t.mock.timers.tick(3_000);
  assert.equal(told.length, 3);
});
