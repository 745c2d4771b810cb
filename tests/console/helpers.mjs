// Shared by the tests: a state with a device in it, and events in short.

import { apply, initialState } from '../../static/state.js';

export const ME = 'device-me';
export const OTHER = 'device-other';

export const event = (name, data = {}) => ({ name, data });

export const after = (state, ...events) => events.reduce(apply, state);

/** A console whose device is registered and whose snapshot has come. */
export const registered = (extra = {}) =>
  after(
    initialState,
    event('deviceRegistered', { deviceId: ME, epoch: 'e1', revision: 10, recovered: false, ...extra }),
    event('local/caughtUp'),
    event('local/connection', { status: 'connected' }),
  );

export const chat = (data = {}) => ({ profileId: '7', type: 'chat', ...data });

/** An area of the browser's storage. `quota` is the most characters of one value. */
export function fakeStorage({ quota = Infinity } = {}) {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem(name, value) {
      if (value.length > quota) throw new DOMException('full', 'QuotaExceededError');
      kept.set(name, String(value));
    },
    removeItem: (name) => kept.delete(name),
    key: (index) => [...kept.keys()][index] ?? null,
    get length() {
      return kept.size;
    },
  };
}

/** An answer as `fetch` gives it. */
export const answerOf = (status, body, headers = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });

/** A small generator with a seed, so that a failure can be repeated (mulberry32): whole numbers below what is given. */
export function generator(seed) {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
