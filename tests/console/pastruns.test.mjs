import assert from 'node:assert/strict';
import { test } from 'node:test';

import { byOf, factsOf, outcomeOf, queryOf, whoseOf } from '../../static/pastruns.js';
import { words } from '../../static/words.js';

const say = words.past;
const NAMES = { profile: (id) => `profile ${id}`, device: (id) => `device ${id}` };
const PROFILES = [{ external_id: '7', name: 'Anna' }, { external_id: '8', name: '9' }];
const NOTHING = { text: '', outcome: '', type: '', profile: '', who: '', from: '', to: '' };
const TEXTS = ['reason', 'code', 'stoppedBy', 'stoppedByName', 'planId', 'only', 'device'];
/** A run as the server gives it. */
const run = (fields) => ({
  ...Object.fromEntries(TEXTS.map((name) => [name, ''])),
  ...{ id: 'r', profileId: '7', type: 'chat', operatorId: 'ann', deviceId: 'd', outcome: 'completed', startedAt: 1_000, endedAt: 61_000 },
  ...{ detached: false, messageInterval: null, continuousPause: null, cycle: 0, totals: null, pauses: 0, pausedFor: 0, waits: 0, waitedFor: 0 },
  ...{ total: 5, sent: 5, skipped: 0, failed: 0, uncertain: 0 },
  ...fields,
});
/** A line without the marks around names. */
const bare = (text) => text.replace(/[\u2068\u2069]/gu, '');

test('what is not chosen is not asked for', () => {
  assert.deepEqual(queryOf(NOTHING, PROFILES), {});
  const { since, until, ...rest } = queryOf({ text: 'sea', outcome: 'stopped', type: 'mail', profile: '7', who: 'ann', from: '2026-03-28', to: '2026-03-28' }, PROFILES);
  assert.deepEqual(rest, { words: 'sea', outcome: 'stopped', type: 'mail', profile: '7', operatorId: 'ann' });
  assert.equal(until - since, 86_400_000 - 1);
});

test('a profile is found by its name or its id, and one that is not there is asked for as it was typed', () => {
  const wanted = (profile) => queryOf({ ...NOTHING, profile }, PROFILES).profile;
  assert.equal(wanted('Anna'), '7');
  assert.equal(wanted('8'), '8');
  assert.equal(wanted('9'), '8');
  assert.equal(wanted('10'), '10');
});

test('it says whose it was', () => {
  assert.equal(bare(whoseOf(run({}), NAMES)), 'Chat of profile 7');
  assert.equal(bare(whoseOf(run({ type: 'fax' }), NAMES)), 'fax of profile 7');
});

test('only what happened is counted, and of a continuous one what came of all its cycles', () => {
  assert.equal(outcomeOf(run({})), 'Completed · 5 messaged');
  assert.equal(outcomeOf(run({ sent: 0, failed: 2, uncertain: 1, skipped: 3 })), 'Completed · 3 left out · 2 failed · 1 uncertain');
  assert.equal(outcomeOf(run({ total: 0, sent: 0 })), `Completed · ${say.nobody}`);
  assert.equal(outcomeOf(run({ outcome: 'stopped', sent: 0, cycle: 2, totals: { sent: 9, failed: 0, uncertain: 0 } })), 'Stopped · 9 messaged');
});

test('an interrupted one says why, in words of its own for what only programs need to know', () => {
  const why = (fields) => outcomeOf(run({ outcome: 'interrupted', sent: 0, ...fields }));
  assert.equal(why({ code: 'gateway_refused', reason: 'The gateway answered 422: no such person' }), 'Interrupted · no such person');
  assert.equal(why({ code: 'runner_lost', reason: 'The runner was lost' }), `Interrupted · ${say.codes.runner_lost}`);
  assert.equal(why({ code: 'constructor', reason: 'x' }), 'Interrupted · x');
});

test('who, on what, how long and how', () => {
  assert.equal(bare(byOf(run({}), NAMES)), 'by ann · device d · took 1 min 0 s');
  const planned = run({ device: 'Desk', planId: 'p', only: 'failed', cycle: 3 });
  assert.equal(bare(byOf(planned, NAMES)), 'by ann · Desk · took 1 min 0 s · planned · the failed ones again · continuous, cycle 3');
});

test('facts that are none are left out', () => {
  const headings = (fields) => factsOf(run(fields), NAMES).map(([heading]) => heading);
  assert.deepEqual(headings({ total: 0 }), [say.began, say.ended]);
  const all = { stoppedBy: 'd', pauses: 2, pausedFor: 1_000, waits: 1, waitedFor: 2_000, messageInterval: 3, continuousPause: 60, detached: true };
  assert.deepEqual(headings(all), [say.began, say.ended, say.stoppedBy, say.people, say.paused, say.waited, say.pace, say.rests, say.device]);
  const paused = factsOf(run(all), NAMES).find(([heading]) => heading === say.paused);
  assert.equal(paused[1], '2 times, 1.0 s');
});
