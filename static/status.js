// The words that an operator reads about a run. Pure functions of the run and of this device's id.

import { inConflict } from './drafts.js';
import { keyOf } from './keys.js';
import { lengthProblem, tooLongToSync } from './limits.js';
import { duration } from './times.js';

export const LOCKED = 'Another device is already processing this profile';
const AWAY = '📱 Reconnecting: the other device lost its connection, the run goes on';
const AGAIN = ', please try again';
/** How a notice about text begins that the server does not have. */
export const NOT_SAVED = 'Not saved yet: ';

const counts = ({ current, total }) => (total > 0 ? ` (${current}/${total})` : '');

/** Who acted last on the run, seen from this device: the one that stopped it, else the one that runs it. */
export function isOwn(run, me) {
  const actor = run.status === 'stopped' && run.stoppedBy ? run.stoppedBy : run.deviceId;
  return actor !== null && actor === me;
}

/** Whether a run came to its end and messaged nobody: that is not shown as a success. */
export const inVain = (run) => run?.status === 'completed' && run.sent === 0;

/** The status line of a run, in the contract's exact words; `run` may be undefined. */
export function statusLine(run, me) {
  if (!run) return 'Not running';
  const own = isOwn(run, me);
  switch (run.status) {
    case 'running':
      if (run.away && !own) return AWAY;
      if (own) return `🔄 Processing...${counts(run)}`;
      if (run.total > 0) return `📱 Processing on another device...${counts(run)}`;
      return '📱 Processing started on another device...';
    case 'completed':
      return own ? `✅ Completed${counts(run)}` : `✅ Completed on another device${counts(run)}`;
    case 'stopped':
      return own ? '⏹️ Stopped' : '⏹️ Stopped on another device';
    case 'interrupted':
      return run.reason ? `⚠️ Interrupted: ${run.reason}` : '⚠️ Interrupted';
    default:
      return run.status;
  }
}

/** The few letters of the overview: `{tone, text, label}`, or null when there is nothing to show. */
export function badge(run, me, type) {
  if (!run) return null;
  const name = type === 'chat' ? 'Chat' : 'Mail';
  const label = `${name}: ${statusLine(run, me)}`;
  if (run.status === 'running' && run.waitingFor) {
    return { tone: 'warn', text: `${name} waits for you`, label: `${label}. ${run.message}` };
  }
  const of = run.total > 0 ? ` ${run.current}/${run.total}` : '';
  switch (run.status) {
    case 'running':
      if (run.away && !isOwn(run, me)) return { tone: 'warn', text: `${name} reconnecting`, label };
      return { tone: isOwn(run, me) ? 'own' : 'other', text: `${name}${of || ' …'}`, label };
    case 'completed':
      if (inVain(run)) return { tone: run.failed > 0 ? 'warn' : 'quiet', text: `${name}: 0 sent`, label };
      return { tone: 'done', text: `${name} done`, label };
    case 'stopped':
      return { tone: 'quiet', text: `${name} stopped`, label };
    default:
      return { tone: 'warn', text: `${name} interrupted`, label };
  }
}

/** What the overview says of text that waits for the operator to see to it; empty when there is none. */
export function textMark(draft, offer) {
  if (inConflict(draft)) return 'two texts';
  if (draft?.dirty && tooLongToSync(draft.message)) return 'unsaved text';
  return offer && offer.message !== (draft?.message ?? '') ? 'unsaved text' : '';
}

/** The statistics of a run as one line, e.g. "8 sent · 1 skipped · 0 failed · took 12 s". */
export function statistics(run) {
  if (!run) return '';
  const parts = [`${run.sent} sent`, `${run.skipped} skipped`, `${run.failed} failed`];
  if (run.uncertain > 0) parts.push(`${run.uncertain} uncertain`);
  const took = run.duration ?? (run.endedAt !== null && run.startedAt !== null ? run.endedAt - run.startedAt : null);
  if (took !== null && run.status !== 'running') parts.push(`took ${duration(took)}`);
  return parts.join(' · ');
}

/** The line of text that came with the run, unless the status line already says it. */
export function remark(run) {
  if (!run || run.status === 'completed') return '';
  if (run.error) return run.message ? `${run.message} — ${run.error}` : run.error;
  const said = run.status === 'interrupted' ? run.reason : run.status === 'stopped' ? 'Stopped' : '';
  return run.message === said ? '' : run.message;
}

const NO_ANSWER = 'the storage does not answer';

/** In place of what is meant for programs: names of events and fields, a validator's sentence. */
const PLAIN = Object.freeze({
  not_registered: `Not connected yet${AGAIN}`,
  invalid_payload: 'The server did not take this: reload the page and try again',
  unknown_event: 'The server does not know how to do this: reload the page and try again',
  internal_error: 'Something is wrong on the server: try again in a moment',
  sign_in_again: 'Sign in again to go on',
  unknown_outcome: `Not known yet whether this was done: ${NO_ANSWER}. If it was, it shows here once it does`,
  unknown_profile: 'The backend does not list this profile: reload the page to see which there are',
});

/** A refused command in words: `ack` is `{code, message, retryable}`. */
export function refusal({ code, message, retryable }) {
  if (Object.hasOwn(PLAIN, code)) return PLAIN[code];
  return retryable && !/please/i.test(message) ? `${message}${AGAIN}` : message;
}

/** The same for text that the console sends again by itself. */
export function notSaved(ack) {
  if (ack.code === 'unknown_outcome') return `${NOT_SAVED}${NO_ANSWER}, trying again`;
  const words = refusal(ack);
  return `${NOT_SAVED}${words.endsWith(AGAIN) ? `${words.slice(0, -AGAIN.length)}, trying again` : words}`;
}

/** What a start depends on, for a card that shows `message`. */
export function startOf({ runs, drafts, device, connection }, profileId, type, message) {
  const key = keyOf(profileId, type);
  const connected = connection.status === 'connected';
  return { run: runs[key], me: device?.id ?? null, type, message, connected, conflict: inConflict(drafts[key]) };
}

/** Why a run cannot be started now, as a sentence; empty when it can. */
export function startProblem({ run, me, type, message, connected, conflict }) {
  if (!connected) return 'Not connected: wait for the connection to come back';
  if (run?.status === 'running') {
    return isOwn(run, me) ? 'This device is already processing this profile' : LOCKED;
  }
  if (conflict) return 'Two texts differ: choose first which one stays';
  if (message !== '' && message.trim() === '') return 'The message is only blank space: write something';
  return lengthProblem(type, message);
}

/** What a card has to say: a reason why there is no start is over when it is, or is another one. */
export function noticeOf(notice, start) {
  if (notice?.about !== 'start') return notice;
  const text = startProblem(start);
  if (text === '') return undefined;
  const healthy = start.connected && start.run?.status === 'running' && isOwn(start.run, start.me);
  return { ...notice, text, tone: healthy ? 'info' : 'error' };
}

const CONNECTION = Object.freeze({
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  offline: 'Offline',
  superseded: 'In use elsewhere',
});

/** The state of the connection in words. */
export const connectionWords = (status) => CONNECTION[status] ?? status;
