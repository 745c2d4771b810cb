// Webhooks in words, as view/webhooks.js and view/attempts.js show them: what they are told, how they are, what became of each
// attempt, and why an address is not taken. And something that is told by hand, until it is known what became of it.

import { doWords } from './failures.js';
import { isolated, plain } from './names.js';
import { duration, moment, when } from './times.js';
import { words } from './words.js';

const say = words.webhooks;

/** What one can be told of, as the server has it. */
export const EVENTS = Object.freeze(['run.completed', 'run.stopped', 'run.interrupted', 'run.needs_attention']);
export const PING = 'ping';

const PLACE_MAX = 80; // characters

/** ms between two looks at what became of something; the server waits 10 s for an answer, which all of them are longer than. */
const LOOKS = [200, 400, 800, 1_500, 2_500, 3_000, 4_000];

const pausing = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** An event, or what a newer server calls one. */
export const eventOf = (event) => (Object.hasOwn(say.events, event) ? say.events[event] : plain(event));

function parsed(url) {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

/** What tells an address from others, for a question or the label of a button: without its query. */
export function placeOf(url) {
  const place = url.replace(/^https?:\/\/|\/?[?#].*$|\/$/giu, ''); // as somebody wrote it: a parsed one is in codes
  const letters = [...place];
  return letters.length > PLACE_MAX ? say.cut(letters.slice(0, PLACE_MAX).join('')) : place;
}

/** Whether it is told nothing now, whoever switched it off. */
export const isOff = ({ state }) => state !== 'on';

/** How one is, as a word that css/webhooks.css knows. */
export const stateOf = ({ state, failingSince }) => (state === 'on' && failingSince !== null ? 'failing' : state);

/** What it is told of, about which profiles, and who made it. `names`: `{profile(id)}`. */
export function aboutOf({ events, profiles, operatorId, madeAt }, names) {
  const all = EVENTS.every((event) => events.includes(event));
  return words.join([
    all ? say.allEvents : events.map(eventOf).join(say.comma),
    profiles === null ? say.allProfiles : say.profilesOf(profiles.map((id) => isolated(names.profile(id)))),
    say.made(isolated(operatorId), when(madeAt)),
  ]);
}

const nextOf = (at, now) => (at === null ? '' : at > now ? say.nextAt(moment(at, now)) : say.nextSoon);

/** Why there was no answer, in words; as the server says it where there are none. */
function reasonOf(answer) {
  const known = Object.entries(words.fixed.unanswered).find(([, begins]) => answer.startsWith(begins));
  return known ? say.reasons[known[0]] : plain(answer);
}

/** What became of an attempt, and what the answer was: `{text, answer}`. */
export function outcomeOf({ outcome, code, answer }) {
  if (outcome === 'given_up') return { text: say.givenUp, answer: '' };
  if (outcome === 'gone') return { text: say.gone(code), answer: plain(answer) };
  if (code === null) return { text: say.unanswered, answer: reasonOf(answer) };
  return { text: (outcome === 'told' ? say.told : say.refusedWith)(code), answer: plain(answer) };
}

/** How it is with it, since when, and what comes next. A server of an earlier version does not say what its last attempt was. */
export function lineOf(webhook, now = Date.now()) {
  const { failingSince, nextAt, lastAttempt: last } = webhook;
  const state = stateOf(webhook);
  if (state === 'failing') return words.join([say.failing(moment(failingSince, now)), last && outcomeOf(last).text, nextOf(nextAt, now)]);
  if (state === 'on') return last ? words.join([say.last(outcomeOf(last).text), moment(last.at, now)]) : '';
  return say.lines[state] ?? '';
}

/** About which profile, which try, how long it took, and when the next one is; `next`: ms, null where there is none. */
export const detailsOf = ({ profileId, attempt, took }, names, next = null, now = Date.now()) =>
  words.join([
    profileId !== null && isolated(names.profile(profileId)),
    attempt > 1 && say.attempt(attempt),
    took > 0 && say.took(duration(took)),
    nextOf(next, now),
  ]);

/** Why an address is not taken: most of it can be seen by the address. */
function addressWhy(text) {
  if (/\s/u.test(text)) return say.address.spaces;
  const known = parsed(text);
  if (known === null || !/^https?:$/.test(known.protocol)) return say.address.none;
  if (known.username !== '' || known.password !== '' || text.includes('#')) return say.address.more;
  return known.protocol === 'http:' ? say.address.plain : say.address.closed;
}

/** Why something could not be done; `address`: that of the webhook that was to be made, `number`: how many there are. */
export function refusedWords(error, address = null, number = null) {
  if (error.code === 'too_many_webhooks' && number === 0) return say.noneMayBe;
  if (error.code === 'invalid_payload' && address !== null) return addressWhy(address);
  return say.refused[error.code] ?? doWords(error);
}

/** Why nothing is told by hand: few may wait at once. */
export const trialRefused = (error) => (error.code === 'too_many_requests' ? say.trial.full : refusedWords(error));

/** What became of what was told by hand. What was answered by a program is among the attempts. */
export function trialWords(attempt, now = Date.now()) {
  if (attempt === null) return say.trial.waits;
  const { text, answer } = outcomeOf(attempt);
  return words.join([say.trial.over(text), attempt.code === null && isolated(answer), say.took(duration(attempt.took)), moment(attempt.at, now)]);
}

/**
 * Have something told by hand, and wait for what becomes of it.
 *   attempts()   the last attempts, newest first
 *   post()       has it told
 *   isIt(attempt)   whether an attempt may be of it
 *   current()    whether somebody still waits for it
 * Resolves to the first attempt, or to null where none is known in time: what comes before it may have to wait.
 */
export async function trialOf({ attempts, post, isIt, current, pause = pausing }) {
  const before = new Set((await attempts()).map(({ id }) => id));
  await post();
  for (const ms of LOOKS) {
    await pause(ms);
    if (!current()) return null;
    const found = (await attempts()).findLast((each) => !before.has(each.id) && isIt(each));
    if (found) return found;
  }
  return null;
}
