import assert from 'node:assert/strict';
import { test } from 'node:test';

import { choicesFor } from '../../static/palette.js';
import { fieldOf, offered, timeIn } from '../../static/plans.js';
import { factsOf, lineOf } from '../../static/rows.js';
import { activityOf } from '../../static/tidings.js';
import { timesFor, zoneAt } from '../../static/times.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const AT = new Date(2027, 1, 3, 14, 5).getTime();
const plan = (planId, startAt = AT, extra = {}) =>
  chat({ planId, deviceId: OTHER, startAt, latest: 60_000, message: 'Hello', attachments: [], revision: 11, ...extra });
const planned = (...about) => event('runPlanned', plan(...about));
const ended = (planId, extra) => event('planEnded', chat({ planId, revision: 20, reason: 'Skipped', ...extra }));
const plansOf = (...events) => after(registered(), ...events).plans['7/chat'];
const ids = (...events) => (plansOf(...events) ?? []).map(({ planId }) => planId);

test('they are known until their end, the earliest first', () => {
  assert.deepEqual(ids(planned('b', AT + 1), planned('a')), ['a', 'b']);
  assert.deepEqual(ids(planned('b', AT + 1), planned('a'), event('planChanged', plan('b', AT - 1, { revision: 12 }))), ['b', 'a']);
  assert.deepEqual(ids(planned('b', AT + 1), planned('a'), ended('b', { outcome: 'started' })), ['a']);
  assert.equal(plansOf(planned('a'), ended('a', { outcome: 'cancelled' })), undefined);
  assert.deepEqual(ids(event('planSync', plan('a'))), ['a']);
  assert.equal(plansOf(planned('a'), event('resync', { epoch: 'e2', revision: 1 })), undefined);
  assert.equal(plansOf(event('runPlanned', plan('a', 'tomorrow'))), undefined);
  const [repeats] = plansOf(planned('a', AT, { continuous: { pause: 600 }, messageInterval: 2 }));
  assert.deepEqual([repeats.every, repeats.interval], [600, 2]);
});

test('one that does not start says why on its card', () => {
  const told = (extra) => after(registered(), planned('a'), ended('a', extra)).notices['7/chat']?.text;
  assert.match(told({ outcome: 'skipped', code: 'too_late' }), /no server/);
  assert.match(told({ outcome: 'failed', code: 'sign_in_again' }), /Sign in/);
  assert.equal(told({ outcome: 'skipped', code: 'something new' }), 'Skipped');
  assert.equal(told({ outcome: 'started' }), undefined);
});

test('the list says when, while there is nothing else to say', () => {
  const line = (...events) => lineOf(factsOf('7', after(registered(), ...events)), ME);
  assert.match(line(planned('a')).text, /^Chat planned for .*3 Feb/);
  const started = event('processingStarted', chat({ deviceId: ME, startedAt: 1, revision: 12 }));
  assert.doesNotMatch(line(planned('a'), started).text, /planned/);
});

test('who planned, changed and cancelled is told in the right column', () => {
  const state = after(
    registered(),
    planned('a'),
    event('planChanged', plan('a', AT, { changedBy: ME, revision: 12 })),
    event('planChanged', plan('a', AT, { waitingFor: 'locked', revision: 13 })),
    ended('a', { outcome: 'skipped', code: 'locked' }),
    planned('b', AT, { revision: 21 }),
    ended('b', { outcome: 'cancelled', endedBy: ME, revision: 22 }),
  );
  const said = activityOf(state, () => 'Anna').map(({ text }) => text.map((part) => part.b ?? part).join(''));
  assert.deepEqual(said.slice(0, 4), [
    'You cancelled planned Chat of Anna',
    said[1],
    'Anna: planned Chat was skipped',
    'Planned Chat of Anna waits',
  ]);
  assert.match(said[1], /planned Chat of Anna$/);
  assert.equal(said[4], 'You changed planned Chat of Anna');
});

test('the finder offers it whether or not something runs', () => {
  const profile = { external_id: '7', name: 'Anna', country_name: '', age: '' };
  const known = after(registered(), event('local/profiles', { status: 'ready', items: [profile] }), event('local/select', { profileId: '7' }));
  const offers = (state) => choicesFor('chat of anna later', state).choices.map(({ action }) => action);
  assert.deepEqual(offers(known), ['later']);
  assert.deepEqual(offers(after(known, event('processingStarted', chat({ deviceId: ME, startedAt: 1, revision: 12 })))), ['later']);
});

test('a field has local times, to the minute', () => {
  assert.equal(fieldOf(AT), '2027-02-03T14:05');
  assert.equal(timeIn(fieldOf(AT)), AT);
  assert.ok(Number.isNaN(timeIn('')));
  assert.equal(offered(new Date(2027, 1, 3, 14, 5).getTime()), new Date(2027, 1, 3, 15).getTime());
  assert.equal(offered(new Date(2027, 1, 3, 14, 55).getTime()), new Date(2027, 1, 3, 16).getTime());
  const { moment } = timesFor({ hourCycle: 'h23' });
  assert.equal(moment(AT, AT - 60_000), '14:05');
  assert.match(moment(AT, AT - 86_400_000), /3 Feb, 14:05$/);
  assert.match(zoneAt(AT).offset, /^GMT/);
});
