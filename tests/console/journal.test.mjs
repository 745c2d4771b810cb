import assert from 'node:assert/strict';
import { test } from 'node:test';

import { activityOf, historyOf, namesOf, uncertainOf } from '../../static/tidings.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const names = namesOf([{ external_id: '7', name: 'Amara Okafor' }]);
const started = (revision, deviceId = OTHER) => event('processingStarted', chat({ deviceId, startedAt: 1000, revision, timestamp: 1000 }));
const complete = (revision, stats = {}) =>
  event('processingComplete', chat({ deviceId: OTHER, completedAt: 9000, revision, timestamp: 9000, stats: { current: 10, total: 10, duration: 8000, sent: 9, failed: 1, ...stats } }));
const said = (state) => activityOf(state, names).map(({ text }) => text.map((part) => part.b ?? part).join(''));

test('what happens is told in sentences, the newest first', () => {
  const state = after(registered(), started(11, ME), complete(12), event('messageCleared', chat({ deviceId: ME, revision: 13, timestamp: 9500 })));
  assert.deepEqual(said(state), ['You cleared the Chat text of Amara Okafor', 'Amara Okafor: Chat done', 'You started Chat of Amara Okafor']);
  assert.deepEqual(activityOf(state, names).map(({ at }) => at), [9500, 9000, 1000]);
});

test('what was told already is not told twice', () => {
  const state = after(registered(), started(11), started(11));
  assert.equal(state.journal.entries.length, 1);
});

test('who goes on typing is said to type once', () => {
  const typed = (revision, timestamp) => event('messageUpdated', chat({ deviceId: OTHER, message: 'x', revision, timestamp }));
  const once = after(registered(), typed(11, 1000), typed(12, 1100), typed(13, 60_000));
  assert.equal(once.journal.entries.length, 1);
  assert.equal(after(once, typed(14, 400_000)).journal.entries.length, 2);
});

test('a run over those who failed is told as one', () => {
  const again = event('processingStarted', chat({ deviceId: ME, startedAt: 1000, revision: 11, timestamp: 1000, only: 'failed' }));
  assert.deepEqual(said(after(registered(), again)), ['You tried the failed of Chat again for Amara Okafor']);
});

test('that a planned run starts is told once, and nobody started it', () => {
  const began = event('planEnded', chat({ planId: 'a', outcome: 'started', revision: 12, reason: '' }));
  assert.deepEqual(said(after(registered(), started(11, ME), began)), ['Amara Okafor: planned Chat began']);
});

test('the history has each run once, with what came of it in the end', () => {
  const settled = event('runSettled', chat({ revision: 13, failed: 2, sent: 9, uncertain: 0, current: 10, total: 10, message: 'Ann could not be messaged' }));
  const [run, ...more] = historyOf(after(registered(), started(11), complete(12), settled), names);
  assert.deepEqual([run.at, run.detail, more], [9000, '9 sent · 2 failed · took 8.0 s', []]);
});

test('where a run was stopped counts who was on the way then', () => {
  const stop = event('processingStopped', chat({ deviceId: ME, stoppedBy: ME, stoppedAt: 5000, revision: 12, timestamp: 5000, current: 44, total: 200, sent: 44 }));
  const settled = (revision) => event('runSettled', chat({ revision, current: 45, total: 200, sent: 45 }));
  const at = (state) => activityOf(state, names).map(({ detail }) => detail);
  const state = after(registered(), started(11, ME), stop);
  assert.deepEqual(at(state), ['at 44 of 200', '']);
  assert.deepEqual(at(after(state, settled(13))), ['at 45 of 200', '']);
  const other = event('processingStarted', chat({ deviceId: ME, startedAt: 7000, revision: 14, timestamp: 7000 }));
  assert.equal(at(after(state, other, settled(15)))[1], 'at 44 of 200', 'of another run');
});

test('who waits for a decision is listed as far as it is known', () => {
  const left = complete(12, { uncertain: 2 });
  left.data.uncertainRecipients = [{ id: 'a', name: 'Ann' }, { id: 'b', name: 'Bo' }];
  const [group] = uncertainOf(after(registered(), started(11), left), names);
  assert.deepEqual([group.number, group.list.map(({ name }) => name), group.busy], [2, ['Ann', 'Bo'], false]);
});

test('there is an end to all of it', () => {
  let state = registered();
  for (let revision = 11; revision < 400; revision += 1) state = after(state, complete(revision));
  assert.equal(state.journal.entries.length, 200);
  assert.equal(state.journal.ended.length, 100);
});
