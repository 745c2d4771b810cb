import assert from 'node:assert/strict';
import { test } from 'node:test';

import { apply, initialState, running, seen } from '../../static/state.js';
import { factsOf, lineOf } from '../../static/rows.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const started = (revision, data = {}) => event('processingStarted', chat({ deviceId: OTHER, startedAt: 1, revision, ...data }));
const progress = (revision, current) =>
  event('processingProgress', chat({ deviceId: OTHER, revision, progress: { current, total: 10, message: `${current}`, sent: current } }));

test('the state is never changed in place, and an unknown event changes nothing', () => {
  const state = registered();
  const frozen = structuredClone(state);
  const next = after(state, started(11), progress(12, 1), event('messageUpdated', chat({ message: 'x', revision: 13 })));
  assert.deepEqual(state, frozen);
  assert.notEqual(next, state);
  assert.equal(apply(state, event('somethingNew', { a: 1 })), state);
  assert.equal(apply(state, { name: 'toString', data: null }), state);
});

test('what an event does not touch keeps its identity', () => {
  const state = after(registered(), started(11), event('messageUpdated', chat({ message: 'x', revision: 12 })));
  const next = apply(state, event('processingProgress', { profileId: '8', type: 'mail', revision: 13, progress: { current: 1, total: 2 } }));
  assert.equal(next.runs['7/chat'], state.runs['7/chat']);
  assert.equal(next.drafts, state.drafts);
});

test('an event at or below the last revision of its run is ignored', () => {
  const state = after(registered(), started(11), progress(12, 5));
  assert.equal(apply(state, progress(12, 4)).runs, state.runs);
  assert.equal(apply(state, started(11)).runs, state.runs);
  assert.equal(apply(state, progress(13, 6)).runs['7/chat'].current, 6);
});

test('revisions are kept apart per run: an older revision of another run is news', () => {
  const state = after(registered(), started(20));
  const other = apply(state, event('processingStarted', { profileId: '8', type: 'chat', deviceId: ME, revision: 15 }));
  assert.equal(other.runs['8/chat'].status, 'running');
});

test('late progress does not bring a finished run back', () => {
  const complete = event('processingComplete', chat({ deviceId: OTHER, revision: 14, stats: { current: 10, total: 10, sent: 10 } }));
  const state = after(registered(), started(11), complete, progress(13, 9));
  assert.equal(state.runs['7/chat'].status, 'completed');
  assert.equal(state.runs['7/chat'].sent, 10);
});

test('a new run starts its counters afresh and takes the last notice away', () => {
  const state = after(
    registered(),
    started(11),
    progress(12, 9),
    event('local/notice', { key: '7/chat', tone: 'error', text: 'no' }),
    started(13),
  );
  assert.deepEqual([state.runs['7/chat'].current, state.runs['7/chat'].sent], [0, 0]);
  assert.equal('7/chat' in state.notices, false);
});

test('events of a server without revisions are all taken', () => {
  const state = after(registered(), started(undefined), progress(undefined, 1), progress(undefined, 2));
  assert.equal(state.runs['7/chat'].current, 2);
});

test('runSettled moves the counters and leaves the status', () => {
  const stop = event('processingStopped', chat({ deviceId: OTHER, stoppedBy: ME, revision: 13 }));
  const settled = event('runSettled', chat({ revision: 14, current: 3, total: 10, sent: 3, skipped: 0, failed: 0, uncertain: 0 }));
  const state = after(registered(), started(11), progress(12, 2), stop, settled);
  assert.deepEqual([state.runs['7/chat'].status, state.runs['7/chat'].sent], ['stopped', 3]);
  assert.equal(apply(registered(), settled).runs['7/chat'], undefined);
});

test('a fresh registration resets runs and, with the snapshot, drafts; a recovered one keeps them', () => {
  const state = after(registered(), started(11), event('messageUpdated', chat({ message: 'x', deviceId: OTHER, revision: 12 })));
  const again = (data) => apply(state, event('deviceRegistered', { deviceId: ME, revision: 12, ...data }));
  assert.equal(again({ epoch: 'e1', recovered: true }).runs, state.runs);
  for (const data of [{ epoch: 'e1', recovered: false }, { epoch: 'e2', recovered: true }, { epoch: 'e1' }]) {
    assert.deepEqual([again(data).runs, again(data).syncing], [{}, true]);
    assert.deepEqual(apply(again(data), event('local/caughtUp')).drafts, {});
  }
});

test('what was seen is told once the whole snapshot is here', () => {
  assert.equal(seen(initialState), null);
  assert.equal(seen(after(initialState, event('deviceRegistered', { deviceId: ME, epoch: 'e1', revision: 10 }))), null);
  assert.deepEqual(seen(registered()), { epoch: 'e1', revision: 10 });
  assert.deepEqual(seen(after(registered(), started(12))), { epoch: 'e1', revision: 12 });
  assert.deepEqual(seen(after(registered(), event('local/draftAnswered', chat({ ok: true, revision: 15 })))), { epoch: 'e1', revision: 10 });
});

test('a recovered registration does not count as having seen what comes after it', () => {
  const again = event('deviceRegistered', { deviceId: ME, epoch: 'e1', revision: 14, recovered: true });
  assert.equal(after(registered(), started(12), again).revision, 12);
});

test('a device that lost its connection is away until it is back, or the run ends', () => {
  const lost = event('deviceReconnecting', chat({ deviceId: OTHER, grace: 5000, revision: 12 }));
  const back = event('deviceReconnected', chat({ deviceId: OTHER, revision: 13 }));
  const interrupted = event('processingInterrupted', chat({ deviceId: OTHER, reason: 'Device disconnected', revision: 13 }));
  const away = (...events) => after(registered(), started(11), ...events).runs['7/chat'].away;
  assert.deepEqual([away(), away(lost), away(lost, progress(13, 2)), away(lost, back)], [false, true, true, false]);
  assert.deepEqual([away(lost, interrupted), away(lost, started(13))], [false, false]);
  assert.equal(apply(registered(), lost).runs['7/chat'], undefined);
});

test('a run that was taken over goes on from its counters, and says so until it ends', () => {
  const taken = event('processingTakenOver', chat({ deviceId: OTHER, message: 'Another server goes on with it', current: 3, total: 10, sent: 2, uncertain: 1, revision: 13 }));
  const state = after(registered(), started(11), progress(12, 2), taken);
  const { status, current, uncertain, note } = state.runs['7/chat'];
  assert.deepEqual([status, current, uncertain, note], ['running', 3, 1, 'Another server goes on with it']);
  assert.equal(apply(state, progress(14, 4)).runs['7/chat'].note, note);
  const complete = event('processingComplete', chat({ deviceId: OTHER, revision: 15, stats: { current: 10, total: 10 } }));
  assert.equal(apply(state, complete).runs['7/chat'].note, '');
});

test('a run that was stopped or interrupted carries its last counters', () => {
  const last = { current: 4, total: 10, sent: 2, skipped: 1, failed: 0, uncertain: 1, revision: 13 };
  for (const name of ['processingStopped', 'processingInterrupted']) {
    const run = after(registered(), started(11), progress(12, 2), event(name, chat({ deviceId: OTHER, ...last }))).runs['7/chat'];
    assert.deepEqual([run.current, run.sent, run.skipped, run.uncertain], [4, 2, 1, 1], name);
  }
});

test('resync begins a new epoch: lower revisions count again', () => {
  const state = after(
    registered(),
    started(500),
    event('resync', { epoch: 'e2', revision: 3 }),
    event('processingStateSync', chat({ status: 'running', isProcessing: true, current: 4, total: 9, deviceId: OTHER, revision: 2 })),
    event('messageSync', chat({ message: 'kept', deviceId: OTHER, revision: 1 })),
    event('local/caughtUp'),
  );
  assert.deepEqual([state.epoch, state.revision, state.syncing], ['e2', 3, false]);
  assert.equal(state.runs['7/chat'].current, 4);
  assert.equal(state.drafts['7/chat'].message, 'kept');
});

test('the snapshot of a server that sends no status', () => {
  const sync = (data) => apply(registered(), event('processingStateSync', chat({ deviceId: OTHER, ...data }))).runs['7/chat'].status;
  assert.equal(sync({ isProcessing: true, current: 1, total: 3 }), 'running');
  assert.equal(sync({ isProcessing: false, current: 3, total: 3 }), 'completed');
  assert.equal(sync({ isProcessing: false, current: 1, total: 3 }), 'stopped');
});

test('a run that the server has no record of is no run', () => {
  const none = (revision) => event('processingStateSync', chat({ status: 'none', isProcessing: false, current: 0, total: 0, deviceId: ME, revision }));
  const known = after(registered(), started(11));
  assert.equal(apply(known, none(12)).runs['7/chat'], undefined);
  assert.equal(apply(known, none(10)).runs, known.runs, 'no news');
  const empty = registered();
  assert.equal(apply(empty, none(12)).runs, empty.runs, 'nothing to show');
});

test('profile ids may be numbers; an unknown type is left alone', () => {
  const state = apply(registered(), event('processingStarted', { profileId: 7, type: 'chat', deviceId: ME, revision: 11 }));
  assert.ok(state.runs['7/chat']);
  assert.equal(apply(state, event('processingStarted', { profileId: '7', type: 'fax', revision: 12 })).runs, state.runs);
  assert.equal(apply(state, event('messageUpdated', { message: 'x' })).drafts, state.drafts);
});

test('a cleared blocklist is told at its card, on every device', () => {
  const cleared = (deviceId) => event('blocklistCleared', chat({ deviceId, deletedCount: 12, message: 'Cleared 12 blocked recipients' }));
  assert.equal(apply(registered(), cleared(ME)).notices['7/chat'].text, 'Cleared 12 blocked recipients');
  assert.equal(apply(registered(), cleared(OTHER)).notices['7/chat'].text, 'Cleared 12 blocked recipients on another device');
});

test('running counts all and own', () => {
  const own = event('processingStarted', { profileId: '8', type: 'mail', deviceId: ME, revision: 12 });
  assert.deepEqual(running(after(registered(), started(11), own)), { all: 2, ours: 1, theirs: 2, waiting: 0 });
  const detached = apply(after(registered(), started(11)), { ...own, data: { ...own.data, detached: true } });
  assert.deepEqual(running(detached), { all: 2, ours: 0, theirs: 2, waiting: 0 });
  assert.deepEqual(running(initialState), { all: 0, ours: 0, theirs: 0, waiting: 0 });
});

test('a superseded page has no device any more', () => {
  const state = apply(registered(), event('local/superseded'));
  assert.deepEqual([state.superseded, state.device], [true, null]);
});

test('a run that waits for its operator to sign in is counted until it goes on or ends', () => {
  const step = (revision, more) => event('processingProgress', chat({ deviceId: OTHER, revision, progress: { current: 2, total: 9, ...more } }));
  const waits = after(registered(), started(11), step(12, { waitingFor: 'sign_in', message: 'Waits for you' }));
  const sync = chat({ status: 'running', waitingFor: 'sign_in', deviceId: OTHER, current: 2, total: 9, revision: 12 });
  for (const state of [waits, after(registered(), event('processingStateSync', sync))]) {
    assert.equal(running(state).waiting, 1);
    assert.equal(lineOf(factsOf('7', state), ME).text, 'Chat waits for you to sign in');
    assert.equal(running(apply(state, step(13, {}))).waiting, 0);
    assert.equal(running(apply(state, event('processingInterrupted', chat({ code: 'sign_in_again', reason: 'x', revision: 13 })))).waiting, 0);
  }
});
