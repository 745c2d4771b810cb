// What became of the people of a run, for the bar, the words under it and the next start. Pure functions of a run of
// runs.js.

/** In the order of the bar; who is none of these is still to come. */
export const PARTS = Object.freeze(['sent', 'skipped', 'failed', 'uncertain']);

/** Whether a run came to its end and messaged nobody: that is not shown as a success. */
export const inVain = (run) => run?.status === 'completed' && run.sent === 0;

/** How many people became each of `PARTS`, and how many are `left`; null before the number of people is known. */
export function sharesOf(run) {
  if (!run || run.total <= 0) return null;
  const shares = Object.fromEntries(PARTS.map((part) => [part, run[part]]));
  const done = PARTS.reduce((sum, part) => sum + run[part], 0);
  return { ...shares, left: Math.max(0, run.total - done) };
}

/**
 * How many people a new start would message, as far as the last run tells: those it did not come to and those it could
 * not message. Null where it does not tell, or where there are none.
 */
export function leftOf(run) {
  if (!run || run.status === 'running' || run.uncertain > 0 || !run.followed || run.only) return null;
  const shares = sharesOf(run);
  return shares === null ? null : shares.left + shares.failed || null;
}

/** How long a run took in ms; null while it goes on, or where nobody can tell. */
export function tookOf(run) {
  if (!run || run.status === 'running') return null;
  if (run.duration !== null) return run.duration;
  return run.endedAt !== null && run.startedAt !== null ? run.endedAt - run.startedAt : null;
}
