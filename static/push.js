// Being told by the browser's push service how runs have ended, also where no console is open. What the server is told of it is
// told anew with each connection, as it keeps it for some days only.

import { ofBrowser } from './storage.js';

const NAMES = 'alphasync-names'; // as in worker.js
const OWNER = 'alphasync.told'; // the operator whom this browser's notices are for
const BYTES = 65; // of the server's public key

function bytesOf(text) {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

const isKeyOf = (subscription, key) => {
  const known = subscription.options?.applicationServerKey;
  return known != null && String(new Uint8Array(known)) === String(key);
};

/**
 *   send(event, payload)   a command, resolving to its acknowledgement
 *   keyOf()                the server's public key, or null where it has none
 *   operator()             the id of who is signed in
 * Returns `{want(on), joined(), left(), names(items)}`: turned on or off, connected anew, signed out, and how profiles are called.
 */
export function createPush({ send, keyOf, operator, container = globalThis.navigator?.serviceWorker, store = globalThis.caches, storage = ofBrowser, events = globalThis }) {
  let wanted = false;
  let joined = false;
  let last = Promise.resolve(); // what is asked of the browser: one after the other, or an end is overtaken by a beginning

  async function attempt(work) {
    try {
      await work();
    } catch {
      // No push service, or not for this page: it is told while it is open.
    }
  }

  function inTurn(work) {
    last = last.then(() => attempt(work));
    return last;
  }

  const tell = (...command) => attempt(() => send(...command));

  async function bind(text) {
    const worker = await container?.getRegistration();
    if (!worker?.pushManager || typeof text !== 'string') return;
    const key = bytesOf(text);
    if (key.length !== BYTES) return;
    let subscription = await worker.pushManager.getSubscription();
    if (subscription !== null && !isKeyOf(subscription, key)) {
      await subscription.unsubscribe(); // it was made for another server, or with a key of before
      subscription = null;
    }
    if (!wanted || !joined) return; // signed out, or turned off, meanwhile
    subscription ??= await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = subscription.toJSON();
    if (wanted && joined) void tell('subscribePush', { endpoint, p256dh: keys.p256dh, auth: keys.auth, key: text });
  }

  async function subscribe() {
    await attempt(async () => {
      const text = await keyOf();
      await inTurn(() => bind(text));
    });
  }

  async function unsubscribe() {
    const worker = await container?.getRegistration();
    await (await worker?.pushManager?.getSubscription())?.unsubscribe();
  }

  /** Nothing of an operator's is told here from now on, and what stands there is taken away. */
  async function forget() {
    await attempt(unsubscribe);
    await attempt(() => store.delete(NAMES));
    await attempt(async () => {
      const worker = await container?.getRegistration();
      for (const notice of (await worker?.getNotifications?.()) ?? []) notice.close();
    });
  }

  /** Whoever closed the page without signing out may not be who signs in next. */
  async function take() {
    if (storage.read(OWNER) === operator()) return;
    await forget();
    storage.write(OWNER, operator());
  }

  // The tabs of a browser share one subscription: where another one has signed out, this one begins anew.
  events.addEventListener?.('storage', ({ key, newValue }) => {
    if (key === OWNER && newValue === null && joined) void begin();
  });

  async function begin() {
    await inTurn(async () => joined && (await take()));
    if (wanted) await subscribe();
  }

  return {
    want(on) {
      const before = wanted;
      wanted = on;
      if (on && joined) return subscribe();
      if (!before || on) return undefined;
      if (joined) void tell('unsubscribePush');
      return inTurn(unsubscribe);
    },
    async joined() {
      joined = true;
      await begin();
    },
    /** Whoever signs in next is told of their own. */
    left() {
      joined = false;
      return inTurn(async () => {
        await forget();
        storage.remove(OWNER); // last: by this other tabs hear of it
      });
    },
    /** The push service is told ids only: the worker finds the names here. */
    async names(items) {
      const whose = operator();
      await inTurn(async () => {
        if (whose !== operator()) return; // signed out meanwhile
        await take();
        const kept = await store.open(NAMES);
        const names = Object.fromEntries(items.map(({ external_id: id, name }) => [id, name]));
        await kept.put('/names', new Response(JSON.stringify(names)));
      });
    },
  };
}
