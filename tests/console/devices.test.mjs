import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inOrder, knownName, markOf, nameOf, runsOf } from '../../static/devices.js';
import { factsOf, lineOf } from '../../static/rows.js';
import { apply } from '../../static/state.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const told = (deviceId, more = {}) => ({ deviceId, name: `name of ${deviceId}`, operatorId: '1', since: 5, state: 'here', lastSeen: 5, ...more });
const here = (extra = {}) => after(registered({ name: 'old' }), event('devicesSync', { devices: [told(ME), told(OTHER, extra)], revision: 10 }));

test('the list is what was told last, and the own name with it', () => {
  let state = here();
  assert.equal(state.device.name, `name of ${ME}`);
  assert.equal(nameOf(state, OTHER), `name of ${OTHER}`);
  state = after(state, event('deviceUpdated', { ...told(OTHER, { state: 'away', name: 'Mine' }), revision: 11 }));
  assert.deepEqual([state.devices[OTHER].state, state.revision], ['away', 11]);
  assert.equal(nameOf(state, OTHER), 'Mine');
  state = after(state, event('deviceLeft', { deviceId: OTHER, reason: 'left', revision: 12 }));
  assert.equal(nameOf(state, OTHER), `Device ${OTHER}`);
  assert.equal(apply(state, event('deviceLeft', { deviceId: OTHER })), state);
  state = after(state, event('devicesChanged', { devices: [told('new')], revision: 13 }));
  assert.deepEqual(Object.keys(state.devices), ['new']);
});

test('devices of one name are told apart by what stands in the menu of each', () => {
  const state = here({ name: `name of ${ME}` });
  assert.deepEqual([ME, OTHER].map((id) => markOf(state, id)), [ME.slice(0, 8), OTHER.slice(0, 8)]);
  assert.equal(markOf(here(), OTHER), '');
});

test('in a team somebody else is called by who that is, and the own devices by their names', () => {
  const others = [told('ann', { operatorId: '2', email: 'ann@example.com' }), told('bob', { operatorId: '3' })];
  const list = event('devicesSync', { devices: [told(ME), told(OTHER), ...others] });
  const state = { ...after(registered(), list), who: { role: 'operator', team: 'red', operatorId: '1' } };
  assert.deepEqual(['ann', 'bob', OTHER].map((id) => nameOf(state, id)), ['ann@example.com', '3', `name of ${OTHER}`]);
  assert.equal(knownName(state, 'ann'), '\u2068ann@example.com\u2069');
  assert.equal(knownName(state, 'gone'), '');
  const running = apply(state, event('processingStarted', chat({ deviceId: 'ann', operatorId: '2', startedAt: 1, total: 9, revision: 11 })));
  assert.match(lineOf(factsOf('7', running), ME).text, /ann@example\.com/);
});

test('a fresh snapshot forgets who was here', () => {
  assert.deepEqual(after(here(), event('resync', { epoch: 'e2', revision: 1 })).devices, {});
});

test('a list does not say that the events before it are here', () => {
  assert.equal(after(registered(), event('devicesSync', { devices: [], revision: 99 })).revision, 10);
});

test('what does not fit is no device, and a name turns nothing around', () => {
  const odd = [null, 5, {}, { deviceId: '' }, { deviceId: 'x', name: '\u202eabc', since: 'now', state: 'odd' }];
  const state = after(registered(), event('devicesSync', { devices: odd }), event('deviceJoined', { name: 'nobody' }));
  assert.deepEqual(state.devices, { x: { name: 'abc', operatorId: '', email: '', state: 'here', since: null, lastSeen: null } });
  assert.equal(nameOf(state, 'toString'), 'Device toString');
  assert.deepEqual(after(registered(), event('devicesSync', {})).devices, {});
});

test('this device comes first, who is away last, and each has its runs', () => {
  const others = [told('b', { since: 2 }), told('a', { since: 1, state: 'away' }), told(ME), told('c', { since: 1 })];
  const state = after(
    registered(),
    event('devicesSync', { devices: others }),
    event('processingStarted', chat({ deviceId: 'b', startedAt: 1, revision: 11 })),
  );
  assert.deepEqual(inOrder(state).map(({ id }) => id), [ME, 'c', 'b', 'a']);
  assert.deepEqual(runsOf(state, 'b'), [{ profileId: '7', type: 'chat' }]);
  assert.deepEqual(runsOf(state, ME), []);
});

test('a backend is called as its run says, and is on no list of devices', () => {
  const run = { ...chat(), deviceId: 'api:ast.1', operatorId: '1', startedAt: 5, detached: true };
  let state = after(here(), event('processingStarted', { ...run, deviceName: 'billing', revision: 11 }));
  assert.equal(nameOf(state, 'api:ast.1'), 'billing');
  assert.equal(nameOf(state, 'api:ast.2'), 'a backend');
  state = after(state, event('processingTakenOver', { ...run, deviceId: OTHER, fromDeviceId: 'api:ast.1', revision: 12 }));
  assert.equal(nameOf(state, 'api:ast.1'), 'a backend');
  assert.deepEqual(Object.keys(state.devices), [ME, OTHER]);
});
