import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createQuestions } from '../../static/questions.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const started = (revision, deviceId, profileId) => event('processingStarted', { ...chat({ deviceId, startedAt: 1, revision }), profileId });

/** What is asked, and how often all was stopped, when the answer is `yes`. */
async function stopping(yes, ...events) {
  const asked = [];
  let stopped = 0;
  const ask = ({ title, text }) => (asked.push(`${title} ${text}`), Promise.resolve(yes));
  const commands = { stopAll: () => (stopped += 1) };
  await createQuestions({ ask, state: () => after(registered(), ...events), commands }).stopAll();
  return [asked, stopped];
}

test('one run is stopped at once, several once it is said how many there are', async () => {
  const [one, two] = [started(11, ME, '7'), started(12, OTHER, '8')];
  const question = 'Stop all 2 runs? 1 of them goes on without this device.';
  assert.deepEqual(await stopping(false, one), [[], 1]);
  assert.deepEqual(await stopping(false, one, two), [[question], 0]);
  assert.deepEqual(await stopping(true, one, two), [[question], 1]);
});
