// What the runs of the open profile send. The device that started one knows it, the others ask: the draft may have changed
// since, and may never have been what was sent.

import { keyOf, TYPES } from './keys.js';

const ASK_INTERVAL = 1_000; // ms, for a question that the server could not answer

/** Whether it is known what this run sends; `sends` as in state.js. */
export const isKnown = (run, sends) => sends !== undefined && sends.startedAt === run.startedAt;

/** `parts` as of commands.js. Returns `{read(), forget()}`: ask for what is seen and not known. */
export function createRunTexts({ link, state, local }) {
  const asked = new Map(); // key -> startedAt of the run that was asked about last

  async function ask(profileId, type, startedAt) {
    const key = keyOf(profileId, type);
    asked.set(key, startedAt);
    const ack = await link.send('readRun', { profileId, type });
    if (ack.ok) local('runSends', { key, message: ack.message, startedAt: ack.startedAt });
    if (ack.ok || !ack.retryable) return;
    setTimeout(() => {
      asked.delete(key);
      read();
    }, ASK_INTERVAL);
  }

  function read() {
    const { selected, device, syncing, runs, sends, busy } = state();
    if (selected === null || device === null || syncing || !link.connected()) return;
    for (const type of TYPES) {
      const key = keyOf(selected, type);
      const run = runs[key];
      const starting = busy[key] === 'startProcessing'; // its answer says it
      if (run?.status !== 'running' || starting || isKnown(run, sends[key]) || asked.get(key) === run.startedAt) continue;
      void ask(selected, type, run.startedAt);
    }
  }

  return { read, forget: () => asked.clear() };
}
