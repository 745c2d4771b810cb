// The banner below the header: what is not about one card.

import { running } from '../state.js';
import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { byId, setHidden, setText } from './dom.js';

const INFO_TTL = 6_000; // ms until a banner goes that asks for nothing

/** `actions`: `{signIn, useHere, renew, dispatch}`. Returns `render(state)`. */
export function createBanner({ signIn, useHere, renew, dispatch }) {
  const banner = byId('banner');
  let last = null; // the entry that is shown
  let going = null;

  const clear = () => dispatch({ name: 'local/banner', data: {} });

  byId('use-here').addEventListener('click', useHere);
  byId('sign-in-again').addEventListener('click', signIn);
  byId('renew').addEventListener('click', renew);
  byId('banner-close').addEventListener('click', clear);

  function bannerOf({ superseded, banner: entry, ...state }) {
    if (superseded) return { tone: 'warn', text: words.header.superseded };
    const { waiting } = running(state);
    if (entry !== null || waiting === 0) return entry;
    return { tone: 'warn', text: words.header.waiting(waiting), action: 'signIn' };
  }

  return whenChanged(({ superseded, banner: entry, runs }) => [superseded, entry, runs], (state) => {
    const { superseded, banner: entry } = state;
    const shown = bannerOf(state);
    setHidden(banner, shown === null);
    if (entry !== last) {
      last = entry;
      clearTimeout(going);
      if (entry?.tone === 'info' && !entry.action) going = setTimeout(clear, INFO_TTL);
    }
    if (shown === null) return;
    banner.dataset.tone = shown.tone;
    setText(byId('banner-text'), shown.text);
    setHidden(byId('use-here'), !superseded);
    setHidden(byId('sign-in-again'), shown.action !== 'signIn');
    setHidden(byId('notify-me'), shown.action !== 'notify');
    setHidden(byId('renew'), shown.action !== 'renew');
    setHidden(byId('banner-close'), entry === null || superseded);
  });
}
