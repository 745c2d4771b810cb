// The run of a card: its status, how far it is, and what became of the people.

import { inVain, isOwn, remark, statistics, statusLine } from '../status.js';
import { words } from '../words.js';
import { $, setAttr, setHidden, setText } from './dom.js';

/** The colour of a run: its status, told apart by whose it is and whether that device is there. */
function tone(run, me) {
  if (!run) return 'idle';
  if (run.status === 'running' && run.waitingFor) return 'waiting';
  if (inVain(run)) return run.failed > 0 ? 'failed' : 'nobody';
  if (run.status !== 'running' || isOwn(run, me)) return run.status;
  return run.away ? 'away' : 'other';
}

/** `parts` are those of card.js. Returns `render(run, me)`. */
export function createRun(parts) {
  return (run, me) => {
    setText(parts.status, statusLine(run, me));
    parts.status.dataset.tone = tone(run, me);
    setHidden(parts.progress, !run);
    const known = run?.total > 0;
    const share = known ? Math.min(1, run.current / run.total) : 0;
    parts.progress.dataset.tone = parts.status.dataset.tone;
    parts.progress.dataset.unknown = String(run?.status === 'running' && !known);
    setAttr(parts.progress, 'aria-valuemax', known ? run.total : null);
    setAttr(parts.progress, 'aria-valuenow', known ? run.current : null);
    setAttr(parts.progress, 'aria-valuetext', known ? words.card.progressValue(run.current, run.total) : null);
    $('i', parts.progress).style.transform = `scaleX(${share})`;
    setText($('.remark', parts.detail), remark(run));
    setText($('.stats', parts.detail), statistics(run));
    setText($('.note', parts.detail), run?.note ?? '');
  };
}
