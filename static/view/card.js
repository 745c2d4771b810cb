// One card: the message of one type, what can be done with it, and the run. The textarea lives as long as the page;
// only its text changes, with the caret kept where the operator has it.

import { asTyped, moveCaret } from '../caret.js';
import { inConflict } from '../drafts.js';
import { keyOf } from '../keys.js';
import { measure, tooLongToSync } from '../limits.js';
import { isOwn, remark, startProblem, statistics, statusLine } from '../status.js';
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
  if (draft?.dirty) return draft.pending > 0 ? 'Saving…' : 'Not saved yet';
  if (!draft) return '';
  if (draft.deviceId === me) return draft.message ? 'Saved on all devices' : '';
  return draft.message ? 'Typed on another device' : 'Cleared on another device';
}

/** The colour of a run: its status, told apart by whose it is and whether that device is there. */
function tone(run, me) {
  if (!run) return 'idle';
  if (run.status === 'running' && run.waitingFor) return 'waiting';
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
  let composing = false;
  let last = [];

  area.addEventListener('input', () => commands.type(profileId, type, area.value));
  area.addEventListener('compositionstart', () => (composing = true));
  area.addEventListener('compositionend', () => (composing = false));
  parts.start.addEventListener('click', () => commands.start(profileId, type));
  parts.stop.addEventListener('click', () => {
    if (parts.stop.getAttribute('aria-disabled') !== 'true') commands.stop(profileId, type);
  });
  parts.clear.addEventListener('click', () => commands.clearMessage(profileId, type));
  parts['clear-blocklist'].addEventListener('click', () => confirmBlocklist(profile, type));
  parts.conflict.addEventListener('click', ({ target }) => {
    if (target.dataset.keep) commands.choose(profileId, type, target.dataset.keep);
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

  function showText(text, switched) {
    if (composing || area.value === text) return;
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
    const id = String(shownProfile.external_id);
    const key = keyOf(id, type);
    const [run, draft, notice, busy] = [state.runs[key], state.drafts[key], state.notices[key], state.busy[key]];
    const list = state.uncertain[key];
    const now = [shownProfile, run, draft, notice, busy, list, state.device, state.connection, state.attachments[id]];
    if (now.every((value, index) => value === last[index]) && last.length > 0) return;
    last = now;
    const switched = profileId !== id;
    profile = shownProfile;
    profileId = id;
    const me = state.device?.id ?? null;
    const message = asTyped(draft?.message ?? '');
    const connected = state.connection.status === 'connected';

    showText(message, switched);
    const { state: size, text } = measure(type, message);
    setText(parts.counter, text);
    parts.counter.dataset.size = message === '' ? 'empty' : size;
    setText(parts.origin, originWords(draft, me));
    setHidden(parts.conflict, !inConflict(draft));
    if (inConflict(draft)) setText($('blockquote', parts.conflict), draft.remote.message || '(empty)');
    setBlocked(parts.start, busy === 'startProcessing' || startProblem({ run, me, type, message, connected }) !== '');
    setBlocked(parts.stop, run?.status !== 'running' || busy === 'stopProcessing');
    setAttr(parts.start, 'aria-busy', busy === 'startProcessing' ? 'true' : null);
    setText(parts.notice, notice?.text ?? '');
    parts.notice.dataset.tone = notice?.tone ?? '';
    setAttr(parts.notice, 'title', notice?.hint || null);
    showRun(run, me);
    uncertain(list?.recipients, busy === 'resolveUncertain');
    chips(state.attachments[id] ?? NONE);
  }

  return { node, render };
}
