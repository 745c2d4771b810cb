// What the right column shows, as plain data: {text: [...], ...} with what stands out as {b: '...'}. Pure.

import { nameOf } from './devices.js';
import { partsOf } from './keys.js';
import { duration, moment } from './times.js';
import { undecided } from './uncertain.js';
import { pageOf, unsentOf } from './unsent.js';
import { words } from './words.js';

export const TABS = Object.freeze(['activity', 'failed', 'uncertain', 'history']);

const ENTRIES_SHOWN = 100;

const say = words.aside;

/** A way from ids to names, for as long as the list of profiles is the same. */
export function namesOf(items) {
  const names = new Map(items.map(({ external_id: id, name }) => [id, name]));
  return (profileId) => names.get(profileId) ?? say.profile(profileId);
}

/** What came of a run, without what did not happen. */
function resultOf({ sent, skipped, failed, uncertain, duration: took, startedAt, endedAt }) {
  const ms = took ?? (startedAt !== null && endedAt !== null ? endedAt - startedAt : null);
  const { run } = words;
  return words.join([
    run.sent(sent),
    skipped > 0 && run.skipped(skipped),
    failed > 0 && run.failed(failed),
    uncertain > 0 && run.uncertain(uncertain),
    ms !== null && run.took(duration(ms)),
  ]);
}

/** Why somebody could not be messaged, without a program's code. */
export function reasonOf(reason) {
  const why = reason.replace(words.fixed.answered, '');
  return why === '' && reason !== '' ? say.refused : why;
}

const aboutKey = (key, nameOfProfile) => {
  const { profileId, type } = partsOf(key);
  return { profileId, type: words[type], name: nameOfProfile(profileId) };
};

function sentenceOf(entry, who, type, profile) {
  switch (entry.kind) {
    case 'completed':
      return entry.run?.sent === 0 ? say.nobody(type, profile) : say.completed(type, profile);
    case 'stopped':
      return entry.who === null ? say.stoppedBySystem(type, profile) : say.stopped(who, type, profile);
    case 'interrupted':
    case 'takenOver':
      return say[entry.kind](type, profile);
    case 'neverAdded':
    case 'neverRemoved':
    case 'joined':
    case 'left':
      return say[entry.kind](who);
    default:
      return say[entry.kind](who, type, profile);
  }
}

function detailOf({ kind, run, detail, count, action, reason, startAt, code }) {
  if (kind === 'completed') return run === null ? '' : resultOf(run);
  if (kind === 'stopped') return run?.total > 0 ? say.at(run.current, run.total) : '';
  if (kind === 'blocklist') return say.blocklistDetail(count);
  if (kind === 'neverAdded') return say.neverDetail(count);
  if (kind === 'resolved') return action === 'resend' ? words.uncertain.resent(count) : words.uncertain.left(count);
  if (startAt !== undefined) return say.plannedFor(moment(startAt));
  if (kind === 'planCancelled') return '';
  if (kind === 'planSkipped' || kind === 'planFailed') return words.plans.notStarted[code] ?? detail;
  if (kind === 'left') return say.leftReason[reason] ?? '';
  return detail ?? '';
}

/** `[{id, at, profileId, text, detail}]`, newest first. */
export function activityOf({ journal }, nameOfProfile) {
  return journal.entries.slice(0, ENTRIES_SHOWN).map((entry) => {
    const { profileId, type, name } = entry.key === null ? {} : aboutKey(entry.key, nameOfProfile);
    const who = { b: entry.who === null ? say.somebody : entry.who.own ? say.you : entry.who.name };
    return { id: entry.id, at: entry.at, profileId, text: sentenceOf(entry, who, type, { b: name }), detail: detailOf(entry) };
  });
}

const byName = (one, other) => one.name.localeCompare(other.name);

/** Who could not be messaged: `[{key, profileId, type, name, number, named, going, shown, more, unlisted}]`. */
export function failedOf({ runs, unsent }, nameOfProfile) {
  return [...new Set([...Object.keys(runs), ...Object.keys(unsent)])]
    .map((key) => ({ key, number: unsentOf(unsent[key], runs[key]) }))
    .filter(({ number }) => number > 0)
    .map(({ key, number }) => ({
      key,
      ...aboutKey(key, nameOfProfile),
      number,
      named: unsent[key]?.heard > 0 ? unsent[key].named : number,
      going: runs[key]?.status === 'running',
      ...pageOf(unsent[key], runs[key]),
    }))
    .sort(byName);
}

/** Who waits for a decision: `[{key, profileId, type, name, number, list, busy}]`. */
export function uncertainOf({ runs, uncertain, busy }, nameOfProfile) {
  return [...new Set([...Object.keys(runs), ...Object.keys(uncertain)])]
    .map((key) => ({ key, number: undecided(uncertain[key], runs[key] ?? { uncertain: 0 }) }))
    .filter(({ number }) => number > 0)
    .map(({ key, number }) => ({
      key,
      ...aboutKey(key, nameOfProfile),
      number,
      list: uncertain[key]?.recipients ?? [],
      busy: busy[key] === 'resolveUncertain',
    }))
    .sort(byName);
}

/** One run: what came of it, once its last answers were in. */
const runId = (key, run) => `${key} ${run.startedAt}`;

/** Runs that are over, the last one first: `[{id, at, profileId, text, detail, by}]`. */
export function historyOf(state, nameOfProfile) {
  const { runs, journal, device } = state;
  const found = new Map(journal.ended.map(({ key, run, who }) => [runId(key, run), { key, run, who }]));
  for (const [key, run] of Object.entries(runs)) {
    if (run.status === 'running') continue;
    const who = run.deviceId === null ? null : { own: run.deviceId === device?.id, name: nameOf(state, run.deviceId) };
    found.set(runId(key, run), { who: found.get(runId(key, run))?.who ?? who, key, run });
  }
  return [...found]
    .map(([id, { key, run, who }]) => {
      const { profileId, type, name } = aboutKey(key, nameOfProfile);
      return {
        id,
        at: run.endedAt ?? (run.startedAt === null ? null : run.startedAt + (run.duration ?? 0)),
        profileId,
        text: say.run({ b: name }, say.ended(type, run.status)),
        detail: words.join([run.reason, resultOf(run)]),
        by: who === null ? '' : who.own ? say.you : who.name,
      };
    })
    .sort((one, other) => (other.at ?? 0) - (one.at ?? 0));
}

/** How many need somebody, by tab. */
export function countsOf(state) {
  const keys = new Set([...Object.keys(state.runs), ...Object.keys(state.uncertain), ...Object.keys(state.unsent)]);
  const sum = (of) => [...keys].reduce((all, key) => all + of(key), 0);
  return {
    failed: sum((key) => unsentOf(state.unsent[key], state.runs[key])),
    uncertain: sum((key) => undecided(state.uncertain[key], state.runs[key] ?? { uncertain: 0 })),
  };
}
