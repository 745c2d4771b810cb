// Being told by the browser's push service how runs have ended, also where no console is open. What the server is told of it is
// told anew with each connection, as it keeps it for some days only.

const NAMES = 'alphasync-names'; // as in worker.js
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
 * Returns `{want(on), joined(), left(), names(items)}`: turned on or off, connected anew, signed out, and how profiles are called.
 */
export function createPush({ send, keyOf, container = globalThis.navigator?.serviceWorker, store = globalThis.caches }) {
  let wanted = false;
  let joined = false;

  async function subscribe() {
    const worker = await container?.getRegistration();
    const text = await keyOf();
    if (!worker?.pushManager || typeof text !== 'string') return;
    const key = bytesOf(text);
    if (key.length !== BYTES) return;
    let subscription = await worker.pushManager.getSubscription();
    if (subscription !== null && !isKeyOf(subscription, key)) {
      await subscription.unsubscribe(); // it was made for another server, or with a key of before
      subscription = null;
    }
    subscription ??= await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = subscription.toJSON();
    await send('subscribePush', { endpoint, p256dh: keys.p256dh, auth: keys.auth, key: text });
  }

  async function unsubscribe() {
    const worker = await container?.getRegistration();
    await (await worker?.pushManager?.getSubscription())?.unsubscribe();
    if (joined) await send('unsubscribePush');
  }

  async function settle(work) {
    try {
      await work();
    } catch {
      // No push service, or not for this page: it is told while it is open.
    }
  }

  return {
    want(on) {
      const before = wanted;
      wanted = on;
      if (on && joined) return settle(subscribe);
      return before && !on ? settle(unsubscribe) : undefined;
    },
    joined() {
      joined = true;
      return wanted ? settle(subscribe) : undefined;
    },
    /** Whoever signs in next is told of their own. */
    async left() {
      joined = false;
      await settle(unsubscribe);
      await settle(() => store.delete(NAMES));
    },
    /** The push service is told ids only: the worker finds the names here. */
    async names(items) {
      await settle(async () => {
        const kept = await store.open(NAMES);
        const names = Object.fromEntries(items.map(({ external_id: id, name }) => [id, name]));
        await kept.put('/names', new Response(JSON.stringify(names)));
      });
    },
  };
}
