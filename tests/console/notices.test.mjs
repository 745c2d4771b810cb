// What is worth a notice, and the choices about it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keepChoices, mayAsk, noticesOf, readChoices } from '../../static/notices.js';
import { openStorage } from '../../static/storage.js';
import { after, chat, event, fakeStorage, ME, OTHER, registered } from './helpers.mjs';

const WHO = 'operator-1';

/** A run that goes on, of the operator who looks. */
const running = (extra = {}) => {
  const state = after(registered(), event('processingStarted', chat({ deviceId: OTHER, operatorId: WHO, startedAt: 5, revision: 11, ...extra })));
  return { ...state, who: { ...state.who, operatorId: WHO }, profiles: { status: 'ready', items: [{ external_id: '7', name: 'Ada' }], message: '' } };
};
const kinds = (before, ...events) => {
  const found = [];
  for (const one of events) {
    const next = after(before, one);
    found.push(...noticesOf(before, next).map(({ kind }) => kind));
    before = next;
  }
  return found;
};
const stats = (extra = {}) => ({ current: 3, total: 3, sent: 3, skipped: 0, failed: 0, uncertain: 0, ...extra });

test('a run that ends by itself is told, and who it is for', () => {
  const before = running();
  const [notice, ...others] = noticesOf(before, after(before, event('processingComplete', chat({ stats: stats(), revision: 12 }))));
  assert.deepEqual([notice, others], [{ kind: 'completed', tag: 'chat/7/5', profileId: '7', title: notice.title, body: 'Chat completed · 3 sent' }, []]);
  assert.match(notice.title, /Ada/);
});

test('an interruption, people who may have been messaged and a missing sign-in are told; a stop is not', () => {
  const ends = {
    interrupted: event('processingInterrupted', chat({ reason: 'No gateway', revision: 12, ...stats() })),
    uncertain: event('processingComplete', chat({ stats: stats({ uncertain: 2 }), revision: 12 })),
    signIn: event('processingProgress', chat({ deviceId: OTHER, revision: 12, progress: { waitingFor: 'sign_in' } })),
  };
  for (const [kind, end] of Object.entries(ends)) assert.deepEqual(kinds(running(), end), [kind]);
  assert.deepEqual(kinds(running(), event('processingStopped', chat({ stoppedBy: OTHER, revision: 12 }))), []);
});

test('of the runs of others, and of a snapshot, nothing is told', () => {
  const complete = event('processingComplete', chat({ stats: stats(), revision: 12 }));
  assert.deepEqual(kinds(running({ operatorId: 'operator-2' }), complete), []);
  const state = after(running(), event('resync', { epoch: 'e2', revision: 20 }));
  assert.deepEqual(kinds(state, event('processingStateSync', chat({ status: 'completed', startedAt: 5, revision: 19 })), event('local/caughtUp')), []);
});

test('one is asked as a run of this very device begins, and once', () => {
  const started = event('processingStarted', chat({ deviceId: ME }));
  const usual = readChoices(openStorage('nowhere'));
  assert.equal(mayAsk(started, { id: ME }, usual), true);
  assert.equal(mayAsk(started, { id: OTHER }, usual), false);
  assert.equal(mayAsk(started, { id: ME }, { ...usual, asked: true }), false);
});

test('choices are kept, and what somebody else wrote there is none', () => {
  globalThis.localStorage = fakeStorage();
  const storage = openStorage('localStorage');
  const usual = readChoices(storage);
  assert.deepEqual(usual, { on: false, sound: false, title: true, asked: false });
  keepChoices({ ...usual, sound: true }, storage);
  assert.equal(readChoices(storage).sound, true);
  for (const odd of ['null', '5', '{"sound": "yes"}', '{']) {
    globalThis.localStorage.setItem('alphasync.notices', odd);
    assert.deepEqual(readChoices(storage), usual);
  }
});
