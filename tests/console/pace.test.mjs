import assert from 'node:assert/strict';
import { test } from 'node:test';

import { paceOf, stepped } from '../../static/pace.js';
import { remark } from '../../static/status.js';
import { countdown } from '../../static/times.js';
import { after, chat, event, OTHER, registered } from './helpers.mjs';

const START = 1_700_000_000_000;
const progress = (seconds, current, more = {}) =>
  event('processingProgress', chat({ deviceId: OTHER, timestamp: START + seconds * 1000, revision: 12 + seconds, progress: { current, total: 60, ...more } }));
const runOf = (...steps) => after(registered(), ...steps).runs['7/chat'];

test('the time left follows from the steps so far', () => {
  const run = runOf(progress(0, 1), progress(5, 11), progress(10, 21));
  assert.deepEqual(paceOf(run), { perSecond: 2, left: 19_500 });
});

test('nobody can tell before a second step, while it waits, or once it is over', () => {
  assert.equal(paceOf(runOf(progress(0, 1))), null);
  assert.equal(paceOf(runOf(progress(0, 1), progress(5, 1))), null);
  assert.equal(paceOf(runOf(progress(0, 1), progress(5, 9, { waitingFor: 'sign_in' }))), null);
  const over = event('processingStopped', chat({ deviceId: OTHER, stoppedBy: OTHER, stoppedAt: START, revision: 99 }));
  assert.equal(paceOf(runOf(progress(0, 1), progress(5, 11), over)), null);
  const synced = event('processingStateSync', chat({ deviceId: OTHER, status: 'running', current: 5, total: 60, revision: 12 }));
  assert.equal(paceOf(runOf(synced)), null);
});

test('a wait that the backend asked for is counted down from the event on, until the next one', () => {
  const waits = { waitUntil: START + 125_000, message: 'The gateway asks to wait, going on in 120 s' };
  const run = runOf(progress(0, 1), progress(5, 11, waits));
  assert.deepEqual([run.waitUntil, run.waitLeft, paceOf(run), remark(run)], [START + 125_000, 120_000, null, '']);
  assert.deepEqual([countdown(120_000), countdown(114_200), countdown(59_001), countdown(-5)], ['2 min 0 s', '1 min 55 s', '1 min 0 s', '0 s']);
  for (const next of [progress(125, 12), event('processingStopped', chat({ deviceId: OTHER, revision: 999 }))]) {
    const after = runOf(progress(0, 1), progress(5, 11, waits), next);
    assert.deepEqual([after.waitUntil, after.waitLeft], [null, null]);
  }
  assert.equal(runOf(progress(0, 1, { waitUntil: 'soon' })).waitUntil, null);
});

test('what was long ago does not count any more', () => {
  let steps = null;
  for (let second = 0; second <= 100; second += 1) steps = stepped(steps, START + second * 1000, second);
  for (let second = 101; second <= 180; second += 1) steps = stepped(steps, START + second * 1000, 100 + (second - 100) * 5);
  const { perSecond } = paceOf({ status: 'running', waitingFor: '', steps, current: 500, total: 600 });
  assert.equal(perSecond, 5);
});

test('a run that begins anew, and a time that is none, do not mix with what was', () => {
  const steps = stepped(stepped(null, START, 50), START + 9000, 1);
  assert.deepEqual(steps.from, { at: START + 9000, current: 1 });
  assert.equal(stepped(steps, undefined, 2), steps);
});
