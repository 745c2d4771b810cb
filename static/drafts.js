// What typing, here and elsewhere, does to the drafts. Pure: (drafts, name, data, me) -> drafts.
//
// A draft: {message, deviceId, revision, base, pending, dirty, remote, held}
//   revision  the latest revision that this text is known to stand at
//   base      the text that the server was last known to hold
//   pending   updates of ours that the server has not answered yet
//   dirty     our text is not known to have arrived; it must not be overwritten by anything older
//   remote    {message, deviceId, revision} that came while our own text could not give way, else null
//   held      {from} while the box cannot be changed, because a letter is being composed; from: its text before that
//
// Not every text is sent: one that is too long stays here until it is shorter, one that would overwrite what somebody
// else has typed until the operator has chosen. So an answer is about the text that was
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
  held: null,
});

const settle = (draft) => ({ ...draft, base: draft.message, dirty: false, remote: null });
const adopt = (draft, { message, deviceId, revision }) => settle({ ...draft, message, deviceId, revision });

/** Text from the server: a live update, a clearing or a line of the snapshot. */
function received(draft, data, me) {
  const message = typeof data.message === 'string' ? data.message : '';
  const revision = Number.isInteger(data.revision) ? data.revision : draft.revision;
  const remote = { message, deviceId: data.deviceId ?? null, revision };
  if (!draft.dirty) return draft.held && message !== draft.message ? { ...draft, remote } : adopt(draft, remote);
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
  const still = message === draft.message;
  if (draft.remote && draft.remote.revision > known) {
    return still && !draft.held ? adopt(next, draft.remote) : { ...next, base: message };
  }
  return still ? settle(next) : { ...next, base: message, remote: null };
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

  'local/draftHeld': (draft) => (draft.held ? draft : { ...draft, held: { from: draft.message } }),

  // A letter was composed, or was not after all: then what came meanwhile is shown.
  'local/draftReleased'(draft) {
    const next = { ...draft, held: null };
    if (!draft.held || !draft.remote || draft.pending > 0) return next;
    return draft.message === draft.held.from ? adopt(next, draft.remote) : { ...next, dirty: true };
  },

  // What this device kept of an earlier page; it is not known to have arrived.
  'local/draftRestored': (draft, { message, base }, me) => ({
    ...draft,
    message,
    base: typeof base === 'string' ? base : '',
    deviceId: me,
    dirty: true,
  }),

  // Sent again, perhaps under another identity than when it was typed.
  'local/draftSent': (draft, _data, me) => ({ ...draft, deviceId: me, pending: draft.pending + 1 }),
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

/** What is left of the drafts when a fresh snapshot is about to come: text that the server may not have, or that is held. */
export function unsentDrafts(drafts) {
  const unsent = Object.entries(drafts).filter(([, draft]) => draft.dirty || draft.held);
  return Object.fromEntries(unsent.map(([key, draft]) => [key, { ...draft, revision: 0, remote: null }]));
}

/** Whether the operator must choose between two texts. */
export const inConflict = (draft) => Boolean(draft?.dirty && draft.pending === 0 && draft.remote && !draft.held);

/** Whether a change of our text has to wait: to send it would overwrite what somebody else has typed. */
export const mustWait = (draft) => Boolean(draft?.remote && draft.pending === 0);

/** Whether our text still has to be sent (again). */
export const needsSending = (draft) =>
  Boolean(draft?.dirty && draft.pending === 0 && !draft.remote && !tooLongToSync(draft.message));
