// The selected profile: who it is, and its two cards.

import { TYPES } from '../keys.js';
import { isolated } from '../names.js';
import { words } from '../words.js';
import { about, byId, setAttr, setAvatar, setHidden, setText, setTitle } from './dom.js';
import { createCard } from './card.js';
import { createTabs } from './tabs.js';

/** What stands in place of a profile. */
function emptyWords({ profiles, selected }) {
  if (profiles.status !== 'ready') return words.profile.loading;
  if (profiles.items.length === 0) return words.profile.none;
  return selected === null ? words.profile.choose : words.profile.unknown;
}

/** `actions`: see card.js. Returns `{render(state), show(type)}`, the latter as of tabs.js. */
export function createProfile(actions) {
  const article = byId('profile');
  const cards = TYPES.map((type) => createCard(type, actions));
  byId('cards').append(...cards.map(({ node }) => node));
  const tabs = createTabs(Object.fromEntries(TYPES.map((type, index) => [type, cards[index].node])));
  let shown = null;

  function render(state) {
    const profile = state.profiles.items.find(({ external_id: id }) => id === state.selected) ?? null;
    setHidden(article, profile === null);
    setHidden(byId('empty'), profile !== null);
    setAttr(byId('console'), 'data-view', profile === null ? 'list' : 'profile');
    const title = profile === null ? words.name : words.profile.title(isolated(profile.name));
    setTitle(title);
    if (profile === null) {
      setText(byId('empty'), emptyWords(state));
      shown = null;
      return;
    }
    if (shown !== profile) {
      shown = profile;
      setAvatar(byId('profile-avatar'), profile);
      setText(byId('profile-name'), profile.name);
      byId('profile-name').title = profile.name; // a very long one is cut
      setText(byId('profile-about'), words.join([about(profile), words.profile.id(state.selected)]));
    }
    tabs.render(state);
    for (const card of cards) card.render(state, profile);
  }

  return { render, show: (type) => tabs.show(type) };
}
