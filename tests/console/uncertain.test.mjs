import assert from 'node:assert/strict';
import { test } from 'node:test';

import { needsAsking, resolvedWords, undecided, versionOf } from '../../static/uncertain.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const ANN = { id: 'r1', name: 'Ann', reason: 'cut off', at: 1000 };
const BEA = { id: 'r2', name: 'Bea', reason: '', at: null };

const asked = event('local/uncertainAsked', chat());
const listed = (version, ...recipients) => event('local/uncertainListed', chat({ version, recipients }));
const resolved = (data) => event('uncertainResolved', chat({ deviceId: OTHER, action: 'resend', count: 1, revision: 20, ...data }));
const progress = (revision, uncertain) =>
  event('processingProgress', chat({ deviceId: OTHER, revision, progress: { current: 2, total: 10, uncertain } }));
const list = (...events) => after(registered(), ...events).uncertain['7/chat'];

test('a list is asked for once, and again when something says that it changed', () => {
  assert.equal(needsAsking(undefined), true);
  assert.equal(needsAsking(list(asked)), false);
  const known = [asked, listed(1, ANN)];
  assert.deepEqual(list(...known), { recipients: [ANN], more: 0, version: 1, asked: 1, decided: 0 });
  const signs = [
    resolved(),
    progress(12, 1),
    event('processingStarted', chat({ deviceId: OTHER, revision: 12 })),
    event('local/uncertainChanged', chat()),
  ];
  for (const sign of signs) {
    const now = list(...known, sign);
    assert.equal(needsAsking(now), true, sign.name);
    assert.deepEqual(now.recipients, [ANN], 'what is known stays to be seen until the answer is here');
  }
});

test('progress that makes nobody uncertain asks for nothing', () => {
  const known = [progress(12, 1), asked, listed(2, ANN)];
  assert.equal(versionOf(list(...known)), 2);
  assert.equal(needsAsking(list(...known, progress(13, 1))), false);
  assert.equal(needsAsking(list(...known, progress(12, 2))), false, 'an old event is no sign');
});

test('an answer of before the last change says nothing', () => {
  const now = list(asked, resolved(), listed(1, ANN, BEA));
  assert.deepEqual([now.recipients, needsAsking(now)], [[], true]);
  assert.deepEqual(list(asked, resolved(), asked, listed(1, ANN, BEA), listed(2, BEA)).recipients, [BEA]);
});

test('a question without an answer is asked again', () => {
  const unheard = (version) => event('local/uncertainUnheard', chat({ version }));
  assert.equal(needsAsking(list(asked, unheard(1))), true);
  assert.equal(needsAsking(list(asked, resolved(), asked, unheard(1))), false, 'a newer one is under way');
});

test('the end of a run lists them, unless there may be more than it can carry', () => {
  const complete = (recipients, more) =>
    event('processingComplete', chat({ deviceId: OTHER, revision: 14, stats: { uncertain: 2 }, uncertainRecipients: recipients, uncertainMore: more }));
  const now = list(progress(12, 1), asked, complete([ANN, { id: 'r3', name: '' }]));
  assert.deepEqual(now.recipients, [ANN, { id: 'r3', name: 'r3', reason: '', at: null }]);
  assert.equal(needsAsking(now), false);
  assert.equal(needsAsking(list(asked, listed(1), complete(Array(100).fill(ANN)))), true);
  assert.equal(needsAsking(list(asked, listed(1), complete([ANN], 1))), true);
  assert.equal(needsAsking(list(asked, listed(1), complete(undefined))), true);
});

test('a list that has more than is listed says how many', () => {
  const many = event('local/uncertainListed', chat({ version: 1, recipients: [ANN, BEA], more: 17 }));
  assert.equal(list(asked, many).more, 17);
  const fewer = event('local/uncertainListed', chat({ version: 2, recipients: [BEA], more: 0 }));
  assert.equal(list(asked, many, resolved(), asked, fewer).more, 0);
  assert.equal(list(asked, event('local/uncertainListed', chat({ version: 1, recipients: [ANN] }))).more, 0, 'an earlier server says nothing');
});

test('a fresh snapshot makes every list unknown, a recovered connection none', () => {
  const state = after(registered(), asked, listed(1, ANN));
  const again = (data) => after(state, event('deviceRegistered', { deviceId: ME, epoch: 'e1', revision: 12, ...data }));
  assert.deepEqual(again({ recovered: false }).uncertain, {});
  assert.equal(again({ recovered: true }).uncertain, state.uncertain);
  assert.deepEqual(after(state, event('resync', { epoch: 'e2', revision: 1 })).uncertain, {});
});

test('a decision is told at its card, on every device', () => {
  const notice = (data) => after(registered(), resolved(data)).notices['7/chat'].text;
  assert.equal(notice({ deviceId: ME }), '1 person can be messaged again in the next run');
  assert.equal(notice({ action: 'leave', count: 3 }), '3 people count as messaged (decided on another device)');
});

test('who was decided about is not counted twice, whether the server says how the run stands or not', () => {
  const counted = (data) => {
    const state = after(registered(), progress(12, 3), resolved(data));
    return undecided(state.uncertain['7/chat'], state.runs['7/chat']);
  };
  assert.equal(counted({}), 2);
  assert.equal(counted({ current: 2, total: 10, uncertain: 2 }), 2);
  const { sent, uncertain } = after(registered(), progress(12, 3), resolved({ sent: 1, uncertain: 2 })).runs['7/chat'];
  assert.deepEqual([sent, uncertain], [1, 2]);
});

test('a late answer is told of by the counters alone', () => {
  const state = after(registered(), progress(12, 3), resolved({ answered: true, sent: 1, uncertain: 2 }));
  assert.deepEqual([state.notices, state.runs['7/chat'].uncertain, state.journal.entries], [{}, 2, []]);
});

test('words', () => {
  assert.equal(resolvedWords('leave', 1), '1 person counts as messaged');
  assert.equal(resolvedWords('resend', 2), '2 people can be messaged again in the next run');
});
