import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bench } from './bench.mjs';
import { chat, event, OTHER } from './helpers.mjs';

const ABOUT = { profileId: '7', type: 'chat' };
const started = (startedAt, revision) => event('processingStarted', chat({ deviceId: OTHER, startedAt, revision }));

function watching() {
  const bed = bench();
  bed.dispatch(event('local/select', { profileId: '7' }));
  bed.dispatch(started(100, 11));
  return bed;
}

test('what a run of the open profile sends is asked for once', async () => {
  const bed = watching();
  bed.commands.readRuns();
  bed.commands.readRuns();
  assert.deepEqual(bed.sent, [['readRun', ABOUT]]);
  await bed.answer({ ok: true, runId: 'r', startedAt: 100, message: 'Hello', attachments: [] });
  bed.commands.readRuns();
  assert.equal(bed.sent.length, 1);
  assert.deepEqual(bed.state.sends['7/chat'], { message: 'Hello', startedAt: 100 });
  bed.dispatch(event('processingStopped', chat({ deviceId: OTHER, revision: 12 })));
  bed.dispatch(started(200, 13));
  bed.commands.readRuns();
  assert.equal(bed.sent.length, 2, 'another run sends another text');
});

test('the device that starts knows it by the answer, and does not ask', async () => {
  const bed = bench();
  bed.dispatch(event('local/select', { profileId: '7' }));
  bed.commands.start('7', 'chat', 'Hello');
  bed.dispatch(started(100, 11));
  bed.commands.readRuns();
  await bed.answer({ ok: true, runId: 'r', startedAt: 100 });
  bed.commands.readRuns();
  assert.deepEqual(bed.sent.map(([name]) => name), ['startProcessing']);
});

test('it is asked for again where the server could not answer, and not where it never will', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const bed = watching();
  bed.commands.readRuns();
  await bed.answer({ ok: false, code: 'store_unavailable', message: '', retryable: true });
  t.mock.timers.tick(1_000);
  assert.equal(bed.sent.length, 2);
  await bed.answer({ ok: false, code: 'unknown_event', message: '', retryable: false });
  t.mock.timers.tick(60_000);
  bed.commands.readRuns();
  assert.equal(bed.sent.length, 2, 'a server of the version before does not know how');
});
