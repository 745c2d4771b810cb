// How the browser's push service is asked, and what the server is told of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createPush } from '../../static/push.js';

const KEY = Buffer.alloc(65, 4).toString('base64url');
const OTHER = Buffer.alloc(65, 5).toString('base64url');

/** A browser with a push service, and a server with a key. */
function bench({ key = KEY, refuses = false } = {}) {
  const bed = { key, sent: [], has: null, made: 0, operator: '1', names: null, notices: 0 };
  const kept = new Map();
  const storage = { read: (name) => kept.get(name) ?? null, write: (name, value) => kept.set(name, value), remove: (name) => kept.delete(name) };
  const getNotifications = async () => Array.from({ length: bed.notices }, () => ({ close: () => void (bed.notices -= 1) }));
  const made = (applicationServerKey) => ({
    options: { applicationServerKey: Uint8Array.from(applicationServerKey).buffer },
    toJSON: () => ({ endpoint: 'https://push.example/1', keys: { p256dh: 'P', auth: 'A' } }),
    unsubscribe: async () => void (bed.has = null),
  });
  const pushManager = {
    getSubscription: async () => bed.has,
    async subscribe({ applicationServerKey }) {
      if (refuses) throw new Error('no push service');
      bed.made += 1;
      bed.has = made(applicationServerKey);
      return bed.has;
    },
  };
  bed.push = createPush({
    send: async (...command) => bed.sent.push(command),
    keyOf: async () => bed.key,
    operator: () => bed.operator,
    container: { getRegistration: async () => ({ pushManager, getNotifications }) },
    store: {
      delete: async () => void (bed.names = null),
      open: async () => ({ put: async (_, answer) => void (bed.names = await answer.json()) }),
    },
    storage,
    events: { addEventListener: (_, listener) => (bed.hear = listener) },
  });
  bed.kept = kept;
  return bed;
}

const TOLD = ['subscribePush', { endpoint: 'https://push.example/1', p256dh: 'P', auth: 'A', key: KEY }];

test('who wants it is subscribed once connected, and the server is told anew with each connection', async () => {
  const bed = bench();
  await bed.push.want(true);
  assert.deepEqual(bed.sent, []);
  await bed.push.joined();
  await bed.push.joined();
  assert.deepEqual([bed.sent, bed.made], [[TOLD, TOLD], 1]);
});

test('a subscription that was made with another key is made anew', async () => {
  const bed = bench();
  await bed.push.joined();
  await bed.push.want(true);
  bed.key = OTHER;
  await bed.push.joined();
  assert.deepEqual([bed.made, bed.sent.at(-1)[1].key], [2, OTHER]);
});

test('turned off, the browser and the server forget it; signed out, the browser does', async () => {
  for (const end of ['want', 'left']) {
    const bed = bench();
    await bed.push.joined();
    await bed.push.want(true);
    await bed.push[end](false);
    assert.equal(bed.has, null);
    assert.deepEqual(bed.sent.slice(1), end === 'want' ? [['unsubscribePush']] : []);
  }
});

test('without a push service, a worker or a key of the server nothing is told', async () => {
  for (const bed of [bench({ refuses: true }), bench({ key: null }), bench({ key: 'short' })]) {
    await bed.push.joined();
    await bed.push.want(true);
    assert.deepEqual(bed.sent, []);
  }
  const bare = createPush({ send: () => assert.fail(), keyOf: async () => KEY, operator: () => '1', container: undefined, store: undefined });
  await bare.joined();
  await bare.want(true);
  await bare.names([]);
});

const ITEMS = [{ external_id: '7', name: 'Ada' }];

test('whoever signs out leaves no name and no notice behind', async () => {
  const bed = bench();
  await bed.push.joined();
  await bed.push.names(ITEMS);
  assert.deepEqual(bed.names, { 7: 'Ada' });
  bed.notices = 2;
  await bed.push.left();
  assert.deepEqual([bed.names, bed.notices], [null, 0]);
});

test('whoever did not sign out is not told any more once somebody else has signed in', async () => {
  const bed = bench();
  await bed.push.want(true);
  await bed.push.joined();
  await bed.push.names(ITEMS);
  bed.notices = 1;
  const before = bed.has;
  await bed.push.joined(); // the same operator: all stays
  assert.deepEqual([bed.has, bed.notices], [before, 1]);
  bed.operator = '2';
  await bed.push.joined();
  assert.notEqual(bed.has, before);
  assert.deepEqual([bed.names, bed.notices, bed.made], [null, 0, 2]);
});

test('a sign-out ends what was being begun, and what comes after it stays', async () => {
  const bed = bench();
  await bed.push.want(true);
  const begun = [bed.push.joined(), bed.push.names(ITEMS)];
  bed.operator = '';
  await Promise.all([...begun, bed.push.left()]);
  assert.deepEqual([bed.has, bed.names, bed.sent], [null, null, []]);
  const ending = bed.push.left();
  bed.operator = '2';
  await Promise.all([ending, bed.push.joined(), bed.push.names(ITEMS)]);
  assert.notEqual(bed.has, null);
  assert.deepEqual(bed.names, { 7: 'Ada' });
});

test('where another tab has signed out, and ended the subscription of both, it is made anew', async () => {
  const bed = bench();
  await bed.push.want(true);
  await bed.push.joined();
  bed.has = null;
  bed.kept.delete('alphasync.told');
  bed.hear({ key: 'alphasync.told', newValue: null });
  await bed.push.names([]); // behind it
  await new Promise(setImmediate);
  assert.deepEqual([bed.sent, bed.made], [[TOLD, TOLD], 2]);
  bed.hear({ key: 'alphasync.told', newValue: '"2"' }); // it is another operator's by now
  await bed.push.left();
  bed.hear({ key: 'alphasync.told', newValue: null });
  await new Promise(setImmediate);
  assert.equal(bed.made, 2);
});
