// Which tab this is. Its name survives a reload; a tab that is duplicated starts with a copy of it, and gets one of its
// own. Where the browser has locks, a tab holds one with its name; else the tabs ask each other.

import { ofTab } from './storage.js';

const KEY = 'alphasync.tab';
const LOCK = 'alphasync.tab/';
const RELOAD = 1_000; // ms within which the page before a reload has let go of its lock
const ANSWER = 200; // ms within which the other tabs answer

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A name that nobody else has. Also where `crypto.randomUUID` is kept from a page. */
const freshName = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

function byLocks(locks) {
  return {
    /** Whether the name is this tab's from now on. */
    take: (name) =>
      new Promise((resolve) => {
        const held = () => {
          resolve(true);
          return new Promise(() => {}); // for as long as the page lives
        };
        locks
          .request(LOCK + name, { signal: AbortSignal.timeout(RELOAD) }, held)
          .catch((error) => resolve(error.name !== 'TimeoutError' && error.name !== 'AbortError')); // nobody can tell
      }),
    async living() {
      const { held } = await locks.query().catch(() => ({ held: null }));
      return held === null ? null : held.filter(({ name }) => name.startsWith(LOCK)).map(({ name }) => name.slice(LOCK.length));
    },
  };
}

function byAsking(Channel) {
  const channel = new Channel(KEY);
  const heard = new Set();
  let mine = null;
  channel.onmessage = ({ data }) => {
    if (data?.ask === true && mine !== null) channel.postMessage({ here: mine });
    if (typeof data?.here === 'string') heard.add(data.here);
  };
  const living = async () => {
    heard.clear();
    channel.postMessage({ ask: true });
    await pause(ANSWER);
    return [...heard];
  };
  return {
    living,
    async take(name) {
      if ((await living()).includes(name)) return false;
      mine = name;
      return true;
    },
  };
}

/** Where tabs cannot see each other at all, each is alone. */
const alone = { take: async () => true, living: async () => [] };

/**
 * Find out which tab this is. Resolves to `{name, copied, living}`: `copied` when it began as a copy of another tab,
 * `living()` resolves to the names of all tabs that are open now, or to null where the browser does not tell.
 */
export async function claimTab({ locks = navigator.locks, Channel = globalThis.BroadcastChannel } = {}) {
  const way = locks ? byLocks(locks) : Channel ? byAsking(Channel) : alone;
  const known = ofTab.read(KEY);
  if (typeof known === 'string' && (await way.take(known))) return { name: known, copied: false, living: way.living };
  const name = freshName();
  ofTab.write(KEY, name);
  await way.take(name);
  return { name, copied: typeof known === 'string', living: way.living };
}
