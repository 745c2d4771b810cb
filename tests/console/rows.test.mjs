import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ringOf } from '../../static/rings.js';
import { factsOf, lineOf, markOf } from '../../static/rows.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const mail = (data) => ({ ...chat(data), type: 'mail' });
const START = 1_700_000_000_000;
const started = (deviceId, revision = 11, of = chat) => event('processingStarted', of({ deviceId, startedAt: START, revision }));
const progress = (deviceId, current, total, { of = chat, at = 0, revision = 12 + current, ...more } = {}) =>
  event('processingProgress', of({ deviceId, revision, timestamp: START + at, progress: { current, total, message: 'Sent', ...more } }));
const complete = (stats, of = chat) => event('processingComplete', of({ deviceId: ME, revision: 90, completedAt: START + 9000, stats: { current: 10, total: 10, duration: 9000, ...stats } }));
const stopped = (counters) => event('processingStopped', chat({ deviceId: ME, stoppedBy: ME, stoppedAt: START + 5000, revision: 91, ...counters }));
const interrupted = (counters) => event('processingInterrupted', chat({ deviceId: OTHER, reason: 'Device disconnected', revision: 92, ...counters }));
const typed = (message, revision) => event('messageUpdated', chat({ message, deviceId: OTHER, revision }));
const run = { sent: 0, skipped: 0, failed: 0, uncertain: 0 };

const stateOf = (...events) => after(registered(), ...events);
const factsAfter = (...events) => factsOf('7', stateOf(...events));
const lineAfter = (...events) => lineOf(factsAfter(...events), ME);
const markAfter = (...events) => markOf(factsAfter(...events));

test('a run that goes on says how far it is, and how long it will take', () => {
  assert.deepEqual(lineAfter(started(ME)), { text: 'Chat starts…', tone: 'own' });
  assert.deepEqual(lineAfter(started(ME), progress(ME, 1, 21)), { text: 'Chat 1/21', tone: 'own' });
  assert.deepEqual(lineAfter(started(ME), progress(ME, 1, 21), progress(ME, 5, 21, { at: 2000 })), { text: 'Chat 5/21 · about 8 s', tone: 'own' });
});

test('whose run it is, and whether its device is there, is said in words', () => {
  assert.deepEqual(lineAfter(started(OTHER), progress(OTHER, 14, 80)), { text: 'Chat elsewhere 14/80', tone: 'other' });
  const lost = event('deviceReconnecting', chat({ revision: 60 }));
  assert.deepEqual(lineAfter(started(OTHER), progress(OTHER, 14, 80), lost), { text: 'Chat reconnecting 14/80', tone: 'warn' });
  const waits = progress(OTHER, 2, 9, { waitingFor: 'sign_in' });
  assert.deepEqual(lineAfter(started(OTHER), waits), { text: 'Chat waits for you to sign in', tone: 'warn' });
  assert.deepEqual(markAfter(started(OTHER), waits), { kind: 'needs', number: 1 });
});

test('a run of a device that has a name is said to be there', () => {
  const named = event('deviceJoined', { deviceId: OTHER, name: 'Chrome on Android', state: 'here', revision: 10 });
  assert.equal(lineAfter(named, started(OTHER), progress(OTHER, 14, 80)).text, 'Chat 14/80 · Chrome on Android');
  assert.equal(lineAfter(named, started(ME), progress(ME, 14, 80)).text, 'Chat 14/80');
});

test('two runs at once are one sentence', () => {
  const both = [started(ME), progress(ME, 2, 20), started(OTHER, 40, mail), progress(OTHER, 3, 30, { of: mail, revision: 41 })];
  assert.deepEqual(lineAfter(...both), { text: 'Chat 10% · Mail elsewhere 10%', tone: 'own' });
  const elsewhere = [started(OTHER), progress(OTHER, 5, 20), ...both.slice(2)];
  assert.deepEqual(lineAfter(...elsewhere), { text: 'Elsewhere: Chat 25%, Mail 10%', tone: 'other' });
  const waits = progress(OTHER, 3, 30, { of: mail, revision: 42, waitingFor: 'sign_in' });
  assert.deepEqual(lineAfter(...both, waits), { text: 'Mail waits for you to sign in', tone: 'warn' });
});

test('what is over says what became of it', () => {
  assert.deepEqual(lineAfter(started(ME), complete({ ...run, sent: 10 })), { text: 'Chat done · 10 sent', tone: 'done' });
  assert.deepEqual(lineAfter(started(ME), complete({ ...run, skipped: 10 })), { text: 'Chat: 0 sent, 10 messaged before', tone: 'quiet' });
  assert.deepEqual(lineAfter(started(ME), stopped({ current: 27, total: 500, sent: 27 })), { text: 'Chat stopped at 27 of 500', tone: 'quiet' });
  assert.deepEqual(lineAfter(started(OTHER), interrupted({ current: 36, total: 500 })), { text: 'Chat interrupted at 36 of 500', tone: 'warn' });
  const later = [started(ME), complete({ ...run, sent: 10 }), started(ME, 95, mail), event('processingStopped', mail({ stoppedBy: ME, stoppedAt: START + 99_000, revision: 96 }))];
  assert.equal(lineAfter(...later).text, 'Mail stopped', 'the latest of two');
});

test('what went wrong comes before what went well', () => {
  const trouble = [started(ME), complete({ ...run, sent: 7, failed: 1, uncertain: 2 })];
  assert.deepEqual(lineAfter(...trouble), { text: '2 uncertain, 1 failed', tone: 'warn' });
  assert.deepEqual(markAfter(...trouble), { kind: 'needs', number: 3 });
  assert.deepEqual(lineAfter(started(ME), complete({ ...run, failed: 10 })), { text: '10 failed', tone: 'bad' });
  assert.equal(markAfter(started(ME), complete({ ...run, sent: 10 })), null);
  assert.deepEqual(markAfter(started(OTHER), interrupted({})), { kind: 'needs', number: 1 });
});

test('what was decided about needs nobody any more', () => {
  const trouble = [started(ME), complete({ ...run, sent: 8, uncertain: 2 })];
  const decided = (count, revision) => event('uncertainResolved', chat({ action: 'leave', count, deviceId: OTHER, revision }));
  assert.deepEqual(markAfter(...trouble, decided(1, 93)), { kind: 'needs', number: 1 });
  assert.equal(markAfter(...trouble, decided(1, 93), decided(1, 94)), null);
  assert.deepEqual(lineAfter(...trouble, decided(2, 93)), { text: 'Chat done · 8 sent', tone: 'done' });
  assert.equal(markAfter(...trouble, event('blocklistCleared', chat({ deletedCount: 9, deviceId: ME, revision: 93 }))), null);
  const again = [...trouble, decided(2, 93), started(ME, 100), event('processingComplete', chat({ deviceId: ME, revision: 120, stats: { ...run, sent: 1, uncertain: 1 } }))];
  assert.deepEqual(markAfter(...again), { kind: 'needs', number: 1 });
});

test('who comes later sees the same drafts: what was typed since the run began is none of it', () => {
  const sync = (data) => event('processingStateSync', chat({ status: 'running', isProcessing: true, deviceId: OTHER, startedAt: START, revision: 40, ...data }));
  const text = (at, revision) => event('messageSync', chat({ message: 'Hello', deviceId: OTHER, timestamp: START + at, revision }));
  assert.equal(markAfter(sync(), text(-5, 10)), null);
  assert.deepEqual(markAfter(sync(), text(5, 30)), { kind: 'draft' });
  const over = event('processingStopped', chat({ deviceId: OTHER, stoppedBy: OTHER, stoppedAt: START + 5000, revision: 91 }));
  assert.deepEqual(markAfter(sync(), text(5, 30), over), { kind: 'draft' });
  assert.deepEqual(markAfter(sync({ status: 'stopped', isProcessing: false }), text(5, 30)), { kind: 'draft' });
  assert.deepEqual(markAfter(sync(), text(5, 30), sync({ revision: 41 })), { kind: 'draft' }, 'as after a start that was refused');
  assert.equal(markAfter(sync(), text(5, 30), started(OTHER, 95)), null);
});

test('a draft is marked until a run has sent it', () => {
  assert.deepEqual(markAfter(typed('Hello', 11)), { kind: 'draft' });
  assert.equal(markAfter(typed('', 11)), null);
  assert.equal(markAfter(typed('Hello', 11), started(ME, 12), progress(ME, 1, 10)), null);
  const edited = [typed('Hello', 11), started(ME, 12), typed('Hello again', 13), progress(ME, 4, 10)];
  assert.deepEqual(markAfter(...edited), { kind: 'draft' });
  assert.equal(lineAfter(typed('Hello', 11)), null, 'it says who it is');
});

test('a ring is as full as the run is far, in whole per cent', () => {
  const ring = (...events) => ringOf(stateOf(...events).runs['7/chat'], ME);
  assert.equal(ring(), null);
  assert.deepEqual(ring(started(ME)), { share: 6, tone: 'own' });
  assert.deepEqual(ring(started(OTHER), progress(OTHER, 1, 3)), { share: 33, tone: 'other' });
  assert.deepEqual(ring(started(ME), complete({ ...run, sent: 10 })), { share: 100, tone: 'done' });
  assert.deepEqual(ring(started(ME), complete({ ...run, failed: 10 })), { share: 100, tone: 'bad' });
  assert.deepEqual(ring(started(ME), stopped({ current: 1, total: 4, sent: 1 })), { share: 25, tone: 'quiet' });
  assert.deepEqual(ring(started(ME), interrupted({ current: 1, total: 4 })), { share: 25, tone: 'warn' });
});
