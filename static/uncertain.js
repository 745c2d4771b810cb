// Recipients who may have been messaged, and what a person decides about them. Pure: (lists, name, data) -> lists.
//
// The server tells when the list of a profile and type may have changed, not what is on it; that is asked for when
// somebody looks. A list: {recipients, more, version, asked, decided}
//   recipients  [{id, name, reason, at}] as last heard
//   more        how many more there are, which the server lists once these are decided about
//   version     goes up with each sign that the list has changed
//   asked       the version at which the server was last asked, null before
//   decided     how many of the last run's have been decided about that the run still counts

import { keyFrom } from './keys.js';
import { plain } from './names.js';
import { words } from './words.js';

const BLANK = Object.freeze({ recipients: Object.freeze([]), more: 0, version: 1, asked: null, decided: 0 });
const CARRIED = 100; // most recipients that an event lists: with as many there may be more

const outdated = (list) => ({ ...list, version: list.version + 1 });

const valid = (recipients) =>
  recipients.filter((item) => typeof item?.id === 'string').map(({ id, name, reason, at }) => ({
    id,
    name: plain(String(name || id)),
    reason: typeof reason === 'string' ? plain(reason) : '',
    at: Number.isFinite(at) ? at : null,
  }));

/** What an answer of the server does; one to a question of before the last change says nothing. */
const moves = {
  // The server counts them off from the run; an earlier one does not.
  uncertainResolved: (list, { count, uncertain }) => ({
    ...outdated(list),
    decided: list.decided + (Number.isFinite(count) && !Number.isFinite(uncertain) ? count : 0),
  }),
  blocklistCleared: (list) => ({ ...outdated(list), decided: Infinity }), // the server forgets them with the rest
  'local/uncertainChanged': outdated,
  'local/uncertainAsked': (list) => ({ ...list, asked: list.version }),
  'local/uncertainListed': (list, { version, recipients, more }) =>
    version === list.version ? { ...list, recipients: valid(recipients), more: more || 0 } : list,
  'local/uncertainUnheard': (list, { version }) => (version === list.asked ? { ...list, asked: null } : list),

  processingStarted: (list) => ({ ...outdated(list), decided: 0 }), // the last run may have left one behind
  processingComplete(list, { uncertainRecipients: recipients, uncertainMore: more }) {
    if (!Array.isArray(recipients) || recipients.length >= CARRIED || more > 0) return outdated(list);
    const next = outdated(list);
    return { ...next, recipients: valid(recipients), more: 0, asked: next.version };
  },
};

/** Names of the events that `applyUncertain` understands. */
export const UNCERTAIN_EVENTS = Object.freeze(Object.keys(moves));

/** The lists after one event; the very same object when it does not matter to them. */
export function applyUncertain(lists, name, data) {
  const key = keyFrom(data);
  if (key === null) return lists;
  const known = lists[key] ?? BLANK;
  const next = moves[name](known, data);
  return next === known ? lists : { ...lists, [key]: next };
}

/** Whether the server has to be asked (again). `list` may be undefined. */
export const needsAsking = (list = BLANK) => list.asked !== list.version;

/** How many wait for a decision, as far as is known here: those listed, else what the run counted, without those decided about. */
export function undecided(list, run) {
  if (list && !needsAsking(list)) return list.recipients.length + list.more;
  return Math.max(0, run.uncertain - (list?.decided ?? 0));
}

/** The version that an answer asked for now belongs to. */
export const versionOf = (list = BLANK) => list.version;

/** What was decided, in words; `action` is 'resend' or 'leave'. */
export const resolvedWords = (action, count) => (action === 'resend' ? words.uncertain.resent(count) : words.uncertain.left(count));
