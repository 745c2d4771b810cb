// Runs that are to start later, and what server events do to them. Pure: (plans, name, data) -> plans.
//
// They are kept by key, the earliest first: {planId, operatorId, startAt, latest, message, waitingFor, every, interval}; times are ms
// since the epoch, latest is ms after startAt; waitingFor is '' before its time, and else what keeps it; every and
// interval are those of runs.js.

import { keyFrom } from './keys.js';

/** ms after its time until which a plan may start: what can be chosen, the usual one first. */
export const LATEST = Object.freeze([3_600_000, 600_000, 14_400_000, 86_400_000]);
/** ms that a plan is ahead at most. */
export const AHEAD_MAX = 30 * 86_400_000;

const HOUR = 3_600_000;
const SOONEST = 600_000; // ms: what is offered is not over by the time it is read

const text = (value) => (typeof value === 'string' ? value : '');

const planOf = (data) => ({
  planId: text(data.planId),
  operatorId: text(data.operatorId),
  startAt: data.startAt,
  latest: data.latest,
  message: text(data.message),
  waitingFor: text(data.waitingFor),
  every: Number.isFinite(data.continuous?.pause) ? data.continuous.pause : 0,
  interval: Number.isFinite(data.messageInterval) ? data.messageInterval : 0,
});

function withPlan(plans, data) {
  const key = keyFrom(data);
  if (key === null || !Number.isFinite(data.startAt)) return plans;
  const others = (plans[key] ?? []).filter(({ planId }) => planId !== data.planId);
  return { ...plans, [key]: [...others, planOf(data)].sort((one, other) => one.startAt - other.startAt) };
}

function without(plans, data) {
  const key = keyFrom(data);
  const left = (plans[key] ?? []).filter(({ planId }) => planId !== data.planId);
  if (left.length === (plans[key]?.length ?? 0)) return plans;
  const { [key]: _gone, ...rest } = plans;
  return left.length > 0 ? { ...rest, [key]: left } : rest;
}

const moves = { planSync: withPlan, runPlanned: withPlan, planChanged: withPlan, planEnded: without };

/** Names of the events that `applyPlan` understands. */
export const PLAN_EVENTS = Object.freeze(Object.keys(moves));

/** The plans after one event; the very same object when it is not about one. */
export const applyPlan = (plans, name, data) => moves[name](plans, data);

/** What is offered as a time: the next full hour, in ms since the epoch. */
export const offered = (now = Date.now()) => Math.ceil((now + SOONEST) / HOUR) * HOUR;

const two = (number) => String(number).padStart(2, '0');

/** A time as a field for a local day and time has it, e.g. "2026-11-27T14:05", and back: NaN for none. */
export function fieldOf(at) {
  const d = new Date(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}
export const timeIn = (field) => new Date(field).getTime();
