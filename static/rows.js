// What the list says of a profile: facts from the state, one sentence about now, and at most one mark. Pure.

import { calledIn } from './devices.js';
import { isUnsaved } from './drafts.js';
import { keyOf, TYPES } from './keys.js';
import { paceOf } from './pace.js';
import { ringOf, toneOf } from './rings.js';
import { isOwn, textMark } from './status.js';
import { clock, roughly, when } from './times.js';
import { undecided } from './uncertain.js';
import { words } from './words.js';

/** Text that no run has sent yet: typed after the last one began. */
function isUnsent(draft, run) {
  if (!draft || draft.message === '') return false;
  return !run || isUnsaved(draft) || draft.base.revision > (run.begun ?? run.revision);
}

/** Whether the list may say something else of the text of one profile and type; a letter more or less is mostly no news. */
export function tellsOfText(key, before, after) {
  const [old, now] = [before, after].map(({ runs, drafts, offers }) => [textMark(drafts[key], offers[key]?.[0]), isUnsent(drafts[key], runs[key])]);
  return now.some((value, at) => value !== old[at]);
}

/**
 * One type of a profile: `{type, run, where, failed, uncertain, mark, unsent}`; `where` is what the device that runs it
 * is called, empty where it has no name, and the counts are those of a run that is over.
 */
function sideOf(profileId, type, { runs, plans, drafts, offers, uncertain, devices, who }) {
  const key = keyOf(profileId, type);
  const [run, draft] = [runs[key], drafts[key]];
  const over = run !== undefined && run.status !== 'running';
  return {
    type,
    run,
    plan: plans[key]?.[0],
    where: calledIn({ devices, who }, run?.deviceId),
    failed: over ? run.failed : 0,
    uncertain: over ? undecided(uncertain[key], run) : 0,
    mark: textMark(draft, offers[key]?.[0]),
    unsent: isUnsent(draft, run),
  };
}

/** How many things of one type wait for a person. */
function needsOf({ run, failed, uncertain, mark }) {
  const stuck = run?.status === 'interrupted' || (run?.status === 'running' && run.waitingFor !== '');
  return failed + uncertain + (stuck ? 1 : 0) + (mark ? 1 : 0);
}

/** When something last happened, to sort by: what runs comes first, the latest first. */
function activityOf(run) {
  if (!run) return 0;
  const { status, startedAt, endedAt, duration } = run;
  if (status === 'running') return Number.MAX_SAFE_INTEGER / 2 + (startedAt ?? 0);
  return endedAt ?? (startedAt ?? 0) + (duration ?? 0);
}

/** `{sides, running, needs, draft, activity}` of a profile; `needs` is a number, `plan` the next one, `draft` whether text waits to be sent. */
export function factsOf(profileId, state) {
  const sides = TYPES.map((type) => sideOf(profileId, type, state));
  return {
    sides,
    running: sides.some(({ run }) => run?.status === 'running'),
    needs: sides.reduce((sum, side) => sum + needsOf(side), 0),
    plan: sides.map(({ plan }) => plan).filter(Boolean).sort((one, other) => one.startAt - other.startAt)[0],
    draft: sides.some(({ unsent }) => unsent),
    activity: Math.max(...sides.map(({ run }) => activityOf(run))),
  };
}

const nameOf = (type) => words[type];

/** How far a run is: "21/60", or nothing while nobody knows how many there are. */
const countsOf = ({ current, total }) => (total > 0 ? words.list.row.counts(current, total) : '');

/** The only run that goes on: there is room to say how long it will take. */
function aloneWords({ type, run, where }, me) {
  const { row } = words.list;
  const [name, counts] = [nameOf(type), countsOf(run)];
  if (run.waitingFor) return row.waits(name);
  if (run.paused) return row.paused(name, counts);
  if (run.waitUntil) return row.waitsBackend(name, counts);
  if (run.nextCycleAt) return row.rests(name, clock(run.nextCycleAt));
  if (!isOwn(run, me)) return run.away ? row.away(name, counts) : where ? row.on(name, counts, where) : row.elsewhere(name, counts);
  if (counts === '') return row.starts(name);
  const pace = paceOf(run);
  return pace === null ? row.going(name, counts) : row.goingFor(name, counts, roughly(pace.left));
}

/** Two runs that go on, in few words. */
function bothWords(sides, me) {
  const { row } = words.list;
  const shares = sides.map(({ type, run }) => row.share(nameOf(type), ringOf(run, me).share));
  if (sides.every(({ run }) => !isOwn(run, me))) return row.bothElsewhere(...shares);
  return row.both(...sides.map(({ type, run }, at) => (isOwn(run, me) ? shares[at] : row.shareElsewhere(nameOf(type), ringOf(run, me).share))));
}

function running(sides, me) {
  const going = sides.filter(({ run }) => run?.status === 'running');
  if (going.length === 0) return null;
  const waits = going.find(({ run }) => run.waitingFor);
  const tones = going.map(({ run }) => toneOf(run, me));
  const text = waits || going.length === 1 ? aloneWords(waits ?? going[0], me) : bothWords(going, me);
  return { text, tone: ['warn', 'own', 'other', 'quiet'].find((tone) => tones.includes(tone)) };
}

function waitingText(sides) {
  const marked = sides.find(({ mark }) => mark);
  return marked ? { text: words.list.mark(nameOf(marked.type), marked.mark), tone: 'warn' } : null;
}

function interrupted(sides) {
  const side = sides.find(({ run }) => run?.status === 'interrupted');
  if (!side) return null;
  const { current, total } = side.run;
  return { text: words.list.row.interrupted(nameOf(side.type), total > 0 ? words.list.row.place(current, total) : ''), tone: 'warn' };
}

function troubles(sides) {
  const failed = sides.reduce((sum, side) => sum + side.failed, 0);
  const uncertain = sides.reduce((sum, side) => sum + side.uncertain, 0);
  if (failed + uncertain === 0) return null;
  const bad = uncertain === 0 && sides.every(({ run }) => !run || run.sent === 0);
  return { text: words.list.row.troubles(uncertain, failed), tone: bad ? 'bad' : 'warn' };
}

function planned(sides) {
  const [next] = sides.filter(({ plan }) => plan).sort((one, other) => one.plan.startAt - other.plan.startAt);
  return next ? { text: words.list.row.planned(nameOf(next.type), when(next.plan.startAt)), tone: 'quiet' } : null;
}

function over(sides, me) {
  const [latest] = sides.filter(({ run }) => run).sort((one, other) => activityOf(other.run) - activityOf(one.run));
  if (!latest) return null;
  const { type, run, uncertain } = latest;
  const name = nameOf(type);
  const tone = toneOf(run, me, uncertain);
  const { row } = words.list;
  if (run.status === 'stopped') return { text: row.stopped(name, run.total > 0 ? row.place(run.current, run.total) : ''), tone: 'quiet' };
  return { text: run.sent > 0 ? row.done(name, run.sent) : row.nobody(name, run.skipped), tone };
}

/** One sentence about now, `{text, tone}`; null when there is nothing to say but who it is. */
export const lineOf = ({ sides }, me) =>
  running(sides, me) ?? waitingText(sides) ?? interrupted(sides) ?? troubles(sides) ?? planned(sides) ?? over(sides, me);

/** `{kind: 'needs', number}`, `{kind: 'draft'}` or null. */
export function markOf({ needs, draft }) {
  if (needs > 0) return { kind: 'needs', number: needs };
  return draft ? { kind: 'draft' } : null;
}
