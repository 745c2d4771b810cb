// Which profile is open, by the address; and where the focus goes as one turns from the list to a profile and back.

import { hashOf, profileIn } from '../place.js';
import { byId } from './dom.js';

const WIDE = matchMedia('(min-width: 760px)'); // as in css/layout.css: list and profile side by side

const row = () => document.querySelector('#people [tabindex="0"]');

/** `local(name, data)` dispatches; `show(type)` has a card be seen where there is room for one. Returns `{first(profileId), open(profileId, type), signedIn(), arrive()}`. */
export function createTurning({ state, local, show }) {
  let listPlace = 0; // how far down the list was when a phone turned to a profile
  let arriving = false; // signed in, and the focus is nowhere yet

  addEventListener('hashchange', () => {
    if (location.hash === '#main') return; // the skip link
    if (state().selected === null) listPlace = scrollY;
    local('select', { profileId: profileIn(location.hash) });
    if (!WIDE.matches) requestAnimationFrame(turnPage); // after draw, which the event above asked for
  });

  /** On a phone the list and the profile take turns: the focus goes along, and back to the row it came from. */
  function turnPage() {
    if (state().selected === null) {
      row()?.focus({ preventScroll: true });
      scrollTo(0, listPlace);
    } else {
      scrollTo(0, 0);
      byId('profile-name').focus();
    }
  }

  return {
    /** Where there is room beside the list, a profile is open from the first. */
    first(profileId) {
      if (state().selected === null && WIDE.matches && profileId !== undefined) location.replace(hashOf(profileId));
    },

    /** `type`: which of its texts is to be read or changed, if it is about one. A phone's keyboard would leave no room to read it. */
    open(profileId, type = null) {
      location.hash = hashOf(profileId);
      if (type !== null) show(type);
      const place = type !== null && WIDE.matches ? `${type}-text` : 'profile-name';
      requestAnimationFrame(() => requestAnimationFrame(() => byId(place).focus()));
    },

    signedIn() {
      arriving = true;
    },

    /** Who has just signed in begins at the profile, or at the list of them; not who has gone elsewhere already. */
    arrive() {
      if (!arriving) return;
      const { profiles, selected } = state();
      if (profiles.status === 'loading' || (selected === null && WIDE.matches && profiles.items.length > 0)) return;
      arriving = false;
      const place = selected === null ? row() : byId('profile-name');
      if (document.activeElement === document.body) place?.focus();
    },
  };
}
