// What each event must hold for the existing client: field names and types. More fields may come.

const isText = (value) => typeof value === 'string';
const isName = (value) => isText(value) && value !== '';
const isFlag = (value) => typeof value === 'boolean';
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isTime = (value) => Number.isSafeInteger(value) && value > 1_600_000_000_000; // ms since the epoch, not s
const isType = (value) => value === 'chat' || value === 'mail';
const optional = (check) => (value) => value === undefined || check(value);
const object = (fields) => (value) => value !== null && typeof value === 'object' && !wrongField(fields, value);
const list = (check) => (value) => Array.isArray(value) && value.every(check);

const wrongField = (fields, value) => Object.keys(fields).find((name) => !fields[name](value[name]));

const profile = { profileId: isName, type: isType };
const run = { ...profile, deviceId: isName, operatorId: isName, timestamp: isTime };
const counters = { current: isCount, total: isCount };

const SHAPES = {
  deviceRegistered: { deviceId: isName },
  processingStateSync: {
    ...profile,
    ...counters,
    isProcessing: isFlag,
    deviceId: isName,
    startedAt: isTime,
    isOwnDevice: isFlag,
    operatorId: isName,
  },
  messageSync: { ...profile, message: isText, deviceId: isName, timestamp: isTime, isOwnDevice: isFlag },
  processingStarted: { ...run, startedAt: isTime },
  processingProgress: {
    ...run,
    progress: object({
      ...counters,
      message: isText,
      error: optional(isText),
      deviceId: isName,
      startedAt: isTime,
    }),
  },
  processingComplete: {
    ...run,
    completedAt: isTime,
    stats: object({ ...counters, duration: isCount, sent: isCount, skipped: isCount, failed: isCount }),
  },
  processingStopped: { ...run, stoppedBy: isName, stoppedAt: isTime, message: optional(isText) },
  allProcessingStopped: {
    deviceId: isName,
    stoppedBy: isName,
    message: isText,
    stoppedAt: isTime,
    stoppedProfiles: list(object(profile)),
  },
  processingInterrupted: { ...run, reason: isName },
  messageUpdated: { ...profile, message: isText, deviceId: isName, timestamp: isTime },
  messageCleared: { ...profile, deviceId: isName, timestamp: isTime },
  blocklistCleared: { ...profile, deletedCount: isCount, deviceId: isName, timestamp: isTime, message: isName },
  error: { message: isName, lockOwner: optional(isName) },
};

/** What is wrong with an event, in words; undefined when nothing is. Events it does not know, it ignores. */
export function fault(name, data) {
  const fields = SHAPES[name];
  if (!fields) return undefined;
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return 'not one object';
  const wrong = wrongField(fields, data);
  return wrong && `field ${wrong}`;
}
