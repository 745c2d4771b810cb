// The run of a card: its status, how far it is and how long it will take, and what became of the people.

import { knownName } from '../devices.js';
import { icon } from '../icons.js';
import { PARTS, sharesOf } from '../outcome.js';
import { paceOf } from '../pace.js';
import { isOwn, remark, rhythmOf, statistics, statusLine, timesOf, toneOf } from '../status.js';
import { countdown, pace, roughly } from '../times.js';
import { words } from '../words.js';
import { $, element, setAttr, setHidden, setText } from './dom.js';

const WAKE_INTERVAL = 5_000; // ms

/** The drawing of a status, in place of the sign that its words begin with. */
const DRAWINGS = {
  running: 'activity',
  rests: 'again',
  other: 'device',
  waiting: 'clock',
  paused: 'pause',
  away: 'warn',
  completed: 'check',
  nobody: 'check',
  failed: 'warn',
  stopped: 'stop',
  interrupted: 'warn',
};

/** The sign that the contract's words begin with, and the rest of them. */
const SIGNED = /^([^\p{L}\p{N}]+ )?(.*)$/su;

/** The parts of a line, with a dot between them. */
const dotted = (parts) => parts.flatMap((part, index) => (index === 0 ? [part] : [words.dot, part]));

/** `parts` are those of card.js. Returns `render(state, run)`. */
export function createRun(parts) {
  const [sign, says] = parts.status.children;
  const box = parts.status.closest('.run');
  const segments = PARTS.map((part) => $(part === 'uncertain' ? '.uncertain-part' : `.${part}`, parts.progress));
  const [stats, times] = [$('.stats', parts.detail), $('.times', parts.detail)];
  let shown = '';
  let drawn = null; // the drawing of the status
  let wait = { until: null, endsAt: 0 }; // the one that is shown, and when it ends by the clock of this page
  let waking = null; // the time left of a wait is said anew

  function showStatus(run, me, tone) {
    const [, glyph = '', rest] = SIGNED.exec(statusLine(run, me));
    setText(sign, glyph);
    setText(says, rest);
    if (parts.status.dataset.tone === tone) return;
    parts.status.dataset.tone = tone;
    box.dataset.tone = tone;
    drawn?.remove(); // a new one: what a `use` shows keeps the colour that it had
    drawn = DRAWINGS[tone] ? icon(DRAWINGS[tone]) : null;
    drawn?.setAttribute('data-tone', tone);
    if (drawn) parts.status.before(drawn);
  }

  function showBar(run, tone, told) {
    const shares = sharesOf(run);
    const known = shares !== null;
    setHidden(parts.progress, !run);
    parts.progress.dataset.tone = tone;
    parts.progress.dataset.unknown = String(run?.status === 'running' && !known);
    setAttr(parts.progress, 'aria-valuemax', known ? run.total : null);
    setAttr(parts.progress, 'aria-valuenow', known ? run.current : null);
    setAttr(parts.progress, 'aria-valuetext', known ? words.card.progressValue(run.current, run.total, told) : null);
    segments.forEach((segment, index) => {
      const number = known ? shares[PARTS[index]] : 0;
      setHidden(segment, number === 0);
      segment.style.flexGrow = String(number);
    });
    parts.progress.style.setProperty('--left', String(known ? shares.left : 1));
  }

  function showStatistics(run, found, told) {
    if (shown === told) return;
    shown = told;
    stats.replaceChildren(...dotted(found.map(({ part, text }) => element('span', 'stat', text, { 'data-part': part }))));
  }

  /** How long the backend has asked it to wait, each second. */
  function showWait(run) {
    if (wait.until !== run.waitUntil) wait = { until: run.waitUntil, endsAt: performance.now() + (run.waitLeft ?? 0) };
    const left = wait.endsAt - performance.now();
    setText(parts.pace, left > 0 ? words.run.waits(countdown(left)) : words.run.waitsNoMore);
    if (left > 0) waking = setTimeout(() => showWait(run), left % 1000 || 1000);
  }

  /** How fast it goes and how long it takes, or how long it waits for its next cycle. */
  function showPace(run) {
    clearTimeout(waking);
    if (run?.status === 'running' && run.waitUntil) {
      showWait(run);
      return;
    }
    if (run?.status === 'running' && run.nextCycleAt && !run.paused) {
      const left = run.nextCycleAt - Date.now();
      setText(parts.pace, left > 0 ? words.run.restsFor(roughly(left)) : words.run.restsNoMore);
      if (left > 0) waking = setTimeout(() => showPace(run), Math.min(left, WAKE_INTERVAL));
      return;
    }
    const speed = run ? paceOf(run) : null;
    setText(parts.pace, speed === null ? '' : words.run.pace(roughly(speed.left), pace(speed.perSecond)));
  }

  return (state, run) => {
    const me = state.device?.id ?? null;
    const tone = toneOf(run, me);
    const found = statistics(run);
    const told = words.join(found.map(({ text }) => text));
    showStatus(run, me, tone);
    showBar(run, tone, told);
    showStatistics(run, found, told);
    showPace(run);
    setText($('.remark', parts.detail), remark(run));
    setText($('.note', parts.detail), run?.note ?? '');
    const { text, hint } = timesOf(run);
    const elsewhere = run?.status === 'running' && !isOwn(run, me) ? knownName(state, run.deviceId) : '';
    setText(times, words.join([elsewhere, run?.detached ? words.run.detached : '', run ? rhythmOf(run) : '', text]));
    setAttr(times, 'title', hint || null);
  };
}
