import assert from 'node:assert/strict';
import { test } from 'node:test';

import { leftOf, sharesOf } from '../../static/outcome.js';
import { after, chat, event, ME, registered } from './helpers.mjs';

const counts = { current: 30, total: 100, sent: 20, skipped: 6, failed: 3, uncertain: 0 };
const begun = [
  event('processingStarted', chat({ deviceId: ME, startedAt: 1000, revision: 11 })),
  event('processingProgress', chat({ deviceId: ME, revision: 12, progress: { ...counts, message: 'Sent' } })),
];
const stop = event('processingStopped', chat({ deviceId: ME, stoppedAt: 9000, revision: 13 }));
const runAfter = (...events) => after(registered(), ...events).runs['7/chat'];

test('what became of people, and who is still to come', () => {
  assert.deepEqual(sharesOf(runAfter(...begun)), { sent: 20, skipped: 6, failed: 3, uncertain: 0, left: 71 });
  assert.equal(sharesOf(runAfter(begun[0])), null);
  assert.equal(sharesOf(undefined), null);
});

test('a next start messages those whom the last run did not come to or could not message', () => {
  assert.equal(leftOf(runAfter(...begun, stop)), 74);
  const all = event('processingComplete', chat({ deviceId: ME, revision: 13, stats: { ...counts, current: 100, sent: 94, failed: 0 } }));
  assert.equal(leftOf(runAfter(...begun, all)), null);
});

test('nobody knows how many a next start messages', () => {
  const cleared = event('blocklistCleared', chat({ deletedCount: 20, deviceId: ME, revision: 14 }));
  const sync = event('processingStateSync', chat({ ...counts, status: 'stopped', isProcessing: false, deviceId: ME, revision: 13 }));
  const doubtful = event('processingStopped', chat({ deviceId: ME, stoppedAt: 9000, uncertain: 1, revision: 13 }));
  for (const run of [undefined, runAfter(...begun), runAfter(...begun, stop, cleared), runAfter(sync), runAfter(...begun, doubtful)]) {
    assert.equal(leftOf(run), null);
  }
});
