import assert from 'node:assert/strict';
import { test } from 'node:test';

import { notSaved, refusal, remark, startProblem, startWhy, statistics, statusLine, textMark, timesOf, toneOf } from '../../static/status.js';
import { words } from '../../static/words.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const { locked: LOCKED } = words.fixed;
const runAfter = (...events) => after(registered(), ...events).runs['7/chat'];
const started = (deviceId) => event('processingStarted', chat({ deviceId, startedAt: 1000, revision: 11 }));
const progress = (deviceId, current, total, more = {}) =>
  event('processingProgress', chat({ deviceId, revision: 12, progress: { current, total, message: 'Sent', ...more } }));
const stopped = (deviceId, stoppedBy) =>
  event('processingStopped', chat({ deviceId, stoppedBy, stoppedAt: 9000, revision: 13 }));

test('a running run, here and elsewhere', () => {
  assert.equal(statusLine(runAfter(started(ME), progress(ME, 2, 10)), ME), '🔄 Processing... (2/10)');
  assert.equal(statusLine(runAfter(started(OTHER), progress(OTHER, 2, 10)), ME), '📱 Processing on another device... (2/10)');
});

test('before the number of recipients is known', () => {
  assert.equal(statusLine(runAfter(started(ME)), ME), '🔄 Processing...');
  assert.equal(statusLine(runAfter(started(OTHER)), ME), '📱 Processing started on another device...');
});

test('a completed run', () => {
  const complete = (deviceId) =>
    event('processingComplete', chat({ deviceId, revision: 13, stats: { current: 10, total: 10, duration: 12_300 } }));
  assert.equal(statusLine(runAfter(started(ME), complete(ME)), ME), '✅ Completed (10/10)');
  assert.equal(statusLine(runAfter(started(OTHER), complete(OTHER)), ME), '✅ Completed on another device (10/10)');
});

test('a stopped run belongs to the device that stopped it', () => {
  assert.equal(statusLine(runAfter(started(OTHER), stopped(OTHER, ME)), ME), '⏹️ Stopped');
  assert.equal(statusLine(runAfter(started(ME), stopped(ME, OTHER)), ME), '⏹️ Stopped on another device');
});

test('an interrupted run gives its reason', () => {
  const lost = event('processingInterrupted', chat({ deviceId: OTHER, reason: 'Device disconnected', revision: 13 }));
  assert.equal(statusLine(runAfter(started(OTHER), lost), ME), '⚠️ Interrupted: Device disconnected');
  const sync = event('processingStateSync', chat({ status: 'interrupted', deviceId: OTHER, message: 'Messaged Ann', revision: 13 }));
  assert.equal(statusLine(runAfter(sync), ME), '⚠️ Interrupted');
});

test('a run whose device lost its connection', () => {
  const lost = event('deviceReconnecting', chat({ revision: 13 }));
  const words = '📱 Reconnecting: the other device lost its connection, the run goes on';
  const run = runAfter(started(OTHER), progress(OTHER, 2, 10), lost);
  assert.equal(statusLine(run, ME), words);
  assert.equal(statusLine(runAfter(started(ME), progress(ME, 2, 10), lost), ME), '🔄 Processing... (2/10)');
});

test('a device that came later reads the same as one that followed', () => {
  const base = { current: 2, total: 10, sent: 2, skipped: 0, failed: 0, uncertain: 0 };
  const synced = (data) =>
    event('processingStateSync', chat({ ...base, deviceId: OTHER, startedAt: 1000, away: false, stoppedBy: '', duration: 0, reason: '', ...data }));
  const stop = event('processingStopped', chat({ ...base, deviceId: OTHER, stoppedBy: ME, message: 'Stopped', revision: 13 }));
  const lost = event('processingInterrupted', chat({ ...base, deviceId: OTHER, reason: 'Device disconnected', revision: 13 }));
  const complete = event('processingComplete', chat({ deviceId: OTHER, revision: 13, stats: { ...base, duration: 4200 } }));
  const way = [started(OTHER), progress(OTHER, 2, 10, { ...base, message: 'Ann could not be messaged', error: 'gone' })];
  const pairs = [
    [runAfter(...way, stop), synced({ status: 'stopped', stoppedBy: ME, message: 'Stopped' })],
    [runAfter(...way, lost), synced({ status: 'interrupted', reason: 'Device disconnected', message: 'Device disconnected' })],
    [runAfter(...way, complete), synced({ status: 'completed', duration: 4200, message: 'Messaged Ann' })],
    [
      runAfter(started(OTHER), progress(OTHER, 2, 10, base), event('deviceReconnecting', chat({ revision: 13 }))),
      synced({ status: 'running', away: true, message: 'Sent' }),
    ],
  ];
  for (const [run, sync] of pairs) {
    const late = runAfter(sync);
    assert.deepEqual([statusLine(run, ME), remark(run), statistics(run)], [statusLine(late, ME), remark(late), statistics(late)]);
  }
});

test('a refusal that may be tried again says so, once', () => {
  const away = { code: 'store_unavailable', message: 'No storage, please try again', retryable: true };
  assert.equal(refusal(away), 'No storage, please try again');
  assert.equal(refusal({ ...away, message: 'The server did not answer' }), 'The server did not answer, please try again');
  assert.equal(refusal({ code: 'too_many_requests', message: 'Too many tries, please wait a moment', retryable: true }), 'Too many tries, please wait a moment');
  assert.equal(refusal({ code: 'locked', message: LOCKED, retryable: false }), LOCKED);
  assert.equal(refusal({ code: 'not_registered', message: 'wait for deviceRegistered', retryable: true }), 'Not connected yet, please try again');
  assert.equal(notSaved(away), 'Not saved yet: No storage, trying again');
  const unknown = { code: 'unknown_outcome', message: 'An answer of redis is overdue', retryable: true };
  assert.equal(refusal(unknown), 'Not known yet whether this was done: the storage does not answer. If it was, it shows here once it does');
  assert.equal(notSaved(unknown), 'Not saved yet: the storage does not answer, trying again');
  assert.equal(notSaved({ code: 'message_too_long', message: 'Too long', retryable: false }), 'Not saved yet: Too long');
});

test('without a run', () => {
  assert.equal(statusLine(undefined, ME), 'Not running');
  assert.deepEqual(statistics(undefined), []);
  assert.equal(remark(undefined), '');
});

test('the statistics name what there is, and how long it took once it is over', () => {
  const counts = { sent: 8, skipped: 1, failed: 0, uncertain: 1 };
  const told = (run) => statistics(run).map(({ text }) => text).join(', ');
  assert.equal(told(runAfter(started(ME), progress(ME, 9, 10, { ...counts, uncertain: 0 }))), '8 sent, 1 messaged before');
  const complete = event('processingComplete', chat({ revision: 14, stats: { ...counts, current: 10, total: 10, duration: 12_300 } }));
  const run = runAfter(started(ME), complete);
  assert.equal(told(run), '8 sent, 1 messaged before, 1 uncertain');
  assert.match(timesOf(run).text, /^started .+ · took 12 s$/);
  const nobody = event('processingComplete', chat({ revision: 14, stats: { skipped: 10, current: 10, total: 10, duration: 39 } }));
  assert.equal(told(runAfter(started(ME), nobody)), '0 sent, 10 messaged before');
  assert.match(timesOf(runAfter(started(ME), stopped(ME, ME))).text, /^started .+ · took 8\.0 s$/); // that says when it ended
  const long = { ...runAfter(started(ME), stopped(ME, ME)), endedAt: 3_600_000 };
  assert.match(timesOf(long).text, /^started .+ · took 59 min 59 s · ended /);
  assert.match(timesOf(runAfter(started(ME))).text, /^started [^·]+$/);
  assert.equal(timesOf(undefined).text, '');
});

test('the colour of a run', () => {
  const over = (stats) => runAfter(started(ME), event('processingComplete', chat({ deviceId: ME, revision: 13, stats: { current: 10, total: 10, ...stats } })));
  assert.deepEqual([undefined, over({ sent: 1 }), over({ skipped: 10 }), over({ failed: 10 })].map((run) => toneOf(run, ME)), ['idle', 'completed', 'nobody', 'failed']);
  const lost = event('deviceReconnecting', chat({ revision: 13 }));
  assert.deepEqual([runAfter(started(ME)), runAfter(started(OTHER)), runAfter(started(OTHER), lost)].map((run) => toneOf(run, ME)), ['running', 'other', 'away']);
});

test('the remark carries the error of the last step', () => {
  assert.equal(remark(runAfter(progress(ME, 1, 2, { message: 'Failed: Ann', error: 'gone' }))), 'Failed: Ann — gone');
});

test('text that waits for the operator is marked in the list', () => {
  const mine = { message: 'mine', base: { message: '' }, sent: null, conflict: null, refused: 0 };
  assert.equal(textMark(undefined, undefined), '');
  assert.equal(textMark(mine, undefined), '');
  assert.equal(textMark({ ...mine, conflict: { message: 'theirs' } }, undefined), 'two texts');
  assert.equal(textMark({ ...mine, message: 'x'.repeat(70_000) }, undefined), 'unsaved text');
  assert.equal(textMark(undefined, { message: 'left behind', at: 1 }), 'unsaved text');
  assert.equal(textMark({ ...mine, base: { message: 'mine' } }, { message: 'mine', at: 1 }), '');
});

test('why a run cannot be started', () => {
  const base = { run: undefined, me: ME, type: 'chat', message: 'Hello', connected: true };
  assert.equal(startProblem(base), '');
  assert.equal(startProblem({ ...base, run: runAfter(started(OTHER)) }), LOCKED);
  assert.equal(LOCKED, 'Another device is already processing this profile');
  assert.match(startProblem({ ...base, run: runAfter(started(ME)) }), /^This device/);
  assert.match(startProblem({ ...base, connected: false }), /^Not connected/);
  assert.match(startProblem({ ...base, message: '' }), /at least 1/);
  for (const blank of ['    ', '\n\t', '\u00a0\u3000']) assert.match(startProblem({ ...base, message: blank }), /blank space/);
  assert.match(startProblem({ ...base, type: 'mail', message: ' '.repeat(200) }), /blank space/);
  assert.match(startProblem({ ...base, conflict: true }), /choose/);
  assert.equal(startProblem({ ...base, run: runAfter(started(OTHER), stopped(OTHER, ME)) }), '');
});

test('the button says in few words why it does nothing', () => {
  const base = { run: undefined, me: ME, type: 'chat', message: 'Hello', connected: true };
  const why = (change) => startWhy({ ...base, ...change });
  assert.equal(why({}), '');
  assert.equal(why({ message: '' }), 'Write something first');
  assert.equal(why({ message: ' ' }), 'Only blank space so far');
  assert.equal(why({ type: 'mail', message: 'x'.repeat(149) }), '1 character to go');
  assert.equal(why({ message: 'x'.repeat(302) }), '2 characters too many');
  assert.equal(why({ connected: false, message: '' }), 'Waits for the connection');
  assert.equal(why({ conflict: true }), 'Choose first which text stays');
  assert.equal(why({ run: runAfter(started(OTHER)) }), '');
  assert.equal(why({ run: runAfter(started(OTHER)), connected: false }), 'Waits for the connection');
});
