// Who types where, while they do: it follows from the texts that come from other devices.

import { knownName } from './devices.js';
import { keyFrom } from './keys.js';
import { words } from './words.js';

const TYPING_TTL = 3_000; // ms after the last letter

/** Who types, of the ids of devices: by name if it is one, and known. */
export function typistWords(state, devices) {
  const name = devices.length === 1 ? knownName(state, devices[0]) : '';
  return name ? words.draft.typesOn(name) : words.draft.types(devices.length);
}

/** `changed(key, devices)` is told the ids of the devices that type there now, each time that they are others. */
export function createTypists(changed) {
  const timers = new Map(); // key -> Map of deviceId -> timer

  const tell = (key) => changed(key, [...(timers.get(key)?.keys() ?? [])]);

  function drop(key, deviceId) {
    const devices = timers.get(key);
    if (!devices?.has(deviceId)) return;
    clearTimeout(devices.get(deviceId));
    devices.delete(deviceId);
    if (devices.size === 0) timers.delete(key);
    tell(key);
  }

  function keep(key, deviceId) {
    const devices = timers.get(key) ?? new Map();
    timers.set(key, devices);
    const known = devices.has(deviceId);
    clearTimeout(devices.get(deviceId));
    devices.set(deviceId, setTimeout(drop, TYPING_TTL, key, deviceId));
    if (!known) tell(key);
  }

  return {
    /** An event of the server; `me` is our deviceId. Who has emptied a box types no more. */
    note({ name, data }, me) {
      if (name !== 'messageUpdated' && name !== 'messageCleared') return;
      const key = keyFrom(data ?? {});
      if (key === null || data.deviceId === me) return;
      (name === 'messageUpdated' ? keep : drop)(key, data.deviceId);
    },

    forget() {
      for (const devices of timers.values()) for (const timer of devices.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
