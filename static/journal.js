// What happened on the account since this page was opened, for the right column. Pure: (state, name, data) -> journal.
//
//   entries  newest first: {id, kind, at, who, key, ...what the sentence needs}; `who` is {own, name} or null, `key` a
//            profile and type or null, `at` ms since the epoch by the server's clock, or null
//   ended    runs that ended, newest first: {id, key, run, who}, `run` as in runs.js

import { nameOf } from './devices.js';
import { keyFrom } from './keys.js';
import { plain } from './names.js';

const ENTRIES_MAX = 200; // about a screen for each hour of a busy day
const ENDED_MAX = 100;
const TYPING_PAUSE = 120_000; // ms; somebody who goes on typing after that is said to type once more

export const EMPTY = Object.freeze({ entries: Object.freeze([]), ended: Object.freeze([]) });

const text = (value) => (typeof value === 'string' ? plain(value) : '');
const time = (...values) => values.find(Number.isFinite) ?? null;

function whoOf(state, deviceId) {
  if (typeof deviceId !== 'string' || deviceId === '') return null;
  return { own: deviceId === state.device?.id, name: nameOf(state, deviceId) };
}

const added = (list, item, most) => [item, ...list].slice(0, most);

/** That it was late is worth a line; that it was not, is not. */
const LATE = 60_000; // ms
const plannedDetail = ({ outcome, reason, lateBy }) => (outcome === 'started' && !(lateBy >= LATE) ? '' : text(reason));

const ENDED_PLANS = { started: 'planStarted', cancelled: 'planCancelled', skipped: 'planSkipped', failed: 'planFailed' };

/** What an event says, without what all entries have; null when it is not to be told. */
const KINDS = {
  processingStarted: (data) => ({ kind: data.only === 'failed' ? 'triedAgain' : 'started', by: data.deviceId, at: data.startedAt }),
  processingComplete: (data) => ({ kind: 'completed', by: data.deviceId, at: data.completedAt }),
  processingStopped: (data) => ({ kind: 'stopped', by: data.stoppedBy, at: data.stoppedAt }),
  processingInterrupted: (data) => ({ kind: 'interrupted', by: null, detail: text(data.reason) }),
  processingPaused: (data) => ({ kind: 'paused', by: data.pausedBy }),
  processingResumed: (data) => ({ kind: 'resumed', by: data.resumedBy }),
  runPlanned: (data) => ({ kind: 'planned', by: data.deviceId, startAt: data.startAt }),
  planChanged: (data) =>
    data.waitingFor ? { kind: 'planWaits', by: null } : { kind: 'planChanged', by: data.changedBy, startAt: data.startAt },
  planEnded: (data) => ({ kind: ENDED_PLANS[data.outcome] ?? 'planSkipped', by: data.endedBy, code: data.code, detail: plannedDetail(data) }),
  processingTakenOver: (data) =>
    data.fromDeviceId ? { kind: 'tookOver', by: data.deviceId } : { kind: 'takenOver', by: null, detail: text(data.message) },
  messageUpdated: (data) => ({ kind: data.restored === true ? 'restored' : 'typed', by: data.deviceId }),
  messageCleared: (data) => ({ kind: 'cleared', by: data.deviceId }),
  blocklistCleared: (data) => ({ kind: 'blocklist', by: data.deviceId, count: data.deletedCount }),
  blocklistRecipientRemoved: (data) => ({ kind: 'unblocked', by: data.deviceId }),
  doNotContactChanged: (data) => ({ kind: data.removed > 0 ? 'neverRemoved' : 'neverAdded', by: data.deviceId, operator: text(data.operatorId), count: data.removed || data.added }),
  uncertainResolved: (data) => ({ kind: 'resolved', by: data.deviceId, action: data.action, count: data.count }),
  deviceJoined: (data) => ({ kind: 'joined', by: data.deviceId }),
  deviceLeft: (data) => ({ kind: 'left', by: data.deviceId, reason: text(data.reason) }),
};

const OF_THE_ACCOUNT = new Set(['deviceJoined', 'deviceLeft', 'doNotContactChanged']);
const ENDS = new Set(['completed', 'stopped', 'interrupted']);

/** Whether somebody who types was said to do so a moment ago: every key is an event. */
const isKnown = ({ entries }, { kind, who, key, at }) =>
  kind === 'typed' &&
  entries.slice(0, 10).some((one) => one.kind === 'typed' && one.key === key && one.who?.name === who?.name && at - one.at < TYPING_PAUSE);

/** That a planned run has started is said once: the event just before says it of its planner, who did nothing then. */
function withoutStart([last, ...others], { kind, key }) {
  if (last === undefined) return [];
  return kind === 'planStarted' && last.kind === 'started' && last.key === key ? others : [last, ...others];
}

function noted(before, after, name, data) {
  const { journal } = after;
  const { by, operator, ...said } = KINDS[name](data);
  const key = keyFrom(data);
  if (key === null && !OF_THE_ACCOUNT.has(name)) return journal;
  // Who leaves is known before, who joins after.
  const who = whoOf(name === 'deviceJoined' ? after : before, by) ?? (operator ? { own: false, name: operator } : null);
  const entry = { id: data.revision, key, ...said, who, at: time(said.at, data.timestamp) };
  if (isKnown(journal, entry)) return journal;
  if (ENDS.has(said.kind)) entry.run = after.runs[key] ?? null;
  const next = { ...journal, entries: added(withoutStart(journal.entries, entry), entry, ENTRIES_MAX) };
  if (entry.run) next.ended = added(journal.ended, { id: entry.id, key, run: entry.run, who: whoOf(before, entry.run.deviceId) }, ENDED_MAX);
  return next;
}

/** That a run has ended is told with what became of the one who was on the way then, as everywhere else. */
function settled(journal, runs, key) {
  const run = runs[key];
  const isOfIt = (one) => one.key === key && one.run && one.run !== run && one.run.startedAt === run?.startedAt;
  if (!journal.entries.some(isOfIt) && !journal.ended.some(isOfIt)) return journal;
  const [entries, ended] = [journal.entries, journal.ended].map((list) => list.map((one) => (isOfIt(one) ? { ...one, run } : one)));
  return { ...journal, entries, ended };
}

/** The journal after an event of the server that led from one state to the other; the same object when it says nothing. */
export function journalAfter(before, after, name, data) {
  if (name === 'uncertainResolved' && data.answered === true) return after.journal; // nobody decided
  if (name === 'runSettled') return settled(after.journal, after.runs, keyFrom(data));
  const isNews = Number.isInteger(data.revision) && data.revision > before.revision;
  return isNews && Object.hasOwn(KINDS, name) ? noted(before, after, name, data) : after.journal;
}
