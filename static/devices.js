// Who is here: the devices of the account, and what each event does to the list. Pure and immutable.

import { partsOf } from './keys.js';
import { isolated, plain } from './names.js';
import { words } from './words.js';

/** The server events that this module understands. */
export const DEVICE_EVENTS = ['devicesSync', 'devicesChanged', 'deviceJoined', 'deviceUpdated', 'deviceLeft'];

const text = (value) => (typeof value === 'string' ? plain(value) : '');
const time = (value) => (Number.isFinite(value) ? value : null);

/** `{name, operatorId, email, state: 'here'|'away', since, lastSeen}`; times in ms since the epoch, or null. */
const deviceOf = (data) => ({
  name: text(data.name),
  operatorId: text(data.operatorId),
  email: text(data.email),
  state: data.state === 'away' ? 'away' : 'here',
  since: time(data.since),
  lastSeen: time(data.lastSeen),
});

const listOf = (items) =>
  Object.fromEntries(
    (Array.isArray(items) ? items : [])
      .filter((item) => typeof item?.deviceId === 'string' && item.deviceId !== '')
      .map((item) => [item.deviceId, deviceOf(item)]),
  );

/** The list `{[deviceId]: device}` after an event; the same object where it changes nothing. */
export function applyDevices(devices, name, data) {
  if (name === 'devicesSync' || name === 'devicesChanged') return listOf(data.devices);
  const id = data.deviceId;
  if (typeof id !== 'string' || id === '') return devices;
  if (name !== 'deviceLeft') return { ...devices, [id]: deviceOf(data) };
  if (!Object.hasOwn(devices, id)) return devices;
  const { [id]: _gone, ...rest } = devices;
  return rest;
}

/** What a backend is called that stands in the place of a device, which no list of devices has: its runs say it. */
const backendName = (runs, id) => (id?.startsWith('api:') && Object.values(runs).find((run) => run.deviceId === id)?.deviceName) || '';

/** Who is meant by a device of the list: in a team somebody else, by who that is; else the device, by its name. */
export function calledIn({ devices, who }, deviceId) {
  if (!Object.hasOwn(devices, deviceId ?? '')) return '';
  const { name, operatorId, email } = devices[deviceId];
  const isTheirs = Boolean(who?.operatorId) && operatorId !== '' && operatorId !== who.operatorId;
  return isTheirs ? email || operatorId : name;
}

/** What a device is called; its id where it is not here any more or has no name. */
export function nameOf(state, deviceId) {
  const { device, runs = {} } = state;
  if (deviceId.startsWith('api:')) return backendName(runs, deviceId) || words.devices.backend;
  const known = calledIn(state, deviceId);
  if (known !== '') return known;
  return device?.id === deviceId && device.name ? device.name : words.devices.unnamed(deviceId);
}

/** The same for the middle of a sentence, whatever its script; empty where it is not here any more or has no name. */
export function knownName(state, deviceId) {
  const name = Object.hasOwn(state.devices, deviceId ?? '') ? calledIn(state, deviceId) : backendName(state.runs ?? {}, deviceId);
  return name && isolated(name);
}

/** The devices as they are listed: this one first, then those that are here, the newest last. */
export const inOrder = ({ devices, device }) =>
  Object.entries(devices)
    .map(([id, known]) => ({ id, ...known, own: id === device?.id }))
    .sort((a, b) => b.own - a.own || (a.state === 'away') - (b.state === 'away') || a.since - b.since || (a.id < b.id ? -1 : 1));

/** What tells a device from another one of the same name, as its own menu shows it; empty where there is no such one. */
export function markOf({ devices }, deviceId) {
  const { name } = devices[deviceId];
  const isSame = ([id, other]) => id !== deviceId && other.name === name;
  return Object.entries(devices).some(isSame) ? shortOf(deviceId) : '';
}

/** So much of an id as a person compares. */
export const shortOf = (deviceId) => deviceId.slice(0, 8);

/** What a device does: its running runs as `[{profileId, type}]`. */
export const runsOf = ({ runs }, deviceId) =>
  Object.entries(runs)
    .filter(([, run]) => run.status === 'running' && run.deviceId === deviceId)
    .map(([key]) => partsOf(key));
