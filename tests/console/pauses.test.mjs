import assert from 'node:assert/strict';
import { test } from 'node:test';

import { choicesFor } from '../../static/palette.js';
import { paceOf } from '../../static/pace.js';
import { ringOf } from '../../static/rings.js';
import { factsOf, lineOf } from '../../static/rows.js';
import { remark, statusLine, toneOf } from '../../static/status.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const started = (deviceId) => event('processingStarted', chat({ deviceId, startedAt: 1000, revision: 11 }));
const progress = (current, at, message = 'Sent', revision = 11 + current) =>
  event('processingProgress', chat({ deviceId: OTHER, revision, timestamp: at, progress: { current, total: 21, message } }));
const paused = event('processingPaused', chat({ deviceId: OTHER, pausedBy: ME, revision: 30 }));
const resumed = event('processingResumed', chat({ deviceId: OTHER, resumedBy: ME, revision: 40 }));
const going = [started(OTHER), progress(1, 1000), progress(9, 9000)];
const stateOf = (...events) => after(registered(), ...events);
const runOf = (...events) => stateOf(...events).runs['7/chat'];

test('a paused run says so, wherever it is, and says it once', () => {
  const run = runOf(...going, paused, progress(9, 9500, 'Paused', 31));
  assert.deepEqual([statusLine(run, ME), toneOf(run, ME), remark(run)], ['⏸️ Paused (9/21)', 'paused', '']);
  assert.deepEqual(lineOf(factsOf('7', stateOf(...going, paused)), ME), { text: 'Chat paused 9/21', tone: 'quiet' });
  assert.equal(ringOf(run, ME).tone, 'quiet');
  assert.equal(statusLine(runOf(...going, paused, resumed), OTHER), '🔄 Processing... (9/21)');
});

test('a pause is no part of its pace', () => {
  assert.ok(paceOf(runOf(...going)));
  assert.equal(paceOf(runOf(...going, paused)), null);
  assert.equal(paceOf(runOf(...going, paused, resumed, progress(10, 90_000, 'Sent', 41))), null);
  const { perSecond } = paceOf(runOf(...going, paused, resumed, progress(10, 90_000, 'Sent', 41), progress(14, 94_000, 'Sent', 42)));
  assert.equal(perSecond, 1);
});

test('a snapshot tells of a pause, and an end ends it', () => {
  const synced = event('processingStateSync', chat({ isProcessing: true, status: 'running', paused: true, deviceId: OTHER, revision: 11 }));
  assert.equal(runOf(synced).paused, true);
  const stopped = event('processingStopped', chat({ deviceId: OTHER, stoppedBy: ME, revision: 50 }));
  assert.deepEqual([runOf(synced, stopped).paused, runOf(synced, started(ME)).paused], [false, true]);
  assert.equal(runOf(paused), undefined, 'of a run that nobody knows');
});

test('the finder offers what there is to do', () => {
  const profile = { external_id: '7', name: 'Anna', country_name: '', age: '' };
  const known = after(registered(), event('local/profiles', { status: 'ready', items: [profile] }), event('local/select', { profileId: '7' }));
  const offered = (...events) => choicesFor('chat of anna', after(known, ...events)).choices.map(({ action }) => action);
  assert.deepEqual(offered(), ['start', 'later', 'messaged']);
  assert.deepEqual(offered(...going), ['stop', 'pause', 'later', 'takeOver', 'messaged']);
  assert.deepEqual(offered(...going, paused), ['stop', 'resume', 'later', 'takeOver', 'messaged']);
  assert.deepEqual(offered(started(ME)), ['stop', 'pause', 'later', 'messaged'], 'this device runs it already');
});

test('who paused is told in the right column', () => {
  const { entries } = stateOf(...going, paused, resumed).journal;
  assert.deepEqual(entries.slice(0, 2).map(({ kind, who }) => [kind, who.own]), [['resumed', true], ['paused', true]]);
});
