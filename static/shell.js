// The console as something that is installed: a worker keeps the page of this build for when there is no network, and where the
// server has another build by now, the page is loaded anew as soon as nobody loses anything by it.

import { ofTab } from './storage.js';

const RENEWED = 'alphasync.renewed'; // the build for which this tab was loaded anew by itself

/** The build that this page is of; null where its files have none in their address. */
export const buildOf = (address) => /\/static\/([0-9a-f]{16})\//.exec(address)?.[1] ?? null;

/** The address of a file of this build. */
export const fileOf = (name) => new URL(name, import.meta.url);

/** Have the page of this build kept. Without a secure context, or where the browser keeps nothing, there is nothing to be had. */
export async function keepShell({ container = globalThis.navigator?.serviceWorker, address = import.meta.url } = {}) {
  if (!container || buildOf(address) === null) return null;
  try {
    return await container.register(new URL('./worker.js', address), { scope: '/', updateViaCache: 'all' });
  } catch {
    return null; // as in a private window, or where the server has gone meanwhile: the next page tries again
  }
}

/**
 * Looks whether the server has another build.
 *   ask()      the build of the server, or null
 *   idle()     whether nobody looks at this page, and nothing is lost with it
 *   offer()    say that there is a new version, and have it taken at a press
 *   reload()
 * Returns `{look, leave}`: to be called at each connection, and when the page is not looked at any more.
 */
export function createRenewing({ own = buildOf(import.meta.url), ask, idle, offer, reload }) {
  let other = null; // the build that the server has

  function leave() {
    // Servers that are replaced one by one answer in turns: by itself the page goes to a build once.
    if (other === null || !idle() || ofTab.read(RENEWED) === other) return;
    ofTab.write(RENEWED, other);
    reload();
  }

  return {
    leave,
    async look() {
      const found = await ask();
      if (own === null || found === null) return;
      const news = found !== own && found !== other;
      other = found === own ? null : found;
      leave();
      if (news) offer();
    },
  };
}
