// Drafts on their way to the server, their texts and what goes with them, one update at a time for each: what is typed
// meanwhile goes with the next one. On a fast line this is every key.

import { linksOf, mustSend } from './attachments.js';
import { needsSending, toSend } from './drafts.js';
import { keyOf, partsOf } from './keys.js';
import { notSaved } from './status.js';

const RESEND_INTERVAL = 1_000; // ms, for a draft that the server could not take
const TAKE_BACK_TIMEOUT = 30_000; // ms that a clear can be taken back at the card; later among the versions
/** Answers after which nobody knows whether the text arrived. */
const LOST = new Set(['no_answer', 'unknown_outcome', 'internal_error']);
const NOT_SENT = Object.freeze({ ok: false, code: 'offline', retryable: true });

/**
 * `link`: that of soon.js, `state` as in commands.js, `local(name, data)` dispatches, `complain(key, ack, text, about)` tells at the
 * card. Returns `{push(profileId, type), pushAttachments(profileId), flush(), alone(profileId, type, command)}`: send what
 * one draft, or any of them, has to send; or a command that puts another text into one, with none under way meanwhile.
 */
export function createSending({ link, state, local, complain }) {
  let last = 0; // number of an update, so that an answer is told from one of before
  let resend = null;
  const underWay = new Map(); // by key: the last text that was sent; resolves once it is answered
  const held = new Set(); // keys of drafts that another text is being put into

  // Before the server has told its epoch, nobody knows whether it knows what our text was made from.
  const canSend = () => link.joined() && !state().syncing;

  function push(profileId, type) {
    const key = keyOf(profileId, type);
    const draft = state().drafts[key];
    if (held.has(key) || !canSend() || !needsSending(draft)) return;
    last += 1;
    underWay.set(key, send(profileId, type, draft, last));
  }

  async function alone(profileId, type, command) {
    const key = keyOf(profileId, type);
    held.add(key);
    try {
      if (state().drafts[key]?.sent?.lost === false) await underWay.get(key);
      return await command();
    } finally {
      held.delete(key);
      push(profileId, type);
    }
  }

  async function send(profileId, type, draft, number) {
    const key = keyOf(profileId, type);
    const { epoch } = state();
    const clears = draft.clearing && draft.sent === null;
    const payload = { profileId, type, ...(clears ? {} : toSend(draft, epoch)) };
    local('draftSent', { profileId, type, number });
    const ack = await link.soon((emit) => {
      if (!canSend() || epoch !== state().epoch) return NOT_SENT; // its base is of a revision that the server may not know
      return emit(clears ? 'clearMessage' : 'updateMessage', payload);
    });
    const { ok: answered, code, revision, message, caret } = ack;
    const anew = epoch !== state().epoch; // a revision of another epoch says nothing about the order in this one
    const ok = answered && !anew;
    const unsent = ack === NOT_SENT;
    const lost = !unsent && (anew || LOST.has(code));
    const tooLong = code === 'message_too_long';
    local('draftAnswered', { profileId, type, number, ok, lost, tooLong, revision, ...(ok && { message, caret }) });
    if (ok) {
      if (state().notices[key]?.about === 'draft') local('noticeGone', { key });
      if (clears && ack.version) cleared(key, ack.version);
      if (ack.replaced) local('offerMade', { key, message: ack.replaced, at: Date.now(), replaced: true });
      push(profileId, type);
      return;
    }
    // Without a connection the line below the text says so, and that it is not saved.
    if (!answered && !unsent && link.connected() && !tooLong) complain(key, ack, notSaved(ack), 'draft');
    if (anew || ack.retryable) resendLater();
  }

  /** For a while it can be taken back with one press. */
  function cleared(key, version) {
    local('cleared', { key, version });
    setTimeout(() => local('clearedGone', { key, version }), TAKE_BACK_TIMEOUT);
  }

  async function pushAttachments(profileId) {
    const { items, base } = state().attachments[profileId];
    if (!canSend() || !mustSend(state().attachments[profileId])) return;
    local('attachmentsSent', { profileId });
    const { epoch } = state();
    const about = { profileId, type: 'mail' };
    const ack = await link.send('updateAttachments', { ...about, attachments: items, base: linksOf(base) });
    const refused = !ack.ok && !ack.retryable;
    const stored = ack.ok && epoch === state().epoch ? { attachments: ack.attachments, revision: ack.revision } : {};
    local('attachmentsAnswered', { profileId, ...stored, refused });
    if (refused) complain(keyOf(profileId, 'mail'), ack);
    else if (ack.retryable || stored.attachments === undefined) resendLater();
    else void pushAttachments(profileId);
  }

  function resendLater() {
    clearTimeout(resend);
    resend = setTimeout(flush, RESEND_INTERVAL);
  }

  function flush() {
    for (const key of Object.keys(state().drafts)) {
      const { profileId, type } = partsOf(key);
      push(profileId, type);
    }
    for (const profileId of Object.keys(state().attachments)) void pushAttachments(profileId);
  }

  return { push, pushAttachments, flush, alone };
}
