import assert from 'node:assert/strict';
import { test } from 'node:test';

import { choicesFor } from '../../static/palette.js';
import { after, chat, event, ME, registered } from './helpers.mjs';

const profile = (id, name, country_name = '') => ({ external_id: id, name, country_name, age: '', photo_link: '' });
const ITEMS = [profile('7', 'Inès Haddad', 'Ukraine'), profile('8', 'Anna Berg', 'Italy'), profile('9', 'Berta Okafor', 'Italy')];
const known = after(registered(), event('local/profiles', { status: 'ready', items: ITEMS }), event('local/select', { profileId: '7' }));
const opened = (query, state = known) => choicesFor(query, state).choices.filter(({ action }) => action === 'open').map(({ profileId }) => profileId);
const actions = (query, state = known) => choicesFor(query, state).choices.filter(({ action }) => action !== 'open').map(({ action }) => action);

test('a profile is found by words in any order, without accents', () => {
  assert.deepEqual(opened('ukr ines'), ['7']);
  assert.deepEqual(opened('nobody'), []);
});

test('a name that begins with the words comes before one in which they stand', () => {
  assert.deepEqual(opened('ber'), ['9', '8']);
});

test('what can be done is what can be done now', () => {
  assert.deepEqual(actions('chat of'), ['start', 'later', 'messaged']);
  assert.deepEqual(actions('stop'), []);
  const going = after(known, event('processingStarted', chat({ deviceId: ME, startedAt: 1, revision: 11 })));
  assert.deepEqual(actions('stop', going), ['stop', 'stopAll']);
});

test('those who failed are tried again from there, too, where there are some', () => {
  const listed = (named) => after(known, event('local/unsentListed', chat({ version: 1, recipients: [], named, unnamed: 0 })));
  assert.deepEqual(actions('again', listed(2)), ['again']);
  assert.deepEqual(actions('again', listed(0)), []);
});

test('a name in the words of an action does not turn them', () => {
  const turned = after(known, event('local/profiles', { status: 'ready', items: [profile('7', 'Eve \u202egnihton')] }));
  const [{ text }] = choicesFor('start chat', turned).choices;
  assert.ok(text.includes('\u2068Eve gnihton\u2069'));
});

test('the history of runs is found by its name, by whoever may see', () => {
  for (const role of ['viewer', 'operator', 'manager', 'admin']) {
    const state = { ...known, who: { role, team: 'red', operatorId: '1' } };
    assert.deepEqual(actions('history', state), ['past'], role);
  }
});

test('sessions are for everybody, figures for managers, service tokens, webhooks and the record for admins', () => {
  const dialogs = ['analytics', 'sessions', 'backends', 'webhooks', 'record'];
  const found = (role) => actions('', { ...known, who: { role, team: 'red', operatorId: '1' } }).filter((action) => dialogs.includes(action));
  for (const role of ['viewer', 'operator']) assert.deepEqual(found(role), ['sessions'], role);
  assert.deepEqual(found('manager'), ['analytics', 'sessions']);
  assert.deepEqual(found('admin'), dialogs);
});

test('there is an end to the rows', () => {
  const many = Array.from({ length: 500 }, (_, index) => profile(String(index), `Person ${index}`));
  const state = after(known, event('local/profiles', { status: 'ready', items: many }));
  const { choices, number } = choicesFor('person', state); // and two each to start, to plan and to look at, for the one that is chosen
  assert.deepEqual([choices.length, number], [30, 506]);
});
