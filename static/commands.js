// What the operator can do, as commands to the server: each is sent with an acknowledgement, and what the answer
// says goes to the card it belongs to.

import { itemsOf, linksOf, mustSend } from './attachments.js';
import { inConflict, mustWait, needsSending } from './drafts.js';
import { keyOf, partsOf, TYPES } from './keys.js';
import { tooLongToSync } from './limits.js';
import { notSaved, refusal, startOf, startProblem } from './status.js';
import { needsAsking, versionOf } from './uncertain.js';
import { words } from './words.js';

/** What a refusal is about: it is over together with that. */
const ABOUT = Object.freeze({ offline: 'connection', locked: 'run', unknown_outcome: 'outcome' });
/** Refusals of a second press: all is as was wanted, if the run is in this state. */
const WANTED = Object.freeze({ already_running: true, not_running: false });
const asWanted = ({ code }, run) => WANTED[code] === (run?.status === 'running');
const RESEND_AFTER = 1_000; // ms, for a draft that the server could not take or a question it could not answer

/** `link` is a connection of socket.js; `state()` the state as it is now. Returns the commands. */
export function createCommands({ link, state, dispatch }) {
  const waiting = []; // {event, key} of commands without an answer, oldest first
  let resend = null;

  const local = (name, data) => dispatch({ name: `local/${name}`, data });
  const complain = (key, ack, text = refusal(ack), about = ABOUT[ack.code]) =>
    local('notice', { key, tone: 'error', text, hint: ack.lockOwner ? words.card.lockOwner(ack.lockOwner) : '', about });

  /** Send one command about a card; shows on the card that it is under way, and why it failed if it did. */
  async function command(event, profileId, type, extra = {}) {
    const key = keyOf(profileId, type);
    const entry = { event, key };
    waiting.push(entry);
    local('noticeGone', { key });
    local('busy', { key, command: event });
    const ack = await link.send(event, { profileId, type, ...extra });
    waiting.splice(waiting.indexOf(entry), 1);
    local('busy', { key, command: null });
    if (!ack.ok && !asWanted(ack, state().runs[key])) complain(key, ack);
    return ack;
  }

  async function sendDraft(event, profileId, type, message) {
    const key = keyOf(profileId, type);
    const payload = event === 'clearMessage' ? { profileId, type } : { profileId, type, message };
    const { epoch } = state();
    const ack = await link.send(event, payload);
    const lost = epoch !== state().epoch; // a revision of another epoch says nothing about the order in this one
    local('draftAnswered', { profileId, type, message, ok: ack.ok && !lost, revision: ack.revision });
    if (lost) {
      resendLater();
      return;
    }
    if (ack.ok) {
      if (state().notices[key]?.about === 'draft') local('noticeGone', { key });
      if (needsSending(state().drafts[key])) flush(); // a later text did not get through
      return;
    }
    if (ack.code !== 'offline') complain(key, ack, notSaved(ack), 'draft');
    if (ack.retryable) resendLater();
  }

  function change(event, profileId, type, message) {
    const key = keyOf(profileId, type);
    const said = state().notices[key];
    if (said && said.about !== 'draft') local('noticeGone', { key }); // it was about the text before
    const sent = !tooLongToSync(message) && !mustWait(state().drafts[key]);
    local('draftTyped', { profileId, type, message, sent });
    if (sent) void sendDraft(event, profileId, type, message);
  }

  function resendLater() {
    clearTimeout(resend);
    resend = setTimeout(flush, RESEND_AFTER);
  }

  /** Send what was typed while the server could not be reached. */
  function flush() {
    if (!link.connected() || state().syncing) return;
    for (const [key, draft] of Object.entries(state().drafts)) {
      if (!needsSending(draft)) continue;
      const { profileId, type } = partsOf(key);
      local('draftSent', { profileId, type });
      void sendDraft('updateMessage', profileId, type, draft.message);
    }
    for (const profileId of Object.keys(state().attachments)) void sendAttachments(profileId);
  }

  /** One list at a time: what is chosen meanwhile goes with the next one. */
  async function sendAttachments(profileId) {
    const { items, base } = state().attachments[profileId];
    if (!link.connected() || state().syncing || !mustSend(state().attachments[profileId])) return;
    local('attachmentsSent', { profileId });
    const { epoch } = state();
    const about = { profileId, type: 'mail' };
    const ack = await link.send('updateAttachments', { ...about, attachments: items, base: linksOf(base) });
    const refused = !ack.ok && !ack.retryable;
    const stored = ack.ok && epoch === state().epoch ? { attachments: ack.attachments, revision: ack.revision } : {};
    local('attachmentsAnswered', { profileId, ...stored, refused });
    if (refused) complain(keyOf(profileId, 'mail'), ack);
    else if (ack.retryable || stored.attachments === undefined) resendLater();
    else void sendAttachments(profileId);
  }

  /** Ask who may have been messaged; what came of it goes to the list, not to the card. */
  async function ask(profileId, type, version) {
    local('uncertainAsked', { profileId, type });
    const ack = await link.send('listUncertain', { profileId, type });
    if (ack.ok) local('uncertainListed', { profileId, type, version, recipients: ack.recipients, more: ack.more });
    else if (ack.retryable) setTimeout(() => local('uncertainUnheard', { profileId, type, version }), RESEND_AFTER);
  }

  return {
    flush,

    /** Ask for the lists of the open profile that are not known to be as the server has them. */
    listUncertain() {
      const { selected: profileId, device, syncing, uncertain } = state();
      if (profileId === null || device === null || syncing || !link.connected()) return;
      for (const type of TYPES) {
        const list = uncertain[keyOf(profileId, type)];
        if (needsAsking(list)) void ask(profileId, type, versionOf(list));
      }
    },

    /** Decide about one recipient who may have been messaged, or about all: `action` is 'resend' or 'leave'. */
    async resolveUncertain(profileId, type, action, recipientId) {
      const extra = recipientId === undefined ? { action } : { action, recipientId };
      const ack = await command('resolveUncertain', profileId, type, extra);
      if (ack.ok && ack.count === 0) local('uncertainChanged', { profileId, type }); // decided elsewhere meanwhile
    },

    type: (profileId, type, message) => change('updateMessage', profileId, type, message),
    clearMessage: (profileId, type) => change('clearMessage', profileId, type, ''),

    /** The operator chose 'mine' or 'theirs' of two texts. */
    choose(profileId, type, keep) {
      if (!inConflict(state().drafts[keyOf(profileId, type)])) return;
      local('draftChosen', { profileId, type, keep });
      flush();
    },

    /** A letter is being composed in the box of a card, so that its text cannot change by itself; then no more. */
    hold: (profileId, type) => local('draftHeld', { profileId, type }),
    release(profileId, type) {
      local('draftReleased', { profileId, type });
      flush();
    },

    /** Text that an earlier page has left: take it, or forget it. */
    takeOffer(profileId, type, use) {
      const key = keyOf(profileId, type);
      const offer = state().offers[key]?.[0];
      if (!offer) return;
      local('offerGone', { key });
      if (use) change('updateMessage', profileId, type, offer.message);
    },

    /** `items` go with the mails of a profile from now on, on all devices. */
    attach(profileId, items) {
      local('attach', { profileId, items });
      void sendAttachments(profileId);
    },

    /** Start with `message`, the text that the operator sees. */
    start(profileId, type, message) {
      const { busy, attachments } = state();
      const key = keyOf(profileId, type);
      if (busy[key] === 'startProcessing') return;
      const text = startProblem(startOf(state(), profileId, type, message));
      if (text) {
        local('notice', { key, tone: 'error', text, about: 'start' });
        return;
      }
      const chosen = type === 'mail' ? itemsOf(attachments, profileId) : [];
      void command('startProcessing', profileId, type, chosen.length > 0 ? { message, attachments: chosen } : { message });
    },

    stop: (profileId, type) => void command('stopProcessing', profileId, type),
    clearBlocklist: (profileId, type) => void command('clearBlocklist', profileId, type),

    /** How many are on the list: resolves to the ack, with `count` when it is ok. */
    countBlocklist: (profileId, type) => link.send('countBlocklist', { profileId, type }),

    async stopAll() {
      const ack = await link.send('stopAllProcessing');
      if (!ack.ok) local('banner', { tone: 'error', text: refusal(ack), about: ABOUT[ack.code] });
    },

    /** The `error` event: it names the command but not the card, so that it goes to the oldest such command. */
    failed(data) {
      const entry = waiting.find(({ event }) => event === data.event);
      if (entry) complain(entry.key, data);
      else if (data.event === undefined) local('banner', { tone: 'error', text: String(data.message ?? words.header.error) });
    },
  };
}
