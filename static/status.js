// The words that an operator reads about a run. Pure functions of the run and of this device's id.

import { inConflict, isTooLong } from './drafts.js';
import { keyOf } from './keys.js';
import { lengthProblem, measure } from './limits.js';
import { inVain, PARTS, tookOf } from './outcome.js';
import { COMMANDS, may } from './rights.js';
import { clock, duration, exact, moment, roughly, when } from './times.js';
import { words } from './words.js';

const { fixed } = words;
const AGAIN = words.refusal.again('');
const counts = ({ current, total }) => (total > 0 ? words.run.counts(current, total) : '');

/** Who acted last on the run, seen from this device: the one that stopped it, else the one that runs it. */
export function isOwn(run, me) {
  const actor = run.status === 'stopped' && run.stoppedBy ? run.stoppedBy : run.deviceId;
  return actor !== null && actor === me;
}

/** The status line of a run, in the contract's exact words; `run` may be undefined. */
export function statusLine(run, me) {
  if (!run) return words.run.none;
  const own = isOwn(run, me);
  switch (run.status) {
    case 'running':
      if (run.paused) return words.run.paused(counts(run));
      if (run.nextCycleAt) return words.run.rests(clock(run.nextCycleAt));
      if (run.away && !own) return words.run.away;
      if (own) return fixed.running(counts(run));
      return run.total > 0 ? fixed.runningElsewhere(counts(run)) : fixed.startedElsewhere;
    case 'completed':
      return own ? fixed.completed(counts(run)) : fixed.completedElsewhere(counts(run));
    case 'stopped':
      return own ? fixed.stopped : fixed.stoppedElsewhere;
    case 'interrupted':
      return fixed.interrupted(run.reason);
    default:
      return run.status;
  }
}

/** The colour of a run: its status, told apart by whose it is and whether that device is there. */
export function toneOf(run, me) {
  if (!run) return 'idle';
  if (run.status === 'running' && run.waitingFor) return 'waiting';
  if (run.paused) return 'paused';
  if (run.nextCycleAt) return 'rests';
  if (inVain(run)) return run.failed > 0 ? 'failed' : 'nobody';
  if (run.status !== 'running' || isOwn(run, me)) return run.status;
  return run.away ? 'away' : 'other';
}

/** What the overview says of text that waits for the operator to see to it; empty when there is none. */
export function textMark(draft, offer) {
  if (inConflict(draft)) return words.list.twoTexts;
  if (isTooLong(draft)) return words.list.unsavedText;
  return offer && offer.message !== (draft?.message ?? '') ? words.list.unsavedText : '';
}

/** What became of the people of a run, `[{part, text}]`: who was messaged always, of the others those that there are. */
export function statistics(run) {
  if (!run) return [];
  return PARTS.filter((part) => part === 'sent' || run[part] > 0).map((part) => ({ part, text: words.run[part](run[part]) }));
}

/** When a run began and ended and how long it took, as far as is known: `{text, hint}`, the exact times as a hint. */
export function timesOf(run, now = Date.now()) {
  const { started, took, ended } = words.run;
  const ms = tookOf(run);
  const [from, to] = [run?.startedAt ?? null, ms === null ? null : run.endedAt];
  const brief = from !== null && to !== null && to - from < 60_000; // its end says nothing new
  return {
    text: words.join([from === null ? '' : started(when(from, now)), ms === null ? '' : took(duration(ms)), to === null || brief ? '' : ended(when(to, now))]),
    hint: words.join([from === null ? '' : started(exact(from)), to === null ? '' : ended(exact(to))]),
  };
}

/** Which cycle a run is in and what it chose, as far as it is not like any other. */
export function rhythmOf({ cycle, totals, every, interval }) {
  const { run } = words;
  return words.join([
    cycle > 0 ? run.cycle(cycle) : '',
    cycle > 1 && totals ? run.sentInAll(totals.sent) : '',
    every > 0 ? run.every(roughly(every * 1000)) : '',
    interval > 0 ? run.spaced(roughly(interval * 1000)) : '',
  ]);
}

/** The line of text that came with the run, unless the status line already says it. */
export function remark(run) {
  if (!run || run.status === 'completed') return '';
  if (run.error) return run.message ? words.run.withError(run.message, run.error) : run.error;
  if (run.waitUntil) return ''; // the same is counted down
  if (run.nextCycleAt) return run.paused ? words.run.restsPaused(moment(run.nextCycleAt)) : ''; // the status line says it else
  const said = { interrupted: run.reason, stopped: fixed.stoppedMessage }[run.status] ?? (run.paused ? fixed.pausedMessage : '');
  return run.message === said ? '' : run.message;
}

/** What a refusal says, `{text, open}`; open: it does not say by itself that one can try again. */
function plainly({ code, message, retryable }) {
  const { plain, notRegistered } = words.refusal;
  if (code === 'not_registered') return { text: notRegistered, open: true };
  if (Object.hasOwn(plain, code)) return { text: plain[code], open: false };
  if (retryable && message.endsWith(AGAIN)) return { text: message.slice(0, -AGAIN.length), open: true };
  return { text: message, open: retryable && !/please/i.test(message) };
}

/** A refused command in words: `ack` is `{code, message, retryable}`. */
export function refusal(ack) {
  const { text, open } = plainly(ack);
  return open ? words.refusal.again(text) : text;
}

/** The same for text that the console sends again by itself. */
export function notSaved(ack) {
  const { text, open } = ack.code === 'unknown_outcome' ? { text: words.refusal.storage, open: true } : plainly(ack);
  return words.refusal.notSaved(open ? words.refusal.trying(text) : text);
}

/** What a start depends on, for a card that shows `message`. */
export function startOf({ runs, drafts, device, connection, who }, profileId, type, message) {
  const key = keyOf(profileId, type);
  const connected = connection.status === 'connected';
  return { run: runs[key], me: device?.id ?? null, type, message, connected, conflict: inConflict(drafts[key]), looks: !may(who, COMMANDS.startProcessing) };
}

/** Why a run cannot be started now, as a sentence; empty when it can. */
export function startProblem({ run, me, type, message, connected, conflict, looks }) {
  if (looks) return words.rights.viewer;
  if (!connected) return words.run.offline;
  if (run?.status === 'running') {
    return isOwn(run, me) ? words.run.ownRuns : fixed.locked;
  }
  if (conflict) return words.run.twoTexts;
  if (message !== '' && message.trim() === '') return words.run.blank;
  return lengthProblem(type, message);
}

/** The same in few words, for the button; empty also where another run goes on, which the button stops. */
export function startWhy(start) {
  const { run, type, message, connected, conflict, looks } = start;
  if (looks) return words.rights.viewer;
  if (!connected) return words.why.offline;
  if (run?.status === 'running') return '';
  if (conflict) return words.why.twoTexts;
  if (message === '') return words.why.empty;
  if (message.trim() === '') return words.why.blank;
  const { state, by } = measure(type, message);
  return state === 'ok' ? '' : words.why[state](by);
}

/** What a card has to say: a reason why there is no start is over when it is, or is another one. */
export function noticeOf(notice, start) {
  if (notice?.about !== 'start') return notice;
  const text = startProblem(start);
  if (text === '') return undefined;
  const healthy = start.connected && start.run?.status === 'running' && isOwn(start.run, start.me);
  return { ...notice, text, tone: healthy ? 'info' : 'error' };
}

/** The state of the connection in words. */
export const connectionWords = (status) => words.connection[status] ?? status;
