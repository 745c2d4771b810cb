import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';

import { countsOf, failedOf, namesOf } from '../../static/tidings.js';
import { needsAsking, pageOf, unsentOf } from '../../static/unsent.js';
import { AWAY, bench } from './bench.mjs';
import { after, chat, event, OTHER, registered } from './helpers.mjs';

const KEY = '7/chat';
const names = namesOf([{ external_id: '7', name: 'Amara Okafor' }]);
const people = (number, from = 0) => Array.from({ length: number }, (_, place) => ({ id: `r${from + place}`, name: `Name ${from + place}`, reason: 'The gateway answered 422: account closed', at: 1000 }));
const listed = (number, more = {}) => event('local/unsentListed', chat({ version: 1, recipients: people(number), named: number, unnamed: 0, ...more }));
const started = (revision, more = {}) => event('processingStarted', chat({ deviceId: OTHER, revision, ...more }));
const progress = (revision, counters) => event('processingProgress', chat({ deviceId: OTHER, revision, progress: { total: 10, ...counters } }));
const asked = [event('local/unsentAsked', chat()), event('local/unsentRested', chat())];
const list = (...events) => after(registered(), ...events).unsent[KEY];

test('who could not be messaged is listed with a reason and a time, as the server says', () => {
  const state = after(registered(), started(11), progress(12, { failed: 2 }), listed(2));
  const [group] = failedOf(state, names);
  assert.deepEqual([group.number, group.named, group.going, group.more, group.unlisted], [2, 2, true, 0, 0]);
  assert.deepEqual(group.shown[0], { id: 'r0', name: 'Name 0', reason: 'The gateway answered 422: account closed', at: 1000 });
  assert.equal(countsOf(state).failed, 2);
});

test('before the server has said who they are their number is that of the run', () => {
  const sync = event('processingStateSync', chat({ status: 'completed', deviceId: OTHER, failed: 3, sent: 1, revision: 13 }));
  const [group] = failedOf(after(registered(), sync), names);
  assert.deepEqual([group.number, group.known, group.shown, group.more], [3, false, [], 0]);
});

test('it is asked again when somebody fails, or when somebody who was tried again does not', () => {
  assert.equal(needsAsking(undefined), true);
  assert.equal(needsAsking(list(started(11), progress(12, { failed: 1 }), ...asked)), false);
  const known = [started(11), progress(12, { failed: 1, current: 1 }), ...asked];
  assert.equal(needsAsking(list(...known, progress(13, { failed: 1, current: 2 }))), false);
  assert.equal(needsAsking(list(...known, progress(13, { failed: 2, current: 2 }))), true);
  const again = [started(11, { only: 'failed' }), progress(12, { failed: 0, current: 1 }), ...asked];
  assert.equal(needsAsking(list(...again, progress(13, { failed: 0, sent: 2, current: 2 }))), true);
});

test('a run over everybody begins the list anew, one over those who failed keeps it', () => {
  assert.equal(unsentOf(list(started(11), listed(2), started(12, { only: 'failed' }))), 2);
  assert.deepEqual(list(started(11), listed(2), started(12)).recipients, []);
});

test('an answer counts though the list has changed meanwhile, an older one than is known does not', () => {
  const changed = event('local/unsentChanged', chat());
  assert.equal(list(changed, listed(2)).named, 2);
  assert.equal(list(changed, listed(3, { version: 2 }), listed(2)).named, 3);
});

test('twenty are seen, more when they are asked for', () => {
  const more = event('local/unsentMore', chat());
  const first = listed(100, { named: 250, unnamed: 7 });
  const page = (...events) => {
    const { shown, known: _known, ...rest } = pageOf(list(...events));
    return [shown.length, rest];
  };
  assert.deepEqual(page(first), [20, { more: 230, unlisted: 7 }]);
  assert.deepEqual(page(first, more), [100, { more: 150, unlisted: 7 }]);
  assert.deepEqual(page(first, more, more, listed(200, { named: 250, unnamed: 7 })), [200, { more: 50, unlisted: 7 }]);
});

const open = () => {
  const bed = bench();
  bed.dispatch(event('local/select', { profileId: '7' }));
  return bed;
};

test('the server is asked at most once in a second for each list', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const bed = open();
  bed.commands.listUnsent();
  bed.dispatch(event('local/unsentChanged', chat()));
  bed.commands.listUnsent();
  assert.deepEqual(bed.sent, [['listFailed', chat()], ['listFailed', { profileId: '7', type: 'mail' }]]);
  await bed.answer({ ok: true, recipients: people(1), named: 1, unnamed: 0 });
  bed.commands.listUnsent();
  assert.equal(bed.sent.length, 2);
  t.mock.timers.tick(1000);
  bed.commands.listUnsent();
  assert.deepEqual(bed.sent.slice(2), [['listFailed', chat()]]);
});

test('as many pages are asked for as are to be seen', async () => {
  const bed = open();
  bed.commands.moreUnsent('7', 'chat');
  bed.commands.moreUnsent('7', 'chat');
  bed.commands.listUnsent();
  await bed.answer({ ok: true, recipients: people(100), named: 250, unnamed: 0, cursor: 17 });
  assert.deepEqual(bed.sent.at(-1), ['listFailed', chat({ cursor: 17 })]);
  await bed.answer({ ok: true, recipients: [], named: 0, unnamed: 0 }); // the other type's
  await bed.answer({ ok: true, recipients: people(100, 100), named: 250, unnamed: 0, cursor: 16 });
  await turn();
  assert.equal(bed.state.unsent[KEY].recipients.length, 200);
  assert.equal(bed.sent.length, 3);
});

test('what could not be told is asked for again after a moment', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const bed = open();
  bed.commands.listUnsent();
  await bed.answer(AWAY);
  await bed.answer({ ok: false, code: 'unknown_event', message: 'Unknown event', retryable: false });
  t.mock.timers.tick(1000);
  bed.commands.listUnsent();
  assert.deepEqual(bed.sent.slice(2), [['listFailed', chat()]]);
});

test('just those are tried again; where there is nobody any more the list is asked for', async () => {
  const bed = open();
  bed.dispatch(listed(2));
  bed.commands.start('7', 'chat', 'Hello', 'failed');
  assert.deepEqual(bed.sent, [['startProcessing', chat({ message: 'Hello', only: 'failed' })]]);
  await bed.answer({ ok: false, code: 'nothing_failed', message: 'There is nobody to try again', retryable: false });
  assert.equal(bed.notice(), 'Nobody is left to be tried again');
  assert.equal(needsAsking(bed.state.unsent[KEY]), true);
});
