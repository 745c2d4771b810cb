// A run as a ring round a picture: how far it is, and its colour. Pure.

import { isOwn } from './status.js';

const BEGUN = 6; // of 100: what a run shows whose number of recipients is not known yet

/** What a run means to whoever looks: 'own', 'other', 'done', 'warn', 'bad' or 'quiet'; `uncertain` is how many still are. */
export function toneOf(run, me, uncertain = run.uncertain) {
  const { status, waitingFor, paused, away, sent, failed } = run;
  if (status === 'running') {
    if (waitingFor) return 'warn';
    if (paused) return 'quiet';
    if (isOwn(run, me)) return 'own';
    return away ? 'warn' : 'other';
  }
  if (status === 'interrupted') return 'warn';
  if (sent === 0 && failed > 0) return 'bad';
  if (failed + uncertain > 0) return 'warn';
  return status === 'completed' && sent > 0 ? 'done' : 'quiet';
}

/** `{share, tone}`, the share in whole per cent; null without a run. */
export function ringOf(run, me, uncertain) {
  if (!run) return null;
  const { status, current, total } = run;
  const known = total > 0 ? Math.round((100 * Math.min(current, total)) / total) : status === 'completed' ? 100 : BEGUN;
  return { share: status === 'running' ? Math.max(known, BEGUN) : known, tone: toneOf(run, me, uncertain) };
}
