// Recipients who could not be messaged, and how many of them are shown. Pure: (lists, name, data) -> lists.
//
// The server does not tell who they are, but for how many; it is asked when somebody looks, and again while that changes.
// A list: {recipients, named, unnamed, wanted, version, asked, heard, resting}
//   recipients  [{id, name, reason, at}] as last heard, those who failed last first
//   named       how many the server lists, who can be tried again
//   unnamed     how many more there are
//   wanted      how many are to be seen
//   version     goes up with each sign that the list has changed
//   asked       the version at which the server was last asked, null before
//   heard       the version of what is known
//   resting     the server was asked a moment ago

import { keyFrom } from './keys.js';
import { plain } from './names.js';

const FIRST = 20; // shown without being asked for more
const MORE = 100; // a page of the server's

const BLANK = Object.freeze({
  recipients: Object.freeze([]),
  ...{ named: 0, unnamed: 0, wanted: FIRST, version: 1, asked: null, heard: 0, resting: false },
});

const outdated = (list) => ({ ...list, version: list.version + 1 });
const text = (value) => (typeof value === 'string' ? plain(value) : '');

const valid = (recipients) =>
  recipients
    .filter((item) => typeof item?.id === 'string')
    .map(({ id, name, reason, at }) => ({ id, name: text(name) || plain(id), reason: text(reason), at: Number.isFinite(at) ? at : null }));

const moves = {
  'local/unsentChanged': outdated,
  'local/unsentMore': (list) => outdated({ ...list, wanted: list.wanted < MORE ? MORE : list.wanted + MORE }),
  'local/unsentAsked': (list) => ({ ...list, asked: list.version, resting: true }),
  'local/unsentRested': (list) => ({ ...list, resting: false }),
  'local/unsentUnheard': (list, { version }) => (version === list.asked ? { ...list, asked: null } : list),
  // An answer is of use also where the list has changed meanwhile: in a run it changes all the time.
  'local/unsentListed': (list, { version, recipients, named, unnamed }) =>
    version < list.heard ? list : { ...list, heard: version, recipients: valid(recipients), named, unnamed },
  // A run over everybody begins the list anew.
  processingStarted: (list, { only }) => outdated(only === 'failed' ? list : { ...BLANK, version: list.version, asked: list.asked, resting: list.resting }),
};

/** Names of the events that `applyUnsent` understands. */
export const UNSENT_EVENTS = Object.freeze(Object.keys(moves));

/** The lists after one event; the very same object when it does not matter to them. */
export function applyUnsent(lists, name, data) {
  const key = keyFrom(data);
  if (key === null) return lists;
  const known = lists[key] ?? BLANK;
  const next = moves[name](known, data);
  return next === known ? lists : { ...lists, [key]: next };
}

/** Whether a run event that led from one run to the other has changed who is listed. */
export const changesUnsent = (old, run) => run !== undefined && (old?.failed !== run.failed || (run.only === 'failed' && old?.current !== run.current));

/** Whether the server is to be asked (again) now. `list` may be undefined. */
export const needsAsking = (list = BLANK) => !list.resting && list.asked !== list.version;

/** What to ask for: `{version, wanted}`. */
export const questionOf = ({ version, wanted } = BLANK) => ({ version, wanted });

/** How many could not be messaged, as far as is known; `run` may be undefined. */
export const unsentOf = (list, run) => (list?.heard > 0 ? list.named + list.unnamed : (run?.failed ?? 0));

/** What is shown of a list: `{known, shown, more, unlisted}`: those who are seen, how many can be shown, and how many cannot. */
export function pageOf(list, run) {
  const known = (list?.heard ?? 0) > 0;
  const shown = list?.recipients.slice(0, list.wanted) ?? [];
  const more = known ? Math.max(0, list.named - shown.length) : 0;
  return { known, shown, more, unlisted: unsentOf(list, run) - shown.length - more };
}
