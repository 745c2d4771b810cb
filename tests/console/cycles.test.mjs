import assert from 'node:assert/strict';
import { test } from 'node:test';

import { paceOf } from '../../static/pace.js';
import { intervalWords, keepRhythm, pauseWords, PLAIN, readRhythm, rhythmFields } from '../../static/rhythm.js';
import { factsOf, lineOf } from '../../static/rows.js';
import { remark, rhythmOf, statusLine, toneOf } from '../../static/status.js';
import { clock } from '../../static/times.js';
import { openStorage } from '../../static/storage.js';
import { after, chat, event, fakeStorage, ME, OTHER, registered } from './helpers.mjs';

const NEXT = Date.UTC(2026, 10, 27, 14, 5);
const started = event('processingStarted', chat({ deviceId: OTHER, startedAt: 1000, revision: 11, continuous: { pause: 900 }, messageInterval: 5 }));
const progress = (revision, fields) =>
  event('processingProgress', chat({ deviceId: OTHER, revision, timestamp: 1000 * revision, progress: { current: 4, total: 4, sent: 3, message: 'Sent', ...fields } }));
const totals = { sent: 12, failed: 1, uncertain: 0 };
const resting = progress(20, { cycle: 2, nextCycleAt: NEXT, totals, message: 'Cycle 2 is through' });
const stateOf = (...events) => after(registered(), started, ...events);
const runOf = (...events) => stateOf(...events).runs['7/chat'];

test('a run that waits for its next cycle says when that begins', () => {
  const run = runOf(resting);
  assert.equal(statusLine(run, ME), `🔁 Next cycle at ${clock(NEXT)}`);
  assert.deepEqual([toneOf(run, ME), remark(run), paceOf(run)], ['rests', '', null]);
  assert.equal(rhythmOf(run), 'cycle 2 · 12 sent in all cycles · repeats every 15 min · 5 s between messages');
  assert.equal(lineOf(factsOf('7', stateOf(resting)), ME).text, `Chat: next cycle at ${clock(NEXT)}`);
});

test('a list that did not come says why while it waits', () => {
  const run = runOf(progress(21, { cycle: 2, nextCycleAt: NEXT, totals, message: 'Not listed', error: 'down' }));
  assert.equal(remark(run), 'Not listed — down');
});

test('a pause is said before the wait, and the next cycle ends the wait', () => {
  const paused = event('processingPaused', chat({ deviceId: OTHER, pausedBy: ME, revision: 22 }));
  assert.equal(statusLine(runOf(resting, paused), ME), '⏸️ Paused (4/4)');
  assert.match(remark(runOf(resting, paused)), /^Once resumed, next cycle from /);
  const begun = runOf(resting, progress(23, { cycle: 3, totals, current: 0, sent: 0, total: 9 }));
  assert.deepEqual([begun.cycle, begun.nextCycleAt, statusLine(begun, OTHER)], [3, null, '🔄 Processing... (0/9)']);
});

test('a snapshot tells of all this, and an end leaves the totals', () => {
  const sync = { isProcessing: true, status: 'running', deviceId: OTHER, total: 4, current: 4, sent: 3, revision: 20 };
  const synced = event('processingStateSync', chat({ ...sync, continuous: { pause: 900 }, messageInterval: 5, cycle: 2, nextCycleAt: NEXT, totals }));
  const run = after(registered(), synced).runs['7/chat'];
  assert.equal(rhythmOf(run), rhythmOf(runOf(resting)));
  const stopped = event('processingStopped', chat({ deviceId: OTHER, stoppedBy: ME, revision: 50, total: 4, current: 4, sent: 3, cycle: 2, totals }));
  const over = after(registered(), synced, stopped).runs['7/chat'];
  assert.equal(over.nextCycleAt, null);
  assert.equal(rhythmOf(over), 'cycle 2 · 12 sent in all cycles');
  assert.equal(rhythmOf(runOf()), 'repeats every 15 min · 5 s between messages');
});

test('a run that is taken over is this device’s, and who did it is told', () => {
  const taken = event('processingTakenOver', chat({ deviceId: ME, fromDeviceId: OTHER, revision: 30, message: 'x', total: 4, current: 4 }));
  const away = event('deviceReconnecting', chat({ deviceId: OTHER, revision: 29 }));
  const state = stateOf(away, taken);
  const run = state.runs['7/chat'];
  assert.deepEqual([run.deviceId, run.away, run.note, statusLine(run, ME)], [ME, false, '', '🔄 Processing... (4/4)']);
  const [entry] = state.journal.entries;
  assert.deepEqual([entry.kind, entry.who.own], ['tookOver', true]);
});

test('how often and how fast is kept, and said as it is', () => {
  const storage = withStorage();
  assert.deepEqual(readRhythm(storage), PLAIN);
  keepRhythm({ pause: 900, interval: 5 }, storage);
  assert.deepEqual(readRhythm(storage), { pause: 900, interval: 5 });
  keepRhythm({ pause: 7, interval: 'x' }, storage);
  assert.deepEqual(readRhythm(storage), PLAIN, 'what is no choice is none');
  assert.deepEqual([0, 900, 86_400].map(pauseWords), ['Once', 'Every 15 min', 'Every 24 h']);
  assert.deepEqual([0, 5, 300].map(intervalWords), ['Full pace', '5 s apart', '5 min apart']);
});

test('a start says only what was chosen, and those who failed are tried once', () => {
  assert.deepEqual(rhythmFields(PLAIN), {});
  const both = { pause: 900, interval: 5 };
  assert.deepEqual(rhythmFields(both), { messageInterval: 5, continuous: { pause: 900 } });
  assert.deepEqual(rhythmFields(both, 'failed'), { messageInterval: 5 });
});

/** A storage of its own, as a browser has it. */
function withStorage() {
  globalThis.ofCycles = fakeStorage();
  return openStorage('ofCycles');
}
