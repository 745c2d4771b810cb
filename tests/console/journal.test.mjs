import assert from 'node:assert/strict';
import { test } from 'node:test';

import { activityOf, countsOf, failedOf, historyOf, namesOf, uncertainOf } from '../../static/tidings.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const names = namesOf([{ external_id: '7', name: 'Amara Okafor' }]);
const started = (revision, deviceId = OTHER) => event('processingStarted', chat({ deviceId, startedAt: 1000, revision, timestamp: 1000 }));
const step = (revision, failed, more = {}) =>
  event('processingProgress', chat({ deviceId: OTHER, revision, timestamp: 2000, progress: { current: failed, total: 10, failed, sent: 0, message: 'Messaged Ann', ...more } }));
const refused = { message: 'Tom Berg could not be messaged', error: 'The gateway answered 422: account closed' };
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

test('who could not be messaged has a name and a reason, until a new run begins', () => {
  const state = after(registered(), started(11), step(12, 0), step(13, 1, refused), step(14, 1));
  const [group] = failedOf(state, names);
  assert.deepEqual([group.number, group.going, group.more, group.list.map(({ text }) => text)], [1, true, 0, ['Tom Berg: account closed']]);
  assert.equal(countsOf(state).failed, 1);
  assert.deepEqual(failedOf(after(state, complete(15), started(16)), names), []);
});

test('failures from before the page was opened are counted', () => {
  const sync = event('processingStateSync', chat({ status: 'completed', deviceId: OTHER, failed: 3, sent: 1, revision: 13, startedAt: 1000 }));
  const [group] = failedOf(after(registered(), sync), names);
  assert.deepEqual([group.number, group.more, group.list], [3, 3, []]);
});

test('the history has each run once, with what came of it in the end', () => {
  const settled = event('runSettled', chat({ revision: 13, failed: 2, sent: 9, uncertain: 0, current: 10, total: 10, message: 'Ann could not be messaged' }));
  const [run, ...more] = historyOf(after(registered(), started(11), complete(12), settled), names);
  assert.deepEqual([run.at, run.detail, more], [9000, '9 sent · 2 failed · took 8.0 s', []]);
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
