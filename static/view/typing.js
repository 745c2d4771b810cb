// Who types where, at the rows of the list: at most one change a second, as nothing is to flicker beside what one works at.

import { keyOf, partsOf, TYPES } from '../keys.js';
import { typistWords } from '../typists.js';
import { words } from '../words.js';
import { changedKeys } from './changes.js';

const CHANGE_INTERVAL = 1_000; // ms

/** What is said at the row of a profile; '' while nobody types there. */
export function typingAt(state, profileId) {
  const said = TYPES.map((type) => [type, state.typists[keyOf(profileId, type)]]).filter(([, typists]) => typists);
  return words.join(said.map(([type, typists]) => words.list.mark(words[type], typistWords(state, typists))));
}

/** `say(profileId, text)` tells a row. Returns `{render(state), anew()}`: after the latter no row says anything yet. */
export function createTyping(say) {
  let shown = {}; // the typists that the rows tell of
  let last = null; // the state as it was drawn last
  let resting = false; // less than a second has passed since the last change

  function change() {
    const profiles = new Set(changedKeys(shown, last.typists).map((key) => partsOf(key).profileId));
    shown = last.typists;
    if (profiles.size === 0) return;
    for (const id of profiles) say(id, typingAt(last, id));
    resting = true;
    setTimeout(() => {
      resting = false;
      change();
    }, CHANGE_INTERVAL);
  }

  return {
    render(state) {
      last = state;
      if (!resting) change();
    },
    anew() {
      shown = {};
    },
  };
}
