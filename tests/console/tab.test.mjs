import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { claimTab } from '../../static/tab.js';
import { fakeStorage } from './helpers.mjs';

/** The locks of a browser, in short: one holder each, who may let go. */
function fakeLocks() {
  const held = new Map();
  return {
    held,
    letGo: (name) => held.get(name)?.(),
    request(name, { signal }, callback) {
      return new Promise((_resolve, reject) => {
        const take = () => {
          held.set(name, () => held.delete(name));
          void callback();
        };
        if (!held.has(name)) take();
        else {
          const waiting = setInterval(() => {
            if (held.has(name)) return;
            clearInterval(waiting);
            take();
          }, 5);
          signal.addEventListener('abort', () => {
            clearInterval(waiting);
            if (held.has(name)) reject(signal.reason);
          });
        }
      });
    },
    query: async () => ({ held: [...held.keys()].map((name) => ({ name })) }),
  };
}

/** Channels by which tabs hear each other; a closed tab does not answer. */
function fakeChannels() {
  const open = new Set();
  return class {
    constructor() {
      open.add(this);
    }
    postMessage(data) {
      for (const other of open) if (other !== this) queueMicrotask(() => other.onmessage?.({ data }));
    }
    static closeAll() {
      open.clear();
    }
  };
}

/** A storage as a duplicated tab gets it. */
const copyOf = (area) => {
  const copy = fakeStorage();
  for (let index = 0; index < area.length; index += 1) copy.setItem(area.key(index), area.getItem(area.key(index)));
  return copy;
};

beforeEach(() => {
  globalThis.sessionStorage = fakeStorage();
});

for (const [way, tools, close] of [
  ['locks', () => ({ locks: fakeLocks() }), ({ locks }) => [...locks.held.keys()].forEach(locks.letGo)],
  ['asking', () => ({ locks: null, Channel: fakeChannels() }), ({ Channel }) => Channel.closeAll()],
]) {
  test(`by ${way}: a reloaded tab is who it was, a duplicated one is somebody new`, async () => {
    const browser = tools();
    const first = await claimTab(browser);
    assert.equal(first.copied, false);
    const original = globalThis.sessionStorage;
    globalThis.sessionStorage = copyOf(original);
    const second = await claimTab(browser);
    assert.deepEqual([second.copied, second.name === first.name], [true, false]);
    assert.deepEqual((await second.living()).includes(first.name), true);
    close(browser);
    globalThis.sessionStorage = original;
    const again = await claimTab(browser);
    assert.deepEqual([again.copied, again.name], [false, first.name]);
  });
}

test('the page before a reload may take a moment to let go', async () => {
  const locks = fakeLocks();
  const { name } = await claimTab({ locks });
  setTimeout(() => locks.letGo(`alphasync.tab/${name}`), 100);
  assert.deepEqual((await claimTab({ locks })).name, name);
});

test('where tabs cannot see each other, or the browser refuses, each is who it was', async () => {
  const refused = { request: () => Promise.reject(new DOMException('no', 'SecurityError')), query: async () => ({ held: [] }) };
  for (const tools of [{ locks: null, Channel: null }, { locks: refused }]) {
    const { name } = await claimTab(tools);
    assert.deepEqual(await claimTab(tools).then(({ copied, name: again }) => [copied, again]), [false, name]);
  }
});

test('a browser that does not tell who is there leaves that open', async () => {
  const locks = { request: async (_name, _options, held) => void held(), query: () => Promise.reject(new DOMException('no', 'SecurityError')) };
  const { living } = await claimTab({ locks });
  assert.equal(await living(), null);
});
