// The history of runs, as view/pastruns.js shows it: what is asked of the server, and each run in words.

import { isolated, plain } from './names.js';
import { dayStart } from './record.js';
import { reasonOf } from './tidings.js';
import { duration, exact } from './times.js';
import { words } from './words.js';

const say = words.past;

/** What is counted of a run, in the order in which it is said. */
const COUNTED = ['sent', 'skipped', 'failed', 'uncertain'];

/**
 * The query for what is wanted, each '' for any: words of the text, an outcome, a type, an operator's id, whole days of this
 * device, and a profile, by its id or its name among `profiles`.
 */
export const queryOf = ({ text, outcome, type, profile, who, from, to }, profiles) => ({
  ...(text && { words: text }),
  ...(outcome && { outcome }),
  ...(type && { type }),
  ...(profile && { profile: idOf(profile, profiles) }),
  ...(who && { operatorId: who }),
  ...(from && { since: dayStart(from) }),
  ...(to && { until: dayStart(to, 1) - 1 }),
});

function idOf(wanted, profiles) {
  const fits = ({ external_id: id, name }) => id === wanted || name === wanted;
  return profiles.find(fits)?.external_id ?? wanted;
}

/** Whose it was, e.g. "Chat of Anna"; `names` is `{profile(id), device(id)}`. */
export const whoseOf = ({ type, profileId }, names) => say.of(words[type] ?? plain(type), isolated(names.profile(profileId)));

/** How it ended, and what became of people. */
export function outcomeOf(run) {
  const { outcome, code, reason, totals } = run;
  const counted = { ...run, ...totals };
  const own = Object.hasOwn(say.codes, code) ? say.codes[code] : plain(reasonOf(reason));
  const why = outcome === 'interrupted' && own;
  return words.join([
    say.outcomes[outcome] ?? plain(outcome),
    why,
    ...COUNTED.map((part) => counted[part] > 0 && say.counted[part](counted[part])),
    run.total === 0 && totals === null && say.nobody,
  ]);
}

/** Who, on which device, for how long and how. */
export function byOf(run, names) {
  const device = run.device || names.device(run.deviceId);
  return words.join([
    say.by(isolated(run.operatorId)),
    device && isolated(device),
    say.took(duration(run.endedAt - run.startedAt)),
    run.planId !== '' && say.planned,
    run.only === 'failed' && say.again,
    run.cycle > 0 && say.cycles(run.cycle),
  ]);
}

/** All that is known of it besides, as pairs of a heading and a text. */
export function factsOf(run, names) {
  const stopper = run.stoppedByName || (run.stoppedBy && names.device(run.stoppedBy));
  return [
    [say.began, exact(run.startedAt)],
    [say.ended, exact(run.endedAt)],
    [say.stoppedBy, stopper && isolated(stopper)],
    [say.people, run.total > 0 && String(run.total)],
    [say.paused, run.pauses > 0 && say.times(run.pauses, duration(run.pausedFor))],
    [say.waited, run.waits > 0 && say.times(run.waits, duration(run.waitedFor))],
    [say.pace, run.messageInterval !== null && say.every(duration(run.messageInterval * 1000))],
    [say.rests, run.continuousPause !== null && duration(run.continuousPause * 1000)],
    [say.device, run.detached && run.planId === '' && say.detached],
  ].filter(([, text]) => text);
}
