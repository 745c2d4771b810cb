// The bar on top: connection, this device, stop all; and the banner below it.

import { running } from '../state.js';
import { connectionWords } from '../status.js';
import { words } from '../words.js';
import { $, byId, setAttr, setBlocked, setHidden, setText } from './dom.js';

const INFO_FOR = 6_000; // ms until a banner goes that asks for nothing
const COPIED_FOR = 1_500; // ms that "Copied" stands in place of the id

/** `actions`: `{stopAll, signOut, signIn, useHere, dispatch}`. Returns `render(state)`. */
export function createHeader(actions) {
  const connection = byId('connection');
  const device = byId('device-id');
  const stopAll = byId('stop-all');
  const banner = byId('banner');
  let copied = null;
  let last = null; // the banner shown
  let going = null;
  let blocked = true;

  const tell = (tone, text) => actions.dispatch({ name: 'local/banner', data: { tone, text } });

  device.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(device.dataset.id);
    } catch (error) {
      tell('info', words.header.thisDevice(device.dataset.id)); // no clipboard outside a secure context
      return;
    }
    clearTimeout(copied);
    setText(device, words.header.copied);
    copied = setTimeout(() => {
      copied = null;
      showDevice(device.dataset.id);
    }, COPIED_FOR);
  });
  stopAll.addEventListener('click', () => (blocked ? tell('info', words.header.nothingRuns) : actions.stopAll()));
  byId('sign-out').addEventListener('click', actions.signOut);
  byId('use-here').addEventListener('click', actions.useHere);
  byId('sign-in-again').addEventListener('click', actions.signIn);
  byId('banner-close').addEventListener('click', () => tell('info', ''));

  function showDevice(id) {
    setHidden(device, !id);
    if (!id || copied !== null) return;
    device.dataset.id = id;
    setText(device, id.length > 8 ? id.slice(0, 8) : id);
    setAttr(device, 'title', words.header.copyDevice(id));
  }

  function bannerOf({ superseded, banner: entry, ...state }) {
    if (superseded) return { tone: 'warn', text: words.header.superseded };
    const { waiting } = running(state);
    if (entry !== null || waiting === 0) return entry;
    return { tone: 'warn', text: words.header.waiting(waiting), action: 'signIn' };
  }

  function showBanner(state) {
    const { superseded, banner: entry } = state;
    const shown = bannerOf(state);
    setHidden(banner, shown === null);
    if (entry !== last) {
      last = entry;
      clearTimeout(going);
      if (entry?.tone === 'info') going = setTimeout(() => tell('info', ''), INFO_FOR);
    }
    if (shown === null) return;
    banner.dataset.tone = shown.tone;
    setText(byId('banner-text'), shown.text);
    setHidden(byId('use-here'), !superseded);
    setHidden(byId('sign-in-again'), shown.action !== 'signIn');
    setHidden(byId('banner-close'), entry === null || superseded);
  }

  return (state) => {
    const { status, detail } = state.connection;
    connection.dataset.status = status;
    setText($('span', connection), connectionWords(status));
    setAttr(connection, 'title', detail || null);
    showDevice(state.device?.id ?? '');
    const { all } = running(state);
    blocked = all === 0;
    setBlocked(stopAll, blocked);
    setText(byId('stop-all-count'), all > 0 ? String(all) : '');
    setAttr(byId('stop-all-count'), 'aria-label', words.header.running(all));
    showBanner(state);
  };
}
