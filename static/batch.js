// One thing done with many profiles: which of them it is for, how it goes out without a flood, and what became of it.

import { inConflict } from './drafts.js';
import { keyOf } from './keys.js';
import { isolated } from './names.js';
import { isTheirs } from './rights.js';
import { isOwn, refusal, startOf, startProblem, startWhy } from './status.js';
import { words } from './words.js';

const AT_ONCE = 4; // commands without an answer: well within the server's allowance, and nothing else waits for long
const REST = 1_000; // ms until one that the server was too busy for is asked again, where it says nothing else
const REST_MAX = 30_000; // ms
const TRIES_MAX = 30; // of one command; then it counts as refused, and can be tried again by hand
/** The answer of a server that has had too much at once. */
const BUSY = 'too_many_requests';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const restOf = ({ retryAfter }) => Math.min(REST_MAX, retryAfter > 0 ? retryAfter * 1000 : REST);

/**
 * Ask for each item, a few at a time, as long as `wanted()`: `ask(item)` resolves to an ack, which `heard(item, ack)` gets.
 * Resolves to the items that were not asked for any more.
 */
export async function paced(items, { ask, heard, wanted, atOnce = AT_ONCE, rest = sleep }) {
  const left = [...items];

  async function answerOf(item) {
    let ack = await ask(item);
    for (let tries = 1; ack.code === BUSY && tries < TRIES_MAX && wanted(); tries += 1) {
      await rest(restOf(ack));
      if (wanted()) ack = await ask(item);
    }
    return ack;
  }

  async function lane() {
    while (left.length > 0 && wanted()) {
      const item = left.shift();
      heard(item, await answerOf(item));
    }
  }

  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return left;
}

const FITS = {
  start: (run) => run?.status !== 'running',
  stop: (run) => run?.status === 'running',
  pause: (run) => run?.status === 'running' && !run.paused,
  resume: (run) => run?.status === 'running' && run.paused,
};

/** What can be done with the runs of profiles, in the order of its buttons. */
export const DOINGS = Object.freeze(Object.keys(FITS));

/** For which profiles each of these is, `{start: [profileId], stop, pause, resume}`, without runs that are others' to change. */
export function fitting({ runs, who }, ids, type) {
  const fits = (does, run) => FITS[does](run) && (does === 'start' || isTheirs(who, run));
  const found = {};
  for (const does of DOINGS) found[does] = [...ids].filter((id) => fits(does, runs[keyOf(id, type)]));
  return found;
}

/**
 * What a start of these would be: `[{profileId, name, message, why, locked}]`, each with its own text, or all with `text`
 * where that is not null; why it is left out, in few words, is empty where it is not. `locked`: another device's run keeps
 * it from starting.
 */
export function startsOf(state, ids, type, text = null) {
  const names = new Map(state.profiles.items.map(({ external_id: id, name }) => [id, name]));
  const connection = { status: 'connected' }; // that there is none keeps all from starting, and is said once
  return [...ids].map((profileId) => {
    const message = text ?? state.drafts[keyOf(profileId, type)]?.message ?? '';
    const start = startOf({ ...state, connection }, profileId, type, message);
    if (text !== null) start.conflict = false;
    const problem = startProblem(start);
    const locked = start.run?.status === 'running' && !isOwn(start.run, start.me);
    return { profileId, name: names.get(profileId) ?? profileId, message, why: problem && (startWhy(start) || problem), locked };
  });
}

/** The same, where those are left out, too, that would message nobody by `counts`, a map of profileId to ack. */
export function withSomebody(starts, counts) {
  const isNobody = ({ profileId, why }) => why === '' && counts.get(profileId)?.toMessage === 0;
  const whyOf = ({ profileId }) => (counts.get(profileId).recipients === 0 ? words.many.nobodyListed : words.many.nobodyLeft);
  return starts.map((start) => (isNobody(start) ? { ...start, why: whyOf(start) } : start));
}

/**
 * What copying a text of `sourceId` to these would be: `{text, targets, replaced, apart}`, lists of `{profileId, name}`: all that
 * get it, those of them which have another text, and those which do not get it, as they have two texts to choose from.
 */
export function copiesOf({ drafts, profiles }, ids, type, sourceId) {
  const draftOf = (id) => drafts[keyOf(id, type)];
  const wanted = new Set(ids);
  const text = draftOf(sourceId)?.message ?? '';
  const others = profiles.items
    .filter(({ external_id: id }) => wanted.has(id) && id !== sourceId)
    .map(({ external_id: profileId, name }) => ({ profileId, name }));
  const targets = others.filter(({ profileId }) => !inConflict(draftOf(profileId)));
  return {
    text,
    targets,
    replaced: targets.filter(({ profileId }) => !['', text].includes(draftOf(profileId)?.message ?? '')),
    apart: others.filter(({ profileId }) => inConflict(draftOf(profileId))),
  };
}

/** Whose text can be copied: the open profile's first, then those that are selected, as far as they have one. */
export function sourcesOf({ drafts, profiles, selected }, ids, type) {
  const wanted = new Set([selected, ...ids].filter((id) => drafts[keyOf(id, type)]?.message));
  const found = profiles.items.filter(({ external_id: id }) => wanted.has(id));
  return found.sort((one, other) => Number(other.external_id === selected) - Number(one.external_id === selected));
}

/** What was counted of so many profiles, by `counts`, a map of profileId to ack: `{counted, people, unknown}`. */
export function sumOf(starts, counts) {
  const acks = starts.map(({ profileId }) => counts.get(profileId)).filter(Boolean);
  return {
    counted: acks.length,
    people: acks.reduce((sum, ack) => sum + (ack.ok ? ack.toMessage : 0), 0),
    unknown: acks.filter(({ ok }) => !ok).length,
  };
}

/** What became of a batch, `{text, groups: [{text, names}]}`: those that were refused by why. */
export function summaryOf({ does, type, done, refused, halted }) {
  const groups = new Map();
  for (const { name, text } of refused) groups.set(text, [...(groups.get(text) ?? []), isolated(name)]);
  const says = words.many;
  return {
    text: words.join([says.done[does](says.runs[type](done)), halted > 0 ? says.halted(halted) : '']),
    groups: [...groups].map(([text, names]) => ({ text: says.refused(text, names.length), names: says.names(names) })),
  };
}

/**
 * Does one thing with many, one batch at a time. `ask(does, type, entry)` resolves to the ack of one of them, `tell(batch)`
 * puts into the state how far it is: `{does, type, all, done, refused: [{...entry, text}], halted, over}`, null when it was
 * read. Returns `{begin(does, type, entries), again(), halt(), dismiss(), forget()}`, entries being `{profileId, name}`, and what more a
 * start has.
 */
export function createBatch({ ask, tell, rest }) {
  let now = null; // the batch that goes on, or was the last
  let wanted = false;
  let round = 0; // of operators: what one of before has begun is not told to the next

  function say(change) {
    now = { ...now, ...change };
    tell(now);
  }

  async function begin(does, type, entries, refused = []) {
    if (now?.over === false) return;
    const mine = round;
    wanted = true;
    say({ does, type, all: entries.length, done: 0, refused, halted: 0, over: false });
    const left = await paced(entries, {
      rest,
      wanted: () => wanted && mine === round,
      ask: (entry) => ask(does, type, entry),
      heard(entry, ack) {
        if (mine !== round) return;
        if (ack.ok) say({ done: now.done + 1 });
        else say({ refused: [...now.refused, { ...entry, text: refusal(ack) }] });
      },
    });
    if (mine !== round) return;
    wanted = false;
    say({ halted: left.length, over: true });
  }

  return {
    begin,
    again: () => begin(now.does, now.type, now.refused),
    halt() {
      wanted = false;
    },
    dismiss() {
      if (now?.over !== true) return;
      now = null;
      tell(null);
    },
    /** Another operator may be next: nothing more goes out. */
    forget() {
      round += 1;
      now = null;
    },
  };
}
