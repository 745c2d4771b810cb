import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError } from '../../static/api.js';
import { aboutOf, detailsOf, EVENTS, eventOf, isOff, lineOf, outcomeOf, placeOf, refusedWords, stateOf, trialOf, trialRefused, trialWords } from '../../static/webhooks.js';
import { words } from '../../static/words.js';

const say = words.webhooks;
const NAMES = { profile: (id) => `profile ${id}` };
const AT = new Date(2026, 10, 28, 9, 42).getTime();
const MINUTE = 60_000;
/** A line without the marks around names. */
const bare = (text) => text.replace(/[\u2068\u2069]/gu, '');
const webhook = (fields) => ({ id: 'w', url: 'https://a.example/x', events: EVENTS, profiles: null, operatorId: 'ann', madeAt: AT, state: 'on', failingSince: null, nextAt: null, lastAttempt: null, ...fields });
const attempt = (fields) => ({ id: '1-0', webhookId: 'msg_1', event: 'ping', profileId: null, at: AT, took: 40, outcome: 'told', attempt: 1, code: 200, answer: 'fine', ...fields });

test('what it is told, of whom, and who made it', () => {
  const about = (fields) => bare(aboutOf(webhook(fields), NAMES));
  assert.match(about({}), /^All events · all profiles · made by ann, /);
  assert.match(about({ events: ['run.stopped', 'moon.risen'] }), /^Run stopped, moon\.risen · /);
  assert.match(about({ profiles: ['7', '8'] }), / · only profile 7, profile 8 · /);
  assert.match(about({ profiles: ['1', '2', '3', '4'] }), / · only 4 profiles · /);
  assert.match(about({ profiles: [] }), / · only no profile · /);
});

test('one that fails says since when and when it is tried again', () => {
  const failing = webhook({ failingSince: AT, nextAt: AT + 5 * MINUTE, lastAttempt: attempt({ outcome: 'failed', code: 500 }) });
  assert.equal(stateOf(failing), 'failing');
  assert.match(lineOf(failing, AT), /^Cannot be told since 9:42.* · failed, answered 500 · tried again at 9:47/);
  assert.match(lineOf(failing, AT + 6 * MINUTE), / · tried again soon$/);
  assert.match(lineOf({ ...failing, lastAttempt: undefined }, AT), /^Cannot be told since 9:42[^·]* · tried again at 9:47/, 'a server of before');
});

test('one that is off says by whom, also where it had failed', () => {
  for (const state of ['off', 'gone']) {
    const off = webhook({ state, failingSince: AT, nextAt: AT });
    assert.deepEqual([stateOf(off), isOff(off), lineOf(off)], [state, true, say.lines[state]]);
  }
});

test('one that is well says what its last answer was, where there was one', () => {
  assert.equal(lineOf(webhook({})), '');
  assert.equal(lineOf(webhook({ lastAttempt: undefined })), '');
  assert.match(lineOf(webhook({ lastAttempt: attempt({ code: 204 }) }), AT), /^Last attempt: answered 204 · 9:42/);
});

test('each outcome has words, and what a program said stands beside them as it came, without turning the line', () => {
  const outcome = (fields) => outcomeOf(attempt(fields));
  assert.deepEqual(outcome({}), { text: say.told(200), answer: 'fine' });
  assert.deepEqual(outcome({ outcome: 'failed', code: 302, answer: 'a\u202eb' }), { text: say.refusedWith(302), answer: 'ab' });
  assert.deepEqual(outcome({ outcome: 'gone', code: 410, answer: '' }), { text: say.gone(410), answer: '' });
  assert.deepEqual(outcome({ outcome: 'given_up', code: null, answer: '' }), { text: say.givenUp, answer: '' });
  const unanswered = (answer) => outcome({ outcome: 'failed', code: null, answer });
  assert.deepEqual(unanswered('Cannot connect to host'), { text: say.unanswered, answer: 'Cannot connect to host' });
  assert.equal(unanswered('no answer within 10 s').answer, say.reasons.late);
  assert.equal(unanswered('not asked: it is not https').answer, say.reasons.closed);
  assert.equal(unanswered('its secret cannot be read any more: make it anew').answer, say.reasons.sealed);
});

test('details say only what there is to say', () => {
  assert.equal(bare(detailsOf(attempt({ took: 0 }), NAMES)), '');
  const of = detailsOf(attempt({ profileId: '7', attempt: 3, took: 1500 }), NAMES, AT + MINUTE, AT);
  assert.match(bare(of), /^profile 7 · try 3 · took 1\.5 s · tried again at 9:43/);
});

test('an event and an address that this console does not know stand as they are', () => {
  assert.equal(eventOf('constructor'), 'constructor');
  assert.equal(placeOf('what'), 'what');
});

test('an address is told from others by its host and path, and in short', () => {
  assert.equal(placeOf('https://a.example:8443/x/z?y=1#z'), 'a.example:8443/x/z');
  assert.equal(placeOf('https://a.example/'), 'a.example');
  assert.equal(placeOf('https://a.example/?y=1'), 'a.example');
  assert.equal(placeOf('https://bücher.example/מחכה-🎉'), 'bücher.example/מחכה-🎉');
  assert.match(placeOf(`https://a.example/${'🎉'.repeat(200)}`), /^a\.example\/🎉{70}…$/u);
  assert.match(placeOf(`https://a.example/${'x'.repeat(2000)}`), /^a\.example\/x{70}…$/u);
});

test('why an address is not taken can be seen by it', () => {
  const refused = (address) => refusedWords(new ApiError(400, 'invalid_payload'), address);
  for (const address of ['what', 'ftp://a.example', 'https://']) assert.equal(refused(address), say.address.none, address);
  for (const address of ['https://ann:x@a.example/', 'https://a.example/#x', 'https://a.example/#']) assert.equal(refused(address), say.address.more, address);
  assert.equal(refused('https://a.example/a b'), say.address.spaces);
  assert.equal(refused('http://a.example'), say.address.plain);
  assert.equal(refused('https://127.0.0.1/x'), say.address.closed);
  assert.equal(refusedWords(new ApiError(409, 'too_many_webhooks'), 'https://a.example'), say.refused.too_many_webhooks);
  assert.match(refusedWords(new ApiError(0, 'unreachable')), /cannot be reached/);
});

test('of what is told by hand few may wait, and that is said', () => {
  assert.equal(trialRefused(new ApiError(429, 'too_many_requests')), say.trial.full);
  assert.equal(trialRefused(new ApiError(404, 'unknown_delivery')), say.refused.unknown_delivery);
});

/** Rounds of `lists`, one for each question, the last one for good. */
function trial(lists, more = {}) {
  const done = [];
  const answers = [...lists];
  return { done, parts: {
    attempts: async () => (answers.length > 1 ? answers.shift() : answers[0]),
    post: async () => void done.push('posted'),
    isIt: ({ event }) => event === 'ping',
    current: () => true,
    pause: async (ms) => void done.push(ms),
    ...more,
  } };
}

test('what is told by hand is known by what was not there before', async () => {
  const old = attempt({ id: '1-0' });
  const other = attempt({ id: '2-0', event: 'run.completed' });
  const first = attempt({ id: '3-0', outcome: 'failed', code: 500 });
  const second = attempt({ id: '3-0', attempt: 2 });
  const { done, parts } = trial([[old], [old], [other, old], [second, first, other, old]]);
  assert.equal(await trialOf(parts), first);
  assert.equal(done[0], 'posted');
  assert.equal(done.length, 4);
});

test('what waits behind others is not waited for without end, nor what nobody looks at any more', async () => {
  const { done, parts } = trial([[]]);
  assert.equal(await trialOf(parts), null);
  assert.ok(done.slice(1).reduce((sum, ms) => sum + ms, 0) > 10_000, 'the server waits so long for an answer');
  const left = trial([[], [attempt({})]], { current: () => false });
  assert.equal(await trialOf(left.parts), null);
});

test('how it ended is one line, with the reason where there was no answer', () => {
  assert.equal(trialWords(null), say.trial.waits);
  assert.match(trialWords(attempt({ answer: 'fine' }), AT), /^Sent: answered 200 · took < 1 s · 9:42/);
  assert.match(bare(trialWords(attempt({ outcome: 'failed', code: null, answer: 'no such host' }), AT)), /^Sent: failed, no answer · no such host · took/);
});
