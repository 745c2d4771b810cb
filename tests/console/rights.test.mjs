import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fitting } from '../../static/batch.js';
import { choicesFor, mayDo } from '../../static/palette.js';
import { administers, isTheirs, may, NOBODY, whoOf } from '../../static/rights.js';
import { running } from '../../static/state.js';
import { startOf, startProblem, startWhy } from '../../static/status.js';
import { words } from '../../static/words.js';
import { after, chat, event, OTHER, registered } from './helpers.mjs';

const ITEMS = [{ external_id: '7', name: 'Inès', country_name: '', age: '', photo_link: '' }];
const who = (role, team = 'red') => whoOf({ role, team }, 'bob');
/** A console of a role that looks at a profile whose chat is a run of Ann's. */
const seenBy = (role) => ({
  ...after(
    registered(),
    event('local/profiles', { status: 'ready', items: ITEMS }),
    event('local/select', { profileId: '7' }),
    event('processingStarted', chat({ deviceId: OTHER, operatorId: 'ann', startedAt: 1, revision: 11 })),
  ),
  who: who(role),
});
const offered = (query, state) => choicesFor(query, state).choices.map(({ action }) => action);

test('where no role is known, or one that is new, all is offered', () => {
  for (const one of [NOBODY, undefined, who('owner')]) assert.equal(may(one, 'clear'), true);
  assert.equal(isTheirs(NOBODY, { operatorId: 'ann' }), true);
});

test('a device is told of its role and team, and keeps the same object as long as these are the same', () => {
  const first = after(registered(), event('deviceRegistered', { deviceId: 'd', role: 'viewer', team: 'red' }));
  assert.deepEqual(first.who, { role: 'viewer', team: 'red', operatorId: '' });
  assert.equal(after(first, event('deviceRegistered', { deviceId: 'd', role: 'viewer', team: 'red' })).who, first.who);
  assert.equal(after(first, event('deviceRegistered', { deviceId: 'd', role: 'admin', team: 'red' })).who.role, 'admin');
});

test('only a manager has to do with the runs of others, and a viewer not with any', () => {
  const both = [{ operatorId: 'ann' }, { operatorId: 'bob' }];
  const theirs = (role) => both.map((run) => isTheirs(who(role), run));
  assert.deepEqual(['viewer', 'operator', 'manager', 'admin'].map(theirs), [[false, false], [false, true], [true, true], [true, true]]);
  for (const [role, number] of [['viewer', 0], ['operator', 0], ['manager', 1]]) {
    assert.equal(running(seenBy(role)).theirs, number);
    assert.equal(fitting(seenBy(role), ['7'], 'chat').stop.length, number);
  }
});

test('where runs go on, as those of others do, it is not said that all were stopped', () => {
  const all = event('allProcessingStopped', { deviceId: OTHER, stoppedBy: OTHER, message: 'All processing stopped', stoppedProfiles: [{ profileId: '8', type: 'mail' }] });
  const stopped = event('processingStopped', chat({ deviceId: OTHER, operatorId: 'ann', message: 'Stopped', revision: 12 }));
  const said = (...events) => after(seenBy('operator'), ...events).banner.text;
  assert.equal(said(all), words.run.elsewhere('1 run stopped'));
  assert.equal(said(stopped, all), words.run.elsewhere('All processing stopped'));
  assert.equal(said({ ...all, data: { ...all.data, stoppedProfiles: [] } }), words.run.elsewhere('No run was stopped'));
});

test('a run that was taken over is whose it is then', () => {
  const taken = after(
    seenBy('operator'),
    event('processingTakenOver', chat({ fromDeviceId: OTHER, deviceId: 'd', operatorId: 'bob', revision: 12 })),
  );
  assert.equal(running(taken).theirs, 1);
});

test('only an admin of a team names and signs out the devices of others', () => {
  assert.deepEqual([who('admin'), who('manager'), who('admin', ''), NOBODY].map(administers), [true, false, false, false]);
});

test('the field offers what a role may do, and a key does no more', () => {
  assert.deepEqual(offered('chat of', seenBy('viewer')), ['messaged']);
  assert.deepEqual(offered('chat of', seenBy('operator')), ['later', 'messaged']);
  assert.deepEqual(offered('chat of', seenBy('manager')), ['stop', 'pause', 'later', 'takeOver', 'messaged']);
  assert.deepEqual(offered('stop', seenBy('operator')), []);
  assert.deepEqual(offered('select', seenBy('viewer')), []);
  assert.deepEqual(offered('select', seenBy('operator')), ['select', 'selectAll']);
  assert.equal(mayDo(seenBy('viewer'), { action: 'start' }), false);
  assert.equal(mayDo(seenBy('operator'), { action: 'start' }), true);
});

test('a viewer starts nothing, and is told why', () => {
  const start = startOf(seenBy('viewer'), '7', 'mail', 'x'.repeat(200));
  assert.equal(startProblem(start), words.rights.viewer);
  assert.equal(startWhy(start), words.rights.viewer);
});
