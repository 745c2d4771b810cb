// What goes with the mail of a profile, the same on all devices. Pure: (attachments, name, data) -> attachments.
//
// An entry, by profileId: {items, base, revision, pending, heard}
//   items     what the operator sees, and a start sends
//   base      the list that the server was last known to hold, and that `items` was made from
//   revision  of the last event about it
//   pending   a list of ours has no answer yet
//   heard     the server has told of it since the last reset
//
// What one device adds or takes away is sent as the whole list with the links of its base, so that what others do at the
// same time stays, here as on the server.

import { isOld } from './keys.js';
import { MAX_ATTACHMENTS } from './limits.js';

const NONE = Object.freeze([]);
const BLANK = Object.freeze({ items: NONE, base: NONE, revision: 0, pending: false, heard: false });

/** By its link an attachment is told from others. */
export const linksOf = (items) => items.map(({ link }) => link);
const same = (one, other) => one.length === other.length && one.every(({ link }, index) => link === other[index].link);

/** `theirs`, without what `mine` has taken away from `base`, and with what it has added. */
export function together(base, theirs, mine) {
  const [known, own, there] = [base, mine, theirs].map((items) => new Set(linksOf(items)));
  const kept = theirs.filter(({ link }) => own.has(link) || !known.has(link));
  return [...kept, ...mine.filter(({ link }) => !known.has(link) && !there.has(link))];
}

function received(entry, attachments, revision) {
  if (!Array.isArray(attachments)) return entry;
  const at = Number.isInteger(revision) ? revision : entry.revision;
  const items = together(entry.base, attachments, entry.items);
  return { ...entry, items: same(items, attachments) ? attachments : items, base: attachments, revision: at, heard: true };
}

const moves = {
  attachmentsUpdated: (entry, data) =>
    isOld(entry, data.revision) ? entry : received(entry, data.attachments, data.revision),
  messageSync: (entry, data) => received(entry, data.attachments, data.attachmentsRevision),
  'local/attach': (entry, { items }) => ({ ...entry, items: items.slice(0, MAX_ATTACHMENTS) }),
  // What a page before this one has kept; what is known since then stays.
  'local/attachmentsRestored': (entry, { items, base }) =>
    entry.heard || isDirty(entry)
      ? { ...entry, items: together(base, entry.items, items).slice(0, MAX_ATTACHMENTS) }
      : { ...entry, items, base },
  'local/attachmentsSent': (entry) => ({ ...entry, pending: true }),
  'local/attachmentsAnswered'(entry, { attachments, revision, refused }) {
    const next = { ...entry, pending: false };
    if (refused) return { ...next, items: next.base };
    return attachments && !isOld(entry, revision) ? received(next, attachments, revision) : next;
  },
};

/** Names of the events that `applyAttachments` understands. */
export const ATTACHMENT_EVENTS = Object.freeze([...Object.keys(moves), 'local/caughtUp']);

/** The attachments after one event; the very same object where it changes none. */
export function applyAttachments(all, name, data) {
  if (name === 'local/caughtUp') return caughtUp(all);
  const { profileId } = data;
  if (profileId === undefined || profileId === null) return all;
  const next = moves[name](all[profileId] ?? BLANK, data);
  return next === (all[profileId] ?? BLANK) ? all : { ...all, [profileId]: next };
}

/** Of what a whole snapshot does not tell there is nothing on the server. */
function caughtUp(all) {
  if (Object.values(all).every(({ heard }) => heard)) return all;
  const told = ([profileId, entry]) => [profileId, entry.heard ? entry : received(entry, NONE, 0)];
  return Object.fromEntries(Object.entries(all).map(told));
}

export const isDirty = (entry) => entry !== undefined && !same(entry.items, entry.base);

/** Whether a list of ours still has to be sent (again). */
export const mustSend = (entry) => isDirty(entry) && !entry.pending;

/** What goes with the next mail of a profile. */
export const itemsOf = (all, profileId) => all[profileId]?.items ?? NONE;

/** What there is when a fresh snapshot is about to come: the cards show it, and a start sends it, until that is here. */
export const untoldAttachments = (all) =>
  Object.fromEntries(Object.entries(all).map(([profileId, entry]) => [profileId, { ...entry, revision: 0, heard: false }]));
