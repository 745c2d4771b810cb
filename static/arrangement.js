// How an operator has arranged the list on this device: the order of the rows, and which ones are pinned. Pure, but for
// the storage.

import { ofBrowser } from './storage.js';

const PREFIX = 'alphasync.list/';
const PINS_MAX = 100; // pinned profiles; with more, pins tell nothing
const SORTS = Object.freeze(['activity', 'name']);

export const UNARRANGED = Object.freeze({ sort: 'activity', pins: Object.freeze([]) });

/** What of a value is an arrangement: others can write to the storage, too. */
function valid(value) {
  const pins = Array.isArray(value?.pins) ? value.pins.filter((id) => typeof id === 'string') : [];
  return { sort: SORTS.includes(value?.sort) ? value.sort : UNARRANGED.sort, pins: [...new Set(pins)].slice(0, PINS_MAX) };
}

const nameOf = (operatorId) => `${PREFIX}${encodeURIComponent(operatorId)}`;

/** The arrangement of an operator. */
export const readArrangement = (operatorId, storage = ofBrowser) => valid(storage.read(nameOf(operatorId)));

export const keepArrangement = (operatorId, arrangement, storage = ofBrowser) =>
  storage.write(nameOf(operatorId), arrangement);

/** What changes how the list is arranged, on this device and for this operator: `{arrange(change), pin(profileId)}`. */
export function createArranging({ state, dispatch, operatorId }) {
  function arrange(change) {
    dispatch({ name: 'local/arrangement', data: change });
    keepArrangement(operatorId(), state().arrangement);
  }
  return { arrange, pin: (profileId) => arrange(withPin(state().arrangement, profileId)) };
}

/** With a profile pinned, or no longer; the newest pin comes first, and takes the place of the oldest when there are too many. */
export function withPin(arrangement, profileId) {
  const others = arrangement.pins.filter((id) => id !== profileId);
  const pins = others.length < arrangement.pins.length ? others : [profileId, ...others].slice(0, PINS_MAX);
  return { ...arrangement, pins };
}
