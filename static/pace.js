// How fast a run goes and how long it will take, by the times that the server gives its steps: this device's clock may
// be wrong. Pure.
//
// The steps of a run: {from, middle, to}, each {at, current}. Between `from` and `to` are one to two spans, so that the
// last minute counts: a run that waited for its backend is soon judged by what it does now.

const SPAN = 30_000; // ms: short enough to follow a change, long enough not to jump with each recipient
const KNOWN_AFTER = 1_000; // ms from the first step on; before that a pace is a guess

/** The steps after one more; `steps` is null before the first. `at` is ms since the epoch, by the server's clock. */
export function stepped(steps, at, current) {
  if (!Number.isFinite(at) || !Number.isFinite(current)) return steps;
  const to = { at, current };
  if (steps === null || current < steps.to.current || at < steps.to.at) return { from: to, middle: to, to };
  const { from, middle } = steps;
  return at - middle.at < SPAN ? { from, middle, to } : { from: middle, middle: to, to };
}

/** `{perSecond, left}` of a run that goes on, `left` in ms; null while nobody can tell. */
export function paceOf({ status, waitingFor, waitUntil, paused, nextCycleAt, steps, current, total }) {
  if (status !== 'running' || waitingFor || waitUntil || paused || nextCycleAt || !steps || total <= 0) return null;
  const [ms, people] = [steps.to.at - steps.from.at, steps.to.current - steps.from.current];
  if (ms < KNOWN_AFTER || people <= 0) return null;
  return { perSecond: (people * 1000) / ms, left: (Math.max(0, total - current) * ms) / people };
}
