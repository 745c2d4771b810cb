// What typing, here and elsewhere, does to the drafts. Pure: (drafts, name, data, me) -> drafts.
//
// A draft: {message, deviceId, revision, base, pending, dirty, remote}
//   revision  the latest revision that this text is known to stand at
//   base      the text that the server was last known to hold
//   pending   updates of ours that the server has not answered yet
//   dirty     our text is not known to have arrived; it must not be overwritten by anything older
//   remote    {message, deviceId, revision} that came while our own text was still under way, else null
//
// Not every text is sent: one that is too long stays here until it is shorter. So an answer is about the text that was
// sent, which need not be the one in the box.
//
// The server's order decides who typed last: text that came while ours was under way is held until the answer tells
// our revision, and only then is the later one of the two shown.

import { isOld, keyFrom } from './keys.js';
import { tooLongToSync } from './limits.js';

const BLANK = Object.freeze({
  message: '',
  deviceId: null,
  revision: 0,
  base: '',
  pending: 0,
  dirty: false,
  remote: null,
});

const settle = (draft) => ({ ...draft, base: draft.message, dirty: false, remote: null });
const adopt = (draft, { message, deviceId, revision }) => settle({ ...draft, message, deviceId, revision });

/** Text from the server: a live update, a clearing or a line of the snapshot. */
function received(draft, data, me) {
  const message = typeof data.message === 'string' ? data.message : '';
  const revision = Number.isInteger(data.revision) ? data.revision : draft.revision;
  const remote = { message, deviceId: data.deviceId ?? null, revision };
  if (!draft.dirty) return adopt(draft, remote);
  if (draft.pending === 0) {
    if (message === draft.message) return adopt(draft, remote);
    if (message === draft.base) return { ...draft, revision }; // what we typed on top of; nobody changed it since
  }
  if (remote.deviceId === me) return draft; // our own older text; the newer one is in the box
  return { ...draft, remote };
}

/** The server's answer to one of our updates, which carried `message`. */
function answered(draft, { ok, revision, message }) {
  const pending = Math.max(0, draft.pending - 1);
  if (!ok) return { ...draft, pending };
  const known = Math.max(draft.revision, Number.isInteger(revision) ? revision : 0);
  const next = { ...draft, pending, revision: known };
  if (pending > 0) return next;
  if (draft.remote && draft.remote.revision > known) return adopt(next, draft.remote);
  return message === draft.message ? settle(next) : { ...next, base: message, remote: null };
}

const moves = {
  messageUpdated: received,
  messageSync: received,
  messageCleared: received,

  'local/draftTyped': (draft, data, me) => ({
    ...draft,
    message: data.message,
    deviceId: me,
    dirty: true,
    pending: draft.pending + (data.sent ? 1 : 0),
  }),

  'local/draftSent': (draft) => ({ ...draft, pending: draft.pending + 1 }),
  'local/draftAnswered': answered,

  // Two texts grew while we were apart: the operator says which one stays.
  'local/draftChosen'(draft, { keep }) {
    if (!draft.remote) return draft;
    if (keep === 'theirs') return adopt(draft, draft.remote);
    const { message, revision } = draft.remote;
    return { ...draft, base: message, revision, remote: null };
  },
};

/** Names of the events that `applyDraft` understands. */
export const DRAFT_EVENTS = Object.freeze(Object.keys(moves));

/** The drafts after one event; the very same object when the event is old or malformed. `me` is our deviceId. */
export function applyDraft(drafts, name, data, me) {
  const key = keyFrom(data);
  if (key === null) return drafts;
  const known = drafts[key];
  if (!name.startsWith('local/') && isOld(known, data.revision)) return drafts;
  const next = moves[name](known ?? BLANK, data, me);
  return next === known ? drafts : { ...drafts, [key]: next };
}

/** What is left of the drafts when a fresh snapshot is about to come: only text that the server may not have. */
export function unsentDrafts(drafts) {
  const unsent = Object.entries(drafts).filter(([, draft]) => draft.dirty);
  return Object.fromEntries(unsent.map(([key, draft]) => [key, { ...draft, revision: 0, remote: null }]));
}

/** Whether the operator must choose between two texts. */
export const inConflict = (draft) => Boolean(draft?.dirty && draft.pending === 0 && draft.remote);

/** Whether our text still has to be sent (again). */
export const needsSending = (draft) =>
  Boolean(draft?.dirty && draft.pending === 0 && !draft.remote && !tooLongToSync(draft.message));
