// What one tab remembers over a reload: who is signed in, and which device it is. Kept per tab, because two tabs are
// two devices.

const SESSION = 'alphasync.session';
const DEVICE = 'alphasync.device';

function read(name) {
  const stored = sessionStorage.getItem(name);
  if (stored === null) return null;
  try {
    return JSON.parse(stored);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null; // something else wrote there; the same as nothing kept
  }
}

const write = (name, value) => sessionStorage.setItem(name, JSON.stringify(value));

/** The signed-in operator `{token, alphaDateToken, email, operatorId}`, or null. */
export const session = {
  get: () => read(SESSION),
  set: (value) => write(SESSION, value),
  forget: () => sessionStorage.removeItem(SESSION),
};

/** This tab's device identity `{deviceId, resumeToken}`, or null. */
export const identity = {
  get: () => read(DEVICE),
  set: ({ deviceId, resumeToken }) => write(DEVICE, { deviceId, resumeToken }),
  forget: () => sessionStorage.removeItem(DEVICE),
};

/** A name that tells this device from the operator's others, e.g. "Firefox on Linux". */
export function deviceName(userAgent = navigator.userAgent) {
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
  return [browser ?? 'Browser', system].filter(Boolean).join(' on ');
}
