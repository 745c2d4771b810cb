// The whole state of the console, and what each event does to it. Pure and immutable: what did not change keeps its
// identity, so that a view can tell by `===` whether it has anything to do.
//
// An event is {name, data}: a server event by its own name, or one of the console's own, named `local/...`.

import { UNARRANGED } from './arrangement.js';
import { applyAttachments, ATTACHMENT_EVENTS, untoldAttachments } from './attachments.js';
import { applyDevices, DEVICE_EVENTS } from './devices.js';
import { applyDraft, DRAFT_EVENTS, untoldDrafts } from './drafts.js';
import { keyFrom } from './keys.js';
import { EMPTY as NOTHING_YET, journalAfter } from './journal.js';
import { applyPlan, PLAN_EVENTS } from './plans.js';
import { PLAIN } from './rhythm.js';
import { isTheirs, NOBODY, whoOf } from './rights.js';
import { applyRun, placedByText, RUN_EVENTS } from './runs.js';
import { amongThese, NONE_SELECTED } from './selection.js';
import { applyUncertain, resolvedWords, UNCERTAIN_EVENTS } from './uncertain.js';
import { applyUnsent, changesUnsent, UNSENT_EVENTS } from './unsent.js';
import { words } from './words.js';

export const initialState = Object.freeze({
  connection: Object.freeze({ status: 'connecting', detail: '', asOf: null }), // asOf: ms, until when all was known
  device: null, // {id, name} once registered
  who: NOBODY, // who is signed in, see rights.js
  devices: Object.freeze({}), // who is here, by id, see devices.js
  epoch: null, // identity of the server's event log
  revision: 0, // the latest revision seen, of anything: all before it is known
  syncing: false, // between a reset and the end of the snapshot that follows it
  superseded: false, // another page has taken this device's identity
  profiles: Object.freeze({ status: 'loading', items: Object.freeze([]), message: '' }),
  selected: null, // profileId
  filter: Object.freeze({ text: '', show: 'all' }), // `show`: see filters.js; another object each time it is touched
  arrangement: UNARRANGED, // of the list, see arrangement.js
  selection: NONE_SELECTED, // of profiles in the list, see selection.js
  batch: null, // what is done with many of them, see batch.js
  detaching: false, // whether the runs that are started here go on without this device
  rhythm: PLAIN, // how often and how fast these go, see rhythm.js
  runs: Object.freeze({}), // by key, see runs.js
  plans: Object.freeze({}), // by key, see plans.js
  drafts: Object.freeze({}), // by key, see drafts.js
  uncertain: Object.freeze({}), // by key, see uncertain.js
  unsent: Object.freeze({}), // by key, see unsent.js
  offers: Object.freeze({}), // by key: texts {message, at, replaced} to go back to, the newest first, see kept.js
  typists: Object.freeze({}), // by key: ids of the devices that type there just now
  notices: Object.freeze({}), // by key: {tone: 'error'|'info', text, hint, about}, about: what it is over with
  busy: Object.freeze({}), // by key: name of the command that waits for its answer
  cleared: Object.freeze({}), // by key: {version} of the text that was cleared here a moment ago
  sends: Object.freeze({}), // by key: {message, startedAt}, what a run sends
  attachments: Object.freeze({}), // by profileId, see attachments.js
  journal: NOTHING_YET, // what happened since the page was opened, see journal.js
  banner: null, // {tone, text, action: 'signIn', 'renew', 'notify' or none}, not about one card
});

/** An object without one of its keys; the same object when it has none such. */
function without(object, key) {
  if (!(key in object)) return object;
  const { [key]: _gone, ...rest } = object;
  return rest;
}

/** Forget what the server is about to tell anew. */
function reset(state, { epoch = null, revision }) {
  return {
    ...state,
    epoch,
    revision: Number.isInteger(revision) ? revision : 0,
    devices: {},
    runs: {},
    plans: {},
    uncertain: {},
    unsent: {},
    drafts: untoldDrafts(state.drafts),
    attachments: untoldAttachments(state.attachments),
    syncing: true,
  };
}

/** Without what is over now. */
function withoutNotices(state, about) {
  const left = Object.entries(state.notices).filter(([, entry]) => entry.about !== about);
  const notices = left.length === Object.keys(state.notices).length ? state.notices : Object.fromEntries(left);
  return { ...state, notices, banner: state.banner?.about === about ? null : state.banner };
}

const notice = (state, key, entry) => ({ ...state, notices: { ...state.notices, [key]: entry } });

const handlers = {
  deviceRegistered(state, data) {
    const device = { id: String(data.deviceId), name: data.name ?? '' };
    const goesOn = data.recovered === true && data.epoch === state.epoch && !state.syncing;
    const next = goesOn ? state : reset(state, data);
    const who = whoOf(data, state.who.operatorId);
    const same = who.role === state.who.role && who.team === state.who.team;
    return { ...next, device, who: same ? state.who : who, superseded: false };
  },

  resync: reset,

  uncertainResolved(state, data) {
    const counted = { ...state, runs: applyRun(state.runs, 'uncertainResolved', data) };
    const next = withUncertain(counted, 'uncertainResolved', data);
    const key = keyFrom(data);
    if (key === null || data.answered === true) return next; // nobody decided
    const decided = resolvedWords(data.action, data.count);
    const text = data.deviceId === state.device?.id ? decided : words.uncertain.decidedElsewhere(decided);
    return notice(next, key, { tone: 'info', text, hint: '' });
  },

  blocklistCleared(state, data) {
    const key = keyFrom(data);
    if (key === null) return state;
    const cleared = data.message ?? words.fixed.blocklistCleared(data.deletedCount);
    const text = data.deviceId === state.device?.id ? cleared : words.run.clearedElsewhere(cleared);
    const next = { ...state, runs: applyRun(state.runs, 'blocklistCleared', data) };
    return notice(withUncertain(next, 'blocklistCleared', data), key, { tone: 'info', text, hint: '' });
  },

  allProcessingStopped(state, data) {
    const goesOn = running(state).all > 0; // those that were not theirs to stop
    const stopped = goesOn ? words.header.someStopped(data.stoppedProfiles?.length ?? 0) : (data.message ?? words.header.allStopped);
    const text = data.stoppedBy === state.device?.id ? stopped : words.run.elsewhere(stopped);
    return { ...state, banner: { tone: 'info', text } };
  },

  'local/connection'(state, { status, detail, at }) {
    const before = state.connection;
    const brokenAt = before.status === 'connected' ? (at ?? null) : before.asOf;
    const next = { ...state, connection: { status, detail: detail ?? '', asOf: status === 'connected' ? null : brokenAt } };
    return status === 'connected' ? withoutNotices(next, 'connection') : next;
  },
  'local/cleared': (state, { key, version }) => ({ ...state, cleared: { ...state.cleared, [key]: { version } } }),
  'local/clearedGone': (state, { key, version }) =>
    state.cleared[key]?.version === version ? { ...state, cleared: without(state.cleared, key) } : state,
  'local/offers': (state, { offers }) => ({ ...state, offers }),
  'local/offerMade': (state, { key, ...offer }) => ({
    ...state,
    offers: { ...state.offers, [key]: [offer, ...(state.offers[key] ?? [])] },
  }),
  'local/offerGone'(state, { key }) {
    const [, ...others] = state.offers[key] ?? [];
    const rest = without(state.offers, key);
    return { ...state, offers: others.length > 0 ? { ...rest, [key]: others } : rest };
  },
  'local/typists': (state, { key, devices }) => ({
    ...state,
    typists: devices.length > 0 ? { ...state.typists, [key]: devices } : without(state.typists, key),
  }),
  'local/superseded': (state) => ({ ...state, superseded: true, device: null }),
  'local/caughtUp': (state) => (state.syncing ? { ...state, syncing: false } : state),
  'local/profiles': (state, { status, items, message }) => ({
    ...state,
    profiles: { status, items: items ?? state.profiles.items, message: message ?? '' },
    selection: items ? amongThese(state.selection, items) : state.selection,
  }),
  'local/selection': (state, { selection }) => ({ ...state, selection }),
  'local/batch': (state, { batch }) => ({ ...state, batch }),
  'local/select': (state, { profileId }) => ({ ...state, selected: profileId }),
  'local/filter': (state, change) => ({ ...state, filter: { ...state.filter, ...change } }),
  'local/detaching': (state, { on }) => ({ ...state, detaching: on }),
  'local/rhythm': (state, { rhythm }) => ({ ...state, rhythm }),
  'local/arrangement': (state, change) => ({ ...state, arrangement: { ...state.arrangement, ...change } }),
  'local/notice': (state, { key, tone, text, hint, about }) =>
    notice(state, key, { tone, text, hint: hint ?? '', about: about ?? '' }),
  'local/noticeGone': (state, { key }) => ({ ...state, notices: without(state.notices, key) }),
  'local/banner': (state, { tone, text, action, about }) => ({
    ...state,
    banner: text ? { tone, text, action, about } : null,
  }),
  'local/busy': (state, { key, command }) => ({
    ...state,
    busy: command ? { ...state.busy, [key]: command } : without(state.busy, key),
  }),
  'local/runSends': (state, { key, message, startedAt }) => ({ ...state, sends: { ...state.sends, [key]: { message, startedAt } } }),
};

function withUncertain(state, name, data) {
  const uncertain = applyUncertain(state.uncertain, name, data);
  return uncertain === state.uncertain ? state : { ...state, uncertain };
}

function withRun(state, name, data) {
  const runs = applyRun(state.runs, name, data);
  if (name === 'processingStateSync') state = withKnownOutcome(state, keyFrom(data));
  if (runs === state.runs) return state;
  const next = withDoubts(state, { ...withoutOldNotice(state, name, data), runs }, name, data);
  return withUnsent(state, next, name, data);
}

/** How a run stands is told again once it is known whether a command took place, also where nothing came of it. */
function withKnownOutcome(state, key) {
  return state.notices[key]?.about === 'outcome' ? { ...state, notices: without(state.notices, key) } : state;
}

/** The list of those who may have been messaged, after a run event that is news. */
function withDoubts(before, after, name, data) {
  if (UNCERTAIN_EVENTS.includes(name)) return withUncertain(after, name, data);
  const key = keyFrom(data);
  const same = before.runs[key]?.uncertain === after.runs[key]?.uncertain;
  return same ? after : withUncertain(after, 'local/uncertainChanged', data);
}

/** The list of those who could not be messaged, after a run event that is news. */
function withUnsent(before, after, name, data) {
  const key = keyFrom(data);
  const begins = name === 'processingStarted';
  if (!begins && !changesUnsent(before.runs[key], after.runs[key])) return after;
  return { ...after, unsent: applyUnsent(after.unsent, begins ? name : 'local/unsentChanged', data) };
}

const ENDS = new Set(['processingComplete', 'processingStopped', 'processingInterrupted']);

function withoutOldNotice(state, name, data) {
  const key = keyFrom(data);
  // What was said about the last run ("locked", "too short") is over once a new one starts, "locked" once it ends.
  const over = name === 'processingStarted' || (ENDS.has(name) && ['run', 'outcome'].includes(state.notices[key]?.about));
  return over ? { ...state, notices: without(state.notices, key) } : state;
}

function withDraft(state, name, data) {
  const drafts = applyDraft(state.drafts, name, data, { me: state.device?.id ?? null, epoch: state.epoch });
  const runs = name === 'messageSync' ? placedByText(state.runs, data) : state.runs;
  return drafts === state.drafts && runs === state.runs ? state : { ...state, drafts, runs };
}

function withAttachments(state, name, data) {
  const attachments = applyAttachments(state.attachments, name, data);
  return attachments === state.attachments ? state : { ...state, attachments };
}

for (const name of UNCERTAIN_EVENTS.filter((event) => event.startsWith('local/'))) {
  handlers[name] = (state, data) => withUncertain(state, name, data);
}
for (const name of UNSENT_EVENTS.filter((event) => event.startsWith('local/'))) {
  handlers[name] = (state, data) => {
    const unsent = applyUnsent(state.unsent, name, data);
    return unsent === state.unsent ? state : { ...state, unsent };
  };
}
function withDevices(state, name, data) {
  const devices = applyDevices(state.devices, name, data);
  if (devices === state.devices) return state;
  const own = devices[state.device?.id];
  const device = own && own.name !== state.device.name ? { ...state.device, name: own.name } : state.device;
  return { ...state, devices, device };
}

function withPlans(state, name, data) {
  const plans = applyPlan(state.plans, name, data);
  const next = plans === state.plans ? state : { ...state, plans };
  const why = words.plans.notStarted[data.code] ?? data.reason;
  const unstarted = name === 'planEnded' && ['skipped', 'failed'].includes(data.outcome) && typeof why === 'string';
  if (!unstarted || keyFrom(data) === null) return next;
  return notice(next, keyFrom(data), { tone: 'error', text: why, hint: '' });
}

for (const name of PLAN_EVENTS) handlers[name] = (state, data) => withPlans(state, name, data);
for (const name of DEVICE_EVENTS) handlers[name] = (state, data) => withDevices(state, name, data);
for (const name of RUN_EVENTS) handlers[name] ??= (state, data) => withRun(state, name, data);
for (const name of DRAFT_EVENTS) {
  const first = handlers[name] ?? ((state) => state);
  handlers[name] = (state, data) => withDraft(first(state, data), name, data);
}
for (const name of ATTACHMENT_EVENTS) {
  const first = handlers[name] ?? ((state) => state);
  handlers[name] = (state, data) => withAttachments(first(state, data), name, data);
}

/** They name the revision of the account: what led to it may still be on its way. */
const UNORDERED = new Set(['deviceRegistered', 'devicesSync', 'resync']);

/** The state after one event; an event that the console does not know leaves it as it is. */
export function apply(state, { name, data }) {
  const payload = typeof data === 'object' && data !== null ? data : {};
  const next = Object.hasOwn(handlers, name) ? handlers[name](state, payload) : state;
  const { revision } = payload;
  if (name.startsWith('local/') || UNORDERED.has(name)) return next;
  const journal = journalAfter(state, next, name, payload);
  const seenLast = Number.isInteger(revision) ? Math.max(revision, next.revision) : next.revision;
  return journal === next.journal && seenLast === next.revision ? next : { ...next, journal, revision: seenLast };
}

/**
 * What this console has seen, to be told only what comes after: `{epoch, revision}`; null when it has to be told all,
 * as in the midst of a snapshot.
 */
export const seen = ({ epoch, revision, syncing }) => (epoch === null || syncing ? null : { epoch, revision });

/**
 * How many runs go on now: `{all, ours, theirs, waiting}`, those that end with this device, those that who is signed in may
 * stop, and those that wait for a sign-in.
 */
export function running({ runs, device, who }) {
  const all = Object.values(runs).filter((run) => run.status === 'running');
  return {
    all: all.length,
    ours: all.filter((run) => device && run.deviceId === device.id && !run.detached).length,
    theirs: all.filter((run) => isTheirs(who, run)).length,
    waiting: all.filter((run) => run.waitingFor === 'sign_in').length,
  };
}
