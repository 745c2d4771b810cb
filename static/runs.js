// What server events do to the runs. Pure: (runs, name, data) -> runs.
//
// A run as the console knows it:
//   {status, current, total, sent, skipped, failed, uncertain, message, error, note, reason, code, deviceId, deviceName,
//    operatorId, paused, detached, every, interval, cycle, nextCycleAt, totals, only, away, waitingFor, waitUntil, waitLeft, stoppedBy,
//    startedAt, endedAt, duration, followed, steps, begun, revision}
// status is 'running', 'completed', 'stopped' or 'interrupted'; operatorId: whose it is, '' where nobody says;
// deviceName: of a backend that started it, which is on no list of devices, else '';
// paused: it sends nothing until somebody resumes it;
// every: seconds between two cycles of one that begins anew when it is through, else 0; cycle: which one the counters are
// of, nextCycleAt: while it waits for the next, totals: {sent, failed, uncertain} of all; interval: seconds between messages;
// detached: it goes on when every device is gone; only: 'failed' where it is over those whom the run before could not
// message; away: its device lost its connection and may come back; waitingFor: 'sign_in' while it waits for its operator;
// waitUntil: when it goes on where the backend has asked it to wait, waitLeft: how many ms that was from the event on;
// note is about the run as a whole, message about its last step; times are ms since the epoch, duration is ms; followed:
// no list of who was messaged was cleared since, as far as is known; steps are those of pace.js, null before the first;
// begun is the revision at which it was started, null where nobody saw that; a snapshot tells only whether the text was typed since.

import { isOld, keyFrom } from './keys.js';
import { plain } from './names.js';
import { stepped } from './pace.js';

const COUNTERS = ['current', 'total', 'sent', 'skipped', 'failed', 'uncertain'];

const BLANK = Object.freeze({
  status: 'running',
  current: 0,
  total: 0,
  sent: 0,
  skipped: 0,
  failed: 0,
  uncertain: 0,
  message: '',
  error: '',
  note: '',
  reason: '',
  code: '',
  deviceId: null,
  deviceName: '',
  operatorId: '',
  paused: false,
  detached: false,
  every: 0,
  interval: 0,
  cycle: 0,
  nextCycleAt: null,
  waitUntil: null,
  waitLeft: null,
  totals: null,
  only: '',
  away: false,
  waitingFor: '',
  stoppedBy: null,
  startedAt: null,
  endedAt: null,
  duration: null,
  followed: true,
  steps: null,
  begun: null,
  revision: 0,
});

const text = (value, otherwise = '') => (typeof value === 'string' ? plain(value) : otherwise);
const number = (value, otherwise = null) => (Number.isFinite(value) ? value : otherwise);

/** The counters that a payload really carries; an older server leaves some out. */
function counters(source) {
  const found = {};
  for (const name of COUNTERS) if (Number.isFinite(source?.[name])) found[name] = source[name];
  if (!('total' in found)) return found;
  return { ...found, cycle: number(source.cycle, 0), nextCycleAt: number(source.nextCycleAt), totals: source.totals ?? null };
}

/** What its start chose, as a payload says it of a run that goes on. */
const chosen = (data) => ({ every: number(data.continuous?.pause, 0), interval: number(data.messageInterval, 0) });

/** A run that ended: nothing that was about its way there is shown any more. */
const ended = (run, status, data) => ({
  ...run,
  ...counters(data),
  status,
  message: text(data.message),
  error: '',
  note: '',
  paused: false,
  detached: false,
  every: 0,
  interval: 0,
  away: false,
  waitingFor: '',
  waitUntil: null,
  waitLeft: null,
  deviceId: text(data.deviceId, run.deviceId),
});

/** A wait that the backend asked for: until when, and how long that was from the event on, both by the server's clock. */
const waitOf = ({ waitUntil }, at) => ({ waitUntil: number(waitUntil), waitLeft: Number.isFinite(waitUntil) ? number(waitUntil - at) : null });

const moves = {
  processingStarted: (_run, data) => ({
    ...BLANK,
    ...counters(data),
    deviceId: text(data.deviceId, null),
    deviceName: text(data.deviceName),
    operatorId: text(data.operatorId),
    detached: data.detached === true,
    ...chosen(data),
    only: text(data.only),
    startedAt: number(data.startedAt),
    begun: number(data.revision),
  }),

  processingProgress(run, data) {
    const progress = data.progress ?? {};
    return {
      ...run,
      ...counters(progress),
      status: 'running',
      message: text(progress.message),
      error: text(progress.error),
      waitingFor: text(progress.waitingFor),
      ...waitOf(progress, data.timestamp),
      deviceId: text(progress.deviceId, text(data.deviceId, run.deviceId)),
      operatorId: text(data.operatorId, run.operatorId),
      startedAt: number(progress.startedAt, run.startedAt),
      steps: stepped(run.steps, data.timestamp, progress.current),
    };
  },

  processingComplete: (run, data) => ({
    ...ended(run, 'completed', data),
    ...counters(data.stats),
    endedAt: number(data.completedAt),
    duration: number(data.stats?.duration),
  }),

  processingStopped: (run, data) => ({
    ...ended(run, 'stopped', data),
    stoppedBy: text(data.stoppedBy, null),
    endedAt: number(data.stoppedAt),
  }),

  processingInterrupted: (run, data) => ({
    ...ended(run, 'interrupted', data),
    reason: text(data.reason),
    code: text(data.code),
    endedAt: number(data.timestamp),
  }),

  // What was known of its pace is of before the pause.
  processingPaused: (run) => ({ ...run, paused: true, steps: null }),
  processingResumed: (run) => ({ ...run, paused: false, steps: null }),

  // Its device lost its connection; the run goes on while that may come back.
  deviceReconnecting: (run) => ({ ...run, away: true }),
  deviceReconnected: (run, data) => ({ ...run, away: false, deviceId: text(data.deviceId, run.deviceId) }),

  // Another device has made it its own; or another server goes on with it, and says so until the run ends: its next steps
  // follow at once.
  processingTakenOver: (run, data) => ({
    ...run,
    ...counters(data),
    error: '',
    ...(data.fromDeviceId ? { deviceId: text(data.deviceId, run.deviceId), deviceName: '', operatorId: text(data.operatorId, run.operatorId), away: false } : { note: text(data.message) }),
  }),

  // The answer for the recipient that was in flight when the run ended: the counters move, the status stays.
  runSettled: (run, data) => ({ ...run, ...counters(data), message: text(data.message, run.message) }),

  // A person decided about some of its people; an earlier server says nothing of the run.
  uncertainResolved: (run, data) => ({ ...run, ...counters(data) }),

  blocklistCleared: (run) => ({ ...run, followed: false }),

  processingStateSync: (run, data) => ({
    ...BLANK,
    begun: run.startedAt !== null && run.startedAt === data.startedAt ? run.begun : null,
    ...counters(data),
    status: text(data.status) || statusOfOldSync(data),
    followed: data.isProcessing === true,
    message: text(data.message),
    error: text(data.error),
    reason: text(data.reason),
    code: text(data.code),
    deviceId: text(data.deviceId, null),
    deviceName: text(data.deviceName),
    operatorId: text(data.operatorId),
    paused: data.paused === true,
    detached: data.detached === true,
    ...chosen(data),
    only: text(data.only),
    away: data.away === true,
    waitingFor: text(data.waitingFor),
    stoppedBy: text(data.stoppedBy) || null,
    startedAt: number(data.startedAt),
    duration: data.duration > 0 ? number(data.duration) : null, // 0 stands for a run that was not completed
  }),
};

/** A server that sends no `status` says only whether the run still goes on. */
function statusOfOldSync({ isProcessing, current, total }) {
  if (isProcessing) return 'running';
  return total > 0 && current >= total ? 'completed' : 'stopped';
}

/** Names of the events that `applyRun` understands. */
export const RUN_EVENTS = Object.freeze(Object.keys(moves));

/** Those that change a run and do not tell what it is. */
const ABOUT_KNOWN = new Set([
  ...['runSettled', 'uncertainResolved', 'blocklistCleared', 'deviceReconnecting', 'deviceReconnected', 'processingTakenOver'],
  ...['processingPaused', 'processingResumed'],
]);

/** The runs without one that the server has no record of. */
function without(runs, key) {
  const { [key]: gone, ...rest } = runs;
  return gone === undefined ? runs : rest;
}

/** The runs after one event; the very same object when the event is old, malformed or not about a run. */
export function applyRun(runs, name, data) {
  const key = keyFrom(data);
  const known = key === null ? undefined : runs[key];
  if (key === null || isOld(known, data.revision)) return runs;
  if (known === undefined && ABOUT_KNOWN.has(name)) return runs;
  if (name === 'processingStateSync' && data.status === 'none') return without(runs, key);
  const next = moves[name](known ?? BLANK, data);
  const revision = number(data.revision, known?.revision ?? 0);
  return { ...runs, [key]: { ...next, revision } };
}

/** The runs after a text of the snapshot, which comes after them: whether it was typed before its run began or since. */
export function placedByText(runs, data) {
  const key = keyFrom(data);
  const run = key === null ? undefined : runs[key];
  if (!run || run.begun !== null || run.startedAt === null || !Number.isFinite(data.timestamp) || !Number.isInteger(data.revision)) return runs;
  return { ...runs, [key]: { ...run, begun: data.timestamp > run.startedAt ? data.revision - 1 : data.revision } };
}
