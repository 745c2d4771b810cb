// What the operator can do, as commands to the server: each is sent with an acknowledgement, and what the answer
// says goes to the card it belongs to.

import { itemsOf } from './attachments.js';
import { keepDetaching } from './detaching.js';
import { nameOf } from './devices.js';
import { inConflict } from './drafts.js';
import { keyOf, partsOf, TYPES } from './keys.js';
import { asPreview } from './preview.js';
import { keepRhythm, rhythmFields } from './rhythm.js';
import { createRunTexts } from './runtexts.js';
import { createSending } from './sending.js';
import { createSoon } from './soon.js';
import { refusal, startOf, startProblem } from './status.js';
import { needsAsking, versionOf } from './uncertain.js';
import { createUndo } from './undo.js';
import { needsAsking as needsUnsent, questionOf } from './unsent.js';
import { words } from './words.js';

/** What a refusal is about: it is over together with that. */
const ABOUT = Object.freeze({ offline: 'connection', locked: 'run', unknown_outcome: 'outcome' });
/** Refusals of a second press: all is as was wanted, if the run is in this state. */
const WANTED = Object.freeze({ already_running: true, not_running: false });
const asWanted = ({ code }, run) => WANTED[code] === (run?.status === 'running');
const PREVIEW_TIMEOUT = 35_000; // ms; the server itself gives up after 30 s, as it is set by default
const UNCERTAIN_SHOWN_MAX = 500; // each takes a decision; of more it is said how many they are
const ASK_INTERVAL = 1_000; // ms, for a question that the server could not answer

/** `link` is a connection of socket.js; `state()` the state as it is now; `drawn` as in soon.js. Returns the commands. */
export function createCommands({ link: line, state, dispatch, drawn }) {
  const link = createSoon(line, drawn);
  const waiting = []; // {event, key} of commands without an answer, oldest first
  const undo = createUndo();

  const local = (name, data) => dispatch({ name: `local/${name}`, data });
  const complain = (key, ack, text = refusal(ack), about = ABOUT[ack.code]) =>
    local('notice', { key, tone: 'error', text, hint: ack.lockOwner ? nameOf(state(), ack.lockOwner) : '', about });

  const texts = createRunTexts({ link, state, local });
  const sending = createSending({ link, state, local, complain });
  const textOf = (key) => state().drafts[key]?.message ?? '';

  /** Send one command about a card; shows on the card that it is under way, and why it failed if it did. `aside`: that is told elsewhere. */
  async function command(event, profileId, type, extra = {}, aside = false) {
    const key = keyOf(profileId, type);
    const entry = { event, key };
    waiting.push(entry);
    local('noticeGone', { key });
    local('busy', { key, command: event });
    const ack = await link.send(event, { profileId, type, ...extra });
    waiting.splice(waiting.indexOf(entry), 1);
    local('busy', { key, command: null });
    if (!aside && !ack.ok && !asWanted(ack, state().runs[key])) complain(key, ack);
    return ack;
  }

  /** Send a start that can work, as the operator has chosen that runs go; resolves to the ack. */
  async function sendStart(profileId, type, message, only, aside) {
    const { attachments, detaching, rhythm } = state();
    const chosen = type === 'mail' ? itemsOf(attachments, profileId) : [];
    const extra = { message, ...(chosen.length > 0 && { attachments: chosen }), ...(detaching && { detached: true }), ...(only && { only }), ...rhythmFields(rhythm, only) };
    const ack = await command('startProcessing', profileId, type, extra, aside);
    if (ack.ok) local('runSends', { key: keyOf(profileId, type), message, startedAt: ack.startedAt });
    else if (ack.code === 'nothing_failed') local('unsentChanged', { profileId, type });
    return ack;
  }

  /** The text as the operator wants it; `how`: `{from, caret, clearing, composing}`, each optional. */
  function change(profileId, type, message, how = {}) {
    const key = keyOf(profileId, type);
    const said = state().notices[key];
    if (said && said.about !== 'draft') local('noticeGone', { key }); // it was about the text before
    const before = textOf(key);
    local('draftTyped', { profileId, type, message, caret: how.caret, from: how.from, clearing: how.clearing });
    if (!how.undoes) undo.note(key, before, textOf(key), how.composing);
    sending.push(profileId, type);
  }

  /** Undo or redo: returns what the box has then, `{message, caret}`, or null when there is nothing to do. */
  function goBack(which, profileId, type) {
    const key = keyOf(profileId, type);
    const done = undo[which](key, textOf(key));
    if (done !== null) change(profileId, type, done.message, { caret: done.caret, undoes: true });
    return done;
  }

  /** Ask who may have been messaged; what came of it goes to the list, not to the card. */
  async function ask(profileId, type, version) {
    local('uncertainAsked', { profileId, type });
    const found = new Map(); // by id: one may be on two pages
    let [ack, unseen] = [{}, 0];
    do {
      const first = ack.cursor === undefined;
      ack = await link.send('listUncertain', { profileId, type, ...(first ? {} : { cursor: ack.cursor }) });
      if (!ack.ok) break;
      for (const recipient of ack.recipients) found.set(recipient?.id, recipient);
      unseen = first ? ack.more : Math.max(0, unseen - ack.recipients.length);
    } while (ack.cursor !== undefined && found.size < UNCERTAIN_SHOWN_MAX);
    if (ack.ok) local('uncertainListed', { profileId, type, version, recipients: [...found.values()], more: unseen });
    else if (ack.retryable) setTimeout(() => local('uncertainUnheard', { profileId, type, version }), ASK_INTERVAL);
  }

  /** Ask who could not be messaged, page by page as far as it is to be seen; not again before a moment has passed. */
  async function askUnsent(profileId, type, { version, wanted }) {
    const about = { profileId, type };
    local('unsentAsked', about);
    setTimeout(() => local('unsentRested', about), ASK_INTERVAL);
    const recipients = [];
    let ack = {};
    do {
      ack = await link.send('listFailed', { ...about, ...(ack.cursor && { cursor: ack.cursor }) });
      if (ack.ok) recipients.push(...ack.recipients);
    } while (ack.ok && ack.cursor && recipients.length < wanted);
    if (ack.ok) local('unsentListed', { ...about, version, recipients, named: ack.named, unnamed: ack.unnamed });
    else if (ack.retryable) setTimeout(() => local('unsentUnheard', { ...about, version }), ASK_INTERVAL);
  }

  /** The lists of the open profile, and of the keys `also`; none while the server cannot be asked. */
  function seenKeys(also) {
    const { selected, device, syncing } = state();
    if (device === null || syncing || !link.connected()) return [];
    const open = selected === null ? [] : TYPES.map((type) => keyOf(selected, type));
    return [...new Set([...open, ...also])];
  }

  /** Put an earlier text into the box, on all devices; resolves to the ack. */
  const restoreVersion = (profileId, type, version) => sending.alone(profileId, type, () => restore(profileId, type, version));

  async function restore(profileId, type, version) {
    const key = keyOf(profileId, type);
    const { epoch } = state();
    const ack = await link.send('restoreVersion', { profileId, type, version });
    if (!ack.ok || epoch !== state().epoch) return ack;
    const before = textOf(key);
    local('clearedGone', { key, version });
    const data = { profileId, type, message: ack.message, deviceId: state().device?.id, revision: ack.revision, timestamp: Date.now(), restored: true };
    dispatch({ name: 'messageUpdated', data }); // the others are told by such an event
    undo.note(key, before, textOf(key));
    return ack;
  }

  return {
    flush: sending.flush,
    hasten: link.hasten,
    /** Another operator may be next: what this one typed is not theirs to bring back. */
    forget() {
      undo.forget();
      texts.forget();
    },

    /** Ask for the lists of the open profile, and of the keys `also`, that are not known to be as the server has them. */
    listUncertain(also = []) {
      const { uncertain } = state();
      for (const key of seenKeys(also)) {
        const { profileId, type } = partsOf(key);
        if (needsAsking(uncertain[key])) void ask(profileId, type, versionOf(uncertain[key]));
      }
    },

    /** The same of those who could not be messaged. */
    listUnsent(also = []) {
      const { unsent } = state();
      for (const key of seenKeys(also)) {
        const { profileId, type } = partsOf(key);
        if (needsUnsent(unsent[key])) void askUnsent(profileId, type, questionOf(unsent[key]));
      }
    },

    moreUnsent: (profileId, type) => local('unsentMore', { profileId, type }),

    /** Decide about one recipient who may have been messaged, or about all: `action` is 'resend' or 'leave'. */
    async resolveUncertain(profileId, type, action, recipientId) {
      const extra = recipientId === undefined ? { action } : { action, recipientId };
      const ack = await command('resolveUncertain', profileId, type, extra);
      if (ack.ok && ack.count === 0) local('uncertainChanged', { profileId, type }); // decided elsewhere meanwhile
    },

    /** The box has `message` now. `how`: `{from, composing}`, what it had before, and whether a letter is composed. */
    type: (profileId, type, message, how) => change(profileId, type, message, how),
    clearMessage: (profileId, type) => change(profileId, type, '', { clearing: link.joined() && !state().syncing }),
    undo: (profileId, type) => goBack('undo', profileId, type),
    redo: (profileId, type) => goBack('redo', profileId, type),

    /** The operator chose 'mine' or 'theirs' of two texts. */
    choose(profileId, type, keep) {
      if (!inConflict(state().drafts[keyOf(profileId, type)])) return;
      local('draftChosen', { profileId, type, keep });
      sending.push(profileId, type);
    },

    /** Text that an earlier page has left: take it, or forget it. */
    takeOffer(profileId, type, use) {
      const key = keyOf(profileId, type);
      const offer = state().offers[key]?.[0];
      if (!offer) return;
      local('offerGone', { key });
      if (use) change(profileId, type, offer.message);
    },

    /** The earlier texts of a draft, and one of them: each resolves to the ack. */
    listVersions: (profileId, type) => link.send('listVersions', { profileId, type }),
    readVersion: (profileId, type, version) => link.send('readVersion', { profileId, type, version }),

    restoreVersion,

    /** Take a clear back, which kept this version. */
    async takeBack(profileId, type, version) {
      const ack = await restoreVersion(profileId, type, version);
      if (!ack.ok) complain(keyOf(profileId, type), ack);
    },

    /** `items` go with the mails of a profile from now on, on all devices. */
    attach(profileId, items) {
      local('attach', { profileId, items });
      void sending.pushAttachments(profileId);
    },

    /** Start with `message`, the text that the operator sees; `only` 'failed': over those who could not be messaged. */
    start(profileId, type, message, only) {
      const key = keyOf(profileId, type);
      if (state().busy[key] === 'startProcessing') return;
      const text = startProblem(startOf(state(), profileId, type, message));
      if (text) local('notice', { key, tone: 'error', text, about: 'start' });
      else void sendStart(profileId, type, message, only);
    },

    /** One of many, of batch.js: `does` is 'start', 'stop', 'pause' or 'resume'. Resolves to the ack; its card says nothing of it. */
    async each(does, profileId, type, message) {
      const ack = await (does === 'start' ? sendStart(profileId, type, message, undefined, true) : command(`${does}Processing`, profileId, type, {}, true));
      return !ack.ok && asWanted(ack, state().runs[keyOf(profileId, type)]) ? { ...ack, ok: true } : ack;
    },

    /** Ask whom a start would message, as long as `wanted()`: resolves to an ack as of preview.js. */
    async preview(profileId, type, only, wanted) {
      if (only) return asPreview(await link.send('listFailed', { profileId, type }));
      let ack = await link.send('previewRun', { profileId, type }, PREVIEW_TIMEOUT);
      while (ack.code === 'too_many_previews' && wanted()) {
        await new Promise((resolve) => setTimeout(resolve, ASK_INTERVAL));
        ack = await link.send('previewRun', { profileId, type }, PREVIEW_TIMEOUT);
      }
      return ack;
    },

    readRuns: texts.read,

    /** The runs that are started here from now on go on without this device, or do not. */
    detach(on) {
      keepDetaching(on);
      local('detaching', { on });
    },

    /** Plan a run, `{message, startAt, latest}`, with what is attached and the rhythm that is chosen now; change one, by what is given: each resolves to the ack. */
    plan(profileId, type, wanted) {
      const { attachments, rhythm } = state();
      const chosen = type === 'mail' ? itemsOf(attachments, profileId) : [];
      const extra = { ...(chosen.length > 0 && { attachments: chosen }), ...rhythmFields(rhythm) };
      return link.send('planRun', { profileId, type, ...wanted, ...extra });
    },
    changePlan: (profileId, type, planId, wanted) => link.send('changePlan', { profileId, type, planId, ...wanted }),
    cancelPlan: (profileId, type, planId) => void command('cancelPlan', profileId, type, { planId }),

    /** The runs that are started here from now on go so. */
    keepTime(rhythm) {
      keepRhythm(rhythm);
      local('rhythm', { rhythm });
    },

    takeOver: (profileId, type) => void command('takeOverProcessing', profileId, type),
    stop: (profileId, type) => void command('stopProcessing', profileId, type),
    pause: (profileId, type) => void command('pauseProcessing', profileId, type),
    resume: (profileId, type) => void command('resumeProcessing', profileId, type),
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
