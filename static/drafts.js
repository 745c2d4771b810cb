// What typing, here and elsewhere, does to the drafts. Pure: (drafts, name, data, {me, epoch}) -> drafts, `me` being our
// deviceId and `epoch` that of the server's log.
//
// A draft: {message, caret, deviceId, base, sent, heard, conflict, clearing, refused, untold}
//   message   the text in the box
//   caret     where in it the last change ends that was made here, or null
//   deviceId  who typed last
//   base      {message, revision, epoch}: what the server held, and what our text was made from
//   sent      {message, caret, number, lost} under way to the server, made from `base`; else null. Only one at a time;
//             `lost` once nobody knows whether it arrived: then it is sent again, as it was
//   heard     [{message, caret, deviceId, revision}] of others that came while ours was under way
//   conflict  {message, deviceId} of the server, which ours cannot be put together with: ours waits until the operator
//             has chosen. Else null
//   clearing  the operator has emptied it, and the server is still to be told
//   refused   length of the text that the server found too long, or 0
//   untold    of before a fresh snapshot, which has not told of it yet: it is what the box shows meanwhile
//
// The server's order decides. What others typed while ours was under way waits for the answer, which tells whether it
// came before ours. What was typed here meanwhile is then moved over it, and is the next to be sent.

import { isOld, keyFrom } from './keys.js';
import { tooLongToSync } from './limits.js';
import { changes } from './differences.js';
import { asTyped, changesAround, changesTo, moveOver } from './merging.js';

const HEARD_MAX = 64; // texts of others that are told apart while an answer is awaited
const NONE = Object.freeze([]);

const BLANK = Object.freeze({
  message: '',
  caret: null,
  deviceId: null,
  base: Object.freeze({ message: '', revision: 0, epoch: null }),
  sent: null,
  heard: NONE,
  conflict: null,
  clearing: false,
  refused: 0,
  untold: false,
});

/** Go on from what the server holds: `theirs` {message, deviceId, revision}; ours is then `{message, caret}`. */
function rebased(draft, theirs, { message, caret }, epoch) {
  const base = { message: theirs.message, revision: theirs.revision, epoch };
  const roomMade = theirs.message.length < draft.base.message.length;
  const deviceId = message === theirs.message ? theirs.deviceId : draft.deviceId;
  return { ...draft, message, caret, deviceId, base, sent: null, heard: NONE, refused: roomMade ? 0 : draft.refused };
}

/** Whether what our text was made from is nothing that the server can know. */
const isBaseGone = ({ base }, epoch) => base.revision > 0 && base.epoch !== epoch;

/**
 * Text from the server, of others or from the snapshot, while nothing of ours is under way. `apart`: ours is surely not
 * in it, even where it is the same.
 */
function movedOver(draft, theirs, epoch, apart = false) {
  const { message, base } = draft;
  const their = () => changesTo(base.message, theirs.message, theirs.caret);
  if (message === theirs.message && !apart) return rebased({ ...draft, conflict: null, clearing: false }, theirs, draft, epoch);
  if (!isUnsaved(draft)) {
    return rebased({ ...draft, conflict: null, clearing: false }, theirs, moveOver(base.message, their(), draft), epoch);
  }
  if (theirs.message === base.message) return rebased(draft, theirs, draft, epoch);
  if (draft.conflict || isBaseGone(draft, epoch)) {
    return { ...rebased(draft, theirs, draft, epoch), conflict: { message: theirs.message, deviceId: theirs.deviceId } };
  }
  return rebased(draft, theirs, moveOver(base.message, their(), draft), epoch);
}

/**
 * What the server holds, when `sent` is known to be in it: what was typed since is moved over it. Where the server has
 * said where ours ends in it, others' letters in front of that are told from those behind it.
 */
function arrived(draft, sent, theirs, epoch) {
  if (theirs.caret === null || sent.caret === null) {
    return rebased({ ...draft, refused: 0 }, theirs, moveOver(sent.message, changes(sent.message, theirs.message), draft), epoch);
  }
  const [inFront, behind] = changesAround(sent.message, sent.caret, theirs.message, theirs.caret);
  const through = theirs.message.slice(0, theirs.caret) + sent.message.slice(sent.caret);
  const moved = moveOver(through, behind, moveOver(sent.message, inFront, draft, true));
  return rebased({ ...draft, refused: 0 }, theirs, moved, epoch);
}

/** A live event: text of others, or a clearing. */
function received(draft, data, { me, epoch }) {
  const theirs = textOf(draft, data);
  if (draft.sent) return theirs.deviceId === me ? draft : { ...draft, heard: [...draft.heard, theirs].slice(-HEARD_MAX) };
  const apart = draft.conflict === null && !isBaseGone(draft, epoch); // what was lost on its way is still `sent`
  return movedOver(draft, theirs, epoch, apart);
}

function textOf(draft, { message, caret, deviceId, revision }) {
  const text = typeof message === 'string' ? asTyped(message) : '';
  return {
    message: text,
    caret: Number.isInteger(caret) && text === message ? caret : null, // as the server counts, with its line ends
    deviceId: deviceId ?? null,
    revision: Number.isInteger(revision) ? revision : draft.base.revision,
  };
}

/**
 * A line of the snapshot. Text that was not sent goes to the server with the base that it was made from, and is put
 * together there; only where that base is of another epoch there are two texts. What was typed before the server has
 * told of any is put together here: it would take such a text for the first one of this device, sent again.
 */
function synced(draft, data, { me, epoch }) {
  const theirs = textOf(draft, data);
  if (theirs.message === draft.sent?.message) return arrived(draft, draft.sent, theirs, epoch);
  if (draft.sent && !isBaseGone(draft, epoch)) {
    // Only one update of ours was under way: if we were the last to type, it is in this text.
    return theirs.deviceId === me ? arrived(draft, draft.sent, theirs, epoch) : draft;
  }
  const alone = { ...draft, sent: null, heard: NONE };
  const known = theirs.message === draft.base.message || theirs.message === draft.message;
  const putThere = isUnsaved(alone) && !known && alone.base.revision > 0 && !isBaseGone(alone, epoch);
  return putThere ? alone : movedOver(alone, theirs, epoch);
}

/** What others typed while ours was under way, as far as it came after that. */
const overHeard = (draft, heard, epoch) =>
  heard.reduce((moved, theirs) => (theirs.revision > moved.base.revision ? movedOver(moved, theirs, epoch, true) : moved), draft);

/** The server's answer to the update with this number; `message` only if it is not what was sent. */
function answered(draft, { number, ok, lost, revision, message, caret, tooLong }, { me, epoch }) {
  const { sent, heard } = draft;
  if (sent === null || sent.number !== number) return draft; // of before a new epoch
  if (lost) return { ...draft, sent: { ...sent, lost: true }, clearing: false };
  if (!ok) {
    const refused = tooLong ? sent.message.length : draft.refused;
    return overHeard({ ...draft, sent: null, heard: NONE, clearing: false, refused }, heard, epoch);
  }
  const stored = textOf(draft, { message: message ?? sent.message, caret, deviceId: me, revision });
  return overHeard(arrived(draft, sent, stored, epoch), heard, epoch);
}

const moves = {
  messageUpdated: received,
  messageCleared: received,
  messageSync: synced,

  // The box was changed from `from`, which what others typed may have gone on from already.
  'local/draftTyped'(draft, { message, caret = null, from = draft.message, clearing = draft.clearing }, { me }) {
    const typed = moveOver(from, changes(from, draft.message), { message, caret });
    return { ...draft, ...typed, deviceId: me, clearing };
  },

  // What this device kept of an earlier page; it is not known to have arrived.
  'local/draftRestored': (draft, { message, base, sent }, { me }) => ({
    ...draft,
    message,
    base,
    sent: sent === null ? null : { message: sent, caret: null, number: 0, lost: true },
    deviceId: me,
  }),

  'local/draftSent'(draft, { number }, { me }) {
    const { message, caret = null } = toSend(draft);
    return { ...draft, sent: { message, caret, number, lost: false }, clearing: false, deviceId: me };
  },

  'local/draftAnswered': answered,

  // The operator says which of two texts stays.
  'local/draftChosen'(draft, { keep }) {
    if (draft.conflict === null) return draft;
    return { ...draft, ...(keep === 'theirs' ? { ...draft.conflict, caret: null } : {}), conflict: null };
  },
};

/** Names of the events that `applyDraft` understands. */
export const DRAFT_EVENTS = Object.freeze([...Object.keys(moves), 'local/caughtUp']);

/** The revision up to which everything about a draft is known: those of another epoch say nothing. */
const knownUpTo = ({ base, heard }, epoch) => ({ revision: base.epoch === epoch ? (heard.at(-1) ?? base).revision : -1 });

/** The drafts after one event; the very same object when the event is old or malformed. */
export function applyDraft(drafts, name, data, context) {
  if (name === 'local/caughtUp') return caughtUp(drafts);
  const key = keyFrom(data);
  if (key === null) return drafts;
  const known = name.startsWith('local/') ? drafts[key] : told(drafts[key]);
  if (!name.startsWith('local/') && known && isOld(knownUpTo(known, context.epoch), data.revision)) {
    return known === drafts[key] ? drafts : { ...drafts, [key]: known };
  }
  const next = moves[name](known ?? BLANK, data, context);
  return next === drafts[key] ? drafts : { ...drafts, [key]: next };
}

/** The drafts when a fresh snapshot is about to come. The boxes show them until all of it is here, and are typed in. */
export const untoldDrafts = (drafts) =>
  Object.fromEntries(Object.entries(drafts).map(([key, draft]) => [key, { ...draft, heard: NONE, untold: true }]));

/** What is left of a draft once the server tells of it, or of none: text that it may not have. */
function told(draft) {
  if (!draft?.untold) return draft;
  return isUnsaved(draft) ? { ...draft, untold: false } : undefined;
}

function caughtUp(drafts) {
  if (!Object.values(drafts).some(({ untold }) => untold)) return drafts;
  const left = Object.entries(drafts).map(([key, draft]) => [key, told(draft)]);
  return Object.fromEntries(left.filter(([, draft]) => draft !== undefined));
}

/** Whether our text is not known to have arrived. */
export const isUnsaved = (draft) => Boolean(draft && (draft.sent || draft.message !== draft.base.message));

/** Whether the operator must choose between two texts. */
export const inConflict = (draft) => Boolean(draft?.conflict);

/** Whether our text stays here because the server would not keep it, alone or together with what others typed. */
export const isTooLong = (draft) =>
  isUnsaved(draft) && (tooLongToSync(draft.message) || (draft.refused > 0 && draft.message.length >= draft.refused));

/** What is to be sent next, `{message, base, caret}`: what was lost on the way goes again as it was. */
export function toSend({ message, caret, base, sent, clearing }, epoch) {
  const next = sent ?? (clearing ? { message: '', caret: null } : { message, caret });
  const place = next.caret === null ? {} : { caret: next.caret };
  return { message: next.message, base: base.epoch === epoch ? base.revision : 0, ...place };
}

/** Whether something has to be sent, now that nothing is under way. */
export function needsSending(draft) {
  if (!draft || draft.conflict) return false;
  if (draft.sent) return draft.sent.lost;
  return draft.clearing || (isUnsaved(draft) && !isTooLong(draft));
}
