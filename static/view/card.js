// One card: the message of one type, what can be done with it, and the run. The textarea lives as long as the page;
// only its text changes, with the caret kept where the operator has it.

import { asTyped, moveCaret } from '../caret.js';
import { inConflict } from '../drafts.js';
import { keyOf } from '../keys.js';
import { measure, tooLongToSync } from '../limits.js';
import { inVain, isOwn, noticeOf, remark, startOf, startProblem, statistics, statusLine } from '../status.js';
import { day } from '../times.js';
import { createChips } from './attachments.js';
import { $, clone, setAttr, setBlocked, setHidden, setText } from './dom.js';
import { createUncertain } from './uncertain.js';

const NAMES = { chat: 'Chat', mail: 'Mail' };
const NONE = [];

/** Give the parts of a card their names, labels and test hooks. */
function prepare(type) {
  const node = clone('message-card');
  const parts = {
    'chat-text': 'textarea',
    'chat-counter': '.counter',
    'chat-start': '.start',
    'chat-stop': '.stop',
    'chat-clear': '.clear',
    'chat-clear-blocklist': '.clear-blocklist',
    'chat-notice': '.notice',
    'chat-conflict': '.conflict',
    'chat-offer': '.offer',
    'chat-origin': '.origin',
    'chat-status': '.status',
    'chat-progress': '.progress',
    'chat-detail': '.detail',
  };
  const found = {};
  for (const [hook, selector] of Object.entries(parts)) {
    const part = $(selector, node);
    part.dataset.testid = hook.replace('chat', type);
    found[hook.slice('chat-'.length)] = part;
  }
  node.dataset.testid = `card-${type}`;
  node.dataset.type = type;
  node.setAttribute('aria-label', NAMES[type]);
  $('h2 use', node).setAttribute('href', `#i-${type}`);
  setText($('h2 span', node), NAMES[type]);
  setText($('.start span', node), `Start ${type}`);
  setText($('label', node), `${NAMES[type]} message`);
  found.text.id = `${type}-text`;
  found.counter.id = `${type}-counter`;
  $('label', node).htmlFor = found.text.id;
  found.text.setAttribute('aria-describedby', found.counter.id);
  found.text.placeholder = type === 'chat' ? 'What should everyone read?' : 'Write a mail of at least 150 characters';
  found.progress.setAttribute('aria-label', `${NAMES[type]} progress`);
  return { node, parts: found };
}

function originWords(draft, me) {
  if (draft?.dirty && tooLongToSync(draft.message)) return 'Too long to sync: only on this device';
  if (inConflict(draft)) return 'Not saved: there are two texts';
  if (draft?.dirty) return draft.pending > 0 ? 'Saving…' : 'Not saved yet';
  if (!draft) return '';
  if (draft.deviceId === me) return draft.message ? 'Saved on all devices' : '';
  return draft.message ? 'Typed on another device' : 'Cleared on another device';
}

/** The colour of a run: its status, told apart by whose it is and whether that device is there. */
function tone(run, me) {
  if (!run) return 'idle';
  if (run.status === 'running' && run.waitingFor) return 'waiting';
  if (inVain(run)) return run.failed > 0 ? 'failed' : 'nobody';
  if (run.status !== 'running' || isOwn(run, me)) return run.status;
  return run.away ? 'away' : 'other';
}

/**
 * `actions`: `{commands, confirmBlocklist(profile, type), pick(profile), detach(profileId, id)}`.
 * Returns `{node, render(state, profile)}`.
 */
export function createCard(type, { commands, confirmBlocklist, pick, detach }) {
  const { node, parts } = prepare(type);
  const area = parts.text;
  let profile = null;
  let profileId = null;
  let composing = null; // the profile for which a letter is being composed
  let last = [];
  let shown = ''; // the text that the state is known to have

  area.addEventListener('input', () => {
    shown = area.value;
    commands.type(profileId, type, shown);
  });
  area.addEventListener('compositionstart', () => {
    composing = profileId;
    commands.hold(profileId, type);
  });
  area.addEventListener('compositionend', composed);
  parts.start.addEventListener('click', ({ detail }) => {
    if (detail > 1) return; // the rest of a double click
    finishLetter();
    commands.start(profileId, type, area.value);
  });
  parts.stop.addEventListener('click', ({ detail }) => {
    if (detail < 2 && parts.stop.getAttribute('aria-disabled') !== 'true') commands.stop(profileId, type);
  });
  parts.clear.addEventListener('click', () => {
    finishLetter();
    commands.clearMessage(profileId, type);
  });
  parts['clear-blocklist'].addEventListener('click', () => confirmBlocklist(profile, type));
  parts.conflict.addEventListener('click', ({ target }) => {
    if (target.dataset.keep) commands.choose(profileId, type, target.dataset.keep);
  });
  parts.offer.addEventListener('click', ({ target }) => {
    const { offer } = target.dataset;
    if (!offer) return;
    finishLetter();
    commands.takeOffer(profileId, type, offer === 'use');
    area.focus(); // the pressed button is gone
  });
  const chips = withAttachments();
  const uncertain = createUncertain(node, type, (action, recipientId) =>
    commands.resolveUncertain(profileId, type, action, recipientId),
  );

  /** Only a mail takes attachments. */
  function withAttachments() {
    if (type !== 'mail') {
      $('.attach', node).remove();
      return () => {};
    }
    $('[data-testid="attach"]', node).addEventListener('click', () => pick(profile));
    return createChips(node, (id) => detach(profileId, id));
  }

  /** What is being composed counts as it stands there. */
  function finishLetter() {
    if (composing !== null) area.blur();
  }

  /** Not every browser tells of the last letter before this. */
  function composed() {
    if (composing === null) return;
    const id = composing;
    composing = null;
    if (area.value !== shown) commands.type(id, type, area.value);
    commands.release(id, type);
  }

  function showOffer(offer, message) {
    const hidden = !offer || offer.message === message;
    setHidden(parts.offer, hidden);
    if (hidden) return;
    setText($('p', parts.offer), `Typed here on ${day(offer.at)} and never saved:`);
    setText($('blockquote', parts.offer), offer.message);
  }

  function showText(text, switched) {
    shown = text;
    if (composing !== null || area.value === text) return;
    if (switched || document.activeElement !== area) {
      area.value = text;
      return;
    }
    const { value, selectionStart, selectionEnd, scrollTop } = area;
    area.value = text;
    area.setSelectionRange(moveCaret(value, text, selectionStart), moveCaret(value, text, selectionEnd));
    area.scrollTop = scrollTop;
  }

  function showRun(run, me) {
    setText(parts.status, statusLine(run, me));
    parts.status.dataset.tone = tone(run, me);
    setHidden(parts.progress, !run);
    const known = run?.total > 0;
    const share = known ? Math.min(1, run.current / run.total) : 0;
    parts.progress.dataset.tone = parts.status.dataset.tone;
    parts.progress.dataset.unknown = String(run?.status === 'running' && !known);
    setAttr(parts.progress, 'aria-valuemax', known ? run.total : null);
    setAttr(parts.progress, 'aria-valuenow', known ? run.current : null);
    setAttr(parts.progress, 'aria-valuetext', known ? `${run.current} of ${run.total}` : null);
    $('i', parts.progress).style.transform = `scaleX(${share})`;
    setText($('.remark', parts.detail), remark(run));
    setText($('.stats', parts.detail), statistics(run));
    setText($('.note', parts.detail), run?.note ?? '');
  }

  function render(state, shownProfile) {
    const id = shownProfile.external_id;
    const key = keyOf(id, type);
    const [run, draft, notice, busy] = [state.runs[key], state.drafts[key], state.notices[key], state.busy[key]];
    const [list, offers] = [state.uncertain[key], state.offers[key]];
    const now = [shownProfile, run, draft, notice, busy, list, offers, state.device, state.connection, state.attachments[id]];
    if (now.every((value, index) => value === last[index]) && last.length > 0) return;
    last = now;
    const switched = profileId !== id;
    if (switched && composing !== null) {
      area.blur();
      composed(); // of the profile that goes
    }
    profile = shownProfile;
    profileId = id;
    const me = state.device?.id ?? null;
    const message = asTyped(draft?.message ?? '');
    const start = startOf(state, id, type, message);
    const said = noticeOf(notice, start);

    showText(message, switched);
    const { state: size, text } = measure(type, message);
    setText(parts.counter, text);
    parts.counter.dataset.size = message === '' ? 'empty' : size;
    setText(parts.origin, originWords(draft, me));
    setHidden(parts.conflict, !inConflict(draft));
    showOffer(offers?.[0], message);
    if (inConflict(draft)) setText($('blockquote', parts.conflict), draft.remote.message || '(empty)');
    setBlocked(parts.start, busy === 'startProcessing' || startProblem(start) !== '');
    setBlocked(parts.stop, run?.status !== 'running' || busy === 'stopProcessing');
    setAttr(parts.start, 'aria-busy', busy === 'startProcessing' ? 'true' : null);
    setText(parts.notice, said?.text ?? '');
    parts.notice.dataset.tone = said?.tone ?? '';
    setAttr(parts.notice, 'title', said?.hint || null);
    showRun(run, me);
    uncertain(list?.recipients, list?.more, busy === 'resolveUncertain');
    chips(state.attachments[id] ?? NONE);
  }

  return { node, render };
}
