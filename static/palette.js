// What the field of Ctrl+K finds: profiles by any words of theirs, and what can be done now. Pure.

import { isOwn } from './status.js';
import { keyOf, TYPES } from './keys.js';
import { fold, hasWords, isolated } from './names.js';
import { COMMANDS, isTheirs, may } from './rights.js';
import { running } from './state.js';
import { words } from './words.js';

const FOUND_MAX = 30; // rows; whoever sees more than that types another letter

const say = words.find;

const haystacks = new WeakMap(); // of profiles, made once each

function haystackOf(profile) {
  if (!haystacks.has(profile)) {
    const { name, external_id: id, country_name: country, age } = profile;
    haystacks.set(profile, fold([name, id, country, age].join(' ')));
  }
  return haystacks.get(profile);
}

/** The right that a choice takes, where it takes more than to see. */
const TAKES = {
  start: COMMANDS.startProcessing,
  again: COMMANDS.startProcessing,
  stop: COMMANDS.stopProcessing,
  pause: COMMANDS.pauseProcessing,
  resume: COMMANDS.resumeProcessing,
  later: COMMANDS.planRun,
  takeOver: COMMANDS.takeOverProcessing,
  stopAll: COMMANDS.stopAllProcessing,
  select: COMMANDS.startProcessing,
  selectAll: COMMANDS.startProcessing,
  analytics: 'oversee',
  backends: 'administer',
  webhooks: 'administer',
  record: 'administer',
};

/** Whether who is signed in may do this at all. */
export const mayDo = ({ who }, { action }) => may(who, TAKES[action] ?? 'see');

/** What can be done about the runs of the open profile. */
function runActions({ runs, unsent, selected, profiles, device, who }) {
  const profile = profiles.items.find(({ external_id: id }) => id === selected);
  if (!profile) return [];
  const name = isolated(profile.name);
  return TYPES.flatMap((type) => {
    const run = runs[keyOf(selected, type)];
    const { status, paused } = run ?? {};
    const later = { action: 'later', type, icon: 'clock', text: say.later[type](name) };
    const again = { action: 'again', type, profileId: selected, icon: 'again', text: say.again[type](name) };
    const anyFailed = unsent[keyOf(selected, type)]?.named > 0;
    if (status !== 'running') return [{ action: 'start', type, icon: 'play', text: say.start[type](name) }, later, ...(anyFailed ? [again] : [])];
    if (!isTheirs(who, run)) return [later];
    const hold = paused ? 'resume' : 'pause';
    return [
      { action: 'stop', type, icon: 'stop', text: say.stop[type](name) },
      { action: hold, type, icon: paused ? 'play' : 'pause', text: say[hold][type](name) },
      later,
      ...(isOwn(run, device?.id ?? null) ? [] : [{ action: 'takeOver', type, icon: 'device', text: say.takeOver[type](name) }]),
    ];
  });
}

/** What can be looked at about the open profile. */
function profileActions({ selected, profiles }) {
  const profile = profiles.items.find(({ external_id: id }) => id === selected);
  if (!profile) return [];
  return TYPES.map((type) => ({ action: 'messaged', type, icon: 'check', text: say.messaged[type](isolated(profile.name)) }));
}

function actionsOf(state, { theme, who }) {
  const { theirs } = running(state);
  const { show } = state.filter;
  return [
    ...runActions(state),
    ...profileActions(state),
    ...(theirs > 0 ? [{ action: 'stopAll', icon: 'stop', text: say.stopAll(theirs) }] : []),
    ...['running', 'needs', 'all']
      .filter((name) => name !== show)
      .map((name) => ({
        action: 'show',
        name,
        icon: 'filter',
        text: { running: say.showRunning, needs: say.showNeeds, all: say.showAll }[name],
      })),
    ...(state.profiles.items.length > 0 ? [{ action: 'select', icon: 'select', text: say.select }, { action: 'selectAll', icon: 'select', text: say.selectAll }] : []),
    { action: 'activity', icon: 'activity', text: say.activity },
    ...(who ? [{ action: 'who', icon: 'people', text: say.who }] : []),
    ...['auto', 'light', 'dark'].filter((name) => name !== theme).map((name) => ({ action: 'theme', name, icon: 'theme', text: say.theme[name] })),
    { action: 'never', icon: 'never', text: say.never },
    { action: 'past', icon: 'history', text: words.past.open },
    { action: 'analytics', icon: 'chart', text: words.analytics.open },
    { action: 'sessions', icon: 'phone', text: words.sessions.open },
    { action: 'backends', icon: 'key', text: words.backends.open },
    { action: 'webhooks', icon: 'hook', text: words.webhooks.open },
    { action: 'record', icon: 'record', text: words.record.open },
    { action: 'shortcuts', icon: 'keyboard', text: say.shortcuts },
    { action: 'signOut', icon: 'out', text: say.signOut },
  ].filter((choice) => mayDo(state, choice));
}

/** Where the words begin a name, before where they stand in it. */
function rankOf(profile, wanted) {
  const name = fold(profile.name);
  if (name.startsWith(wanted)) return 0;
  return name.includes(` ${wanted}`) ? 1 : 2;
}

function profilesOf({ profiles, runs, device }, query) {
  const wanted = fold(query.trim());
  return profiles.items
    .filter((profile) => hasWords(haystackOf(profile), query.trim()))
    .map((profile) => ({ profile, rank: wanted === '' ? 0 : rankOf(profile, wanted) }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ profile }) => {
      const going = TYPES.map((type) => runs[keyOf(profile.external_id, type)]).find((run) => run?.status === 'running');
      const tone = going && (isOwn(going, device?.id ?? null) ? 'own' : 'other');
      return { action: 'open', profile, profileId: profile.external_id, text: profile.name, tone: tone ?? null };
    });
}

/**
 * What fits a query: `{choices, number}`, the best first, each `{action, text, icon or profile, ...}`, at most `FOUND_MAX` of
 * so many. `theme` is the one that is on, `who` whether there is a list of who is here.
 */
export function choicesFor(query, state, { theme = 'auto', who = false } = {}) {
  const actions = actionsOf(state, { theme, who }).filter(({ text }) => hasWords(fold(text), query.trim()));
  const profiles = profilesOf(state, query);
  // Without a word nobody wants the whole list here: what can be done comes first.
  const all = query.trim() === '' ? [...actions, ...profiles] : [...profiles, ...actions];
  return { choices: all.slice(0, FOUND_MAX), number: all.length };
}
