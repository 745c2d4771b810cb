// What one tab remembers over a reload: who is signed in, and which device it is. Kept per tab, because two tabs are
// two devices.

import { whoOf } from './rights.js';
import { ofBrowser, ofTab } from './storage.js';
import { words } from './words.js';

const SESSION = 'alphasync.session';
const DEVICE = 'alphasync.device';

/**
 * The signed-in operator `{token, alphaDateToken, email, operatorId}`, or null. With `ended: true` it is
 * the operator whose session ended, and who has not signed in again yet; the token of then, `earlier`, shows only that this
 * device is known.
 */
export const session = {
  get: () => ofTab.read(SESSION),
  set: (value) => ofTab.write(SESSION, value),
  end() {
    const { email, operatorId, token } = ofTab.read(SESSION) ?? {};
    ofTab.write(SESSION, { email, operatorId, ended: true, earlier: token });
  },
  forget: () => ofTab.remove(SESSION),
};

/** This tab's device identity `{deviceId, resumeToken}`, or null. It is the operator's to whom it was given. */
export const identity = {
  get() {
    const { deviceId, resumeToken, operatorId } = ofTab.read(DEVICE) ?? {};
    if (!deviceId || operatorId !== session.get()?.operatorId) return null;
    return { deviceId, resumeToken };
  },
  set: ({ deviceId, resumeToken, role, team }) =>
    ofTab.write(DEVICE, { deviceId, resumeToken, role, team, operatorId: session.get()?.operatorId }),
  /** Who is signed in, as of rights.js, as far as the server has said it in this tab. */
  who: () => whoOf(identity.get() && ofTab.read(DEVICE), String(session.get()?.operatorId ?? '')),
  forget: () => ofTab.remove(DEVICE),
};

const NAME = 'alphasync.deviceName';

/** Keep the name that somebody gave this device, for its next visit: the server forgets it in a few hours. */
export function rememberName(name) {
  if (typeof name === 'string' && name !== usualName()) ofBrowser.write(NAME, name);
}

/** What this device is called: as somebody named it, or else by its browser. */
export function deviceName(userAgent) {
  const given = ofBrowser.read(NAME);
  return typeof given === 'string' && given !== '' ? given : usualName(userAgent);
}

/** A name that tells this device from the operator's others, e.g. "Firefox on Linux". */
function usualName(userAgent = navigator.userAgent) {
  const find = (table) => table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const browser = find([
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/Chrome\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ]);
  const system = find([
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS/, 'macOS'],
    [/Linux/, 'Linux'],
  ]);
  const name = browser ?? words.device.browser;
  return system === undefined ? name : words.device.on(name, system);
}
