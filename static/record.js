// The account's record of who did what, as view/record.js shows it: what is asked of the server, and each entry in words.

import { isolated, plain } from './names.js';
import { words } from './words.js';

const say = words.record;
const DETAILS = { ...words.plans.notStarted, ...say.details };
const TYPES = { chat: words.chat, mail: words.mail };

const AT_MAX = 999_999_999_999_999; // ms; the server takes 15 digits

/** The first moment of a day as a field of the type date gives it, and days behind that, in ms since the epoch. */
export function dayStart(day, after = 0) {
  const at = new Date(`${day}T00:00`);
  at.setDate(at.getDate() + after);
  const ms = at.getTime();
  return Number.isNaN(ms) ? AT_MAX : Math.max(ms, 0); // a field takes years of five digits, which are no date
}

/** The query for what is wanted: an action, an operator's id and whole days of this device, each '' for any. */
export const queryOf = ({ action, who, from, to }) => ({
  ...(action && { action }),
  ...(who && { operatorId: who }),
  ...(from && { since: dayStart(from) }),
  ...(to && { until: dayStart(to, 1) - 1 }),
});

const wordOf = (group, name) => (Object.hasOwn(group, name) ? group[name] : plain(name));

/** What was done: an action or an addition that this console does not know stands as the server names it. */
export const actionOf = ({ action }) => wordOf(say.actions, action);

/** Whose it was; empty where it was the operator's own. */
function whoseOf({ target, operatorId, runId, planId }) {
  if (target === '' || target === operatorId) return '';
  return (runId !== '' ? say.startedBy : planId !== '' ? say.plannedBy : say.whom)(isolated(target));
}

/** The code with which it was refused; empty where it was done. */
const refusalOf = ({ outcome }) => (outcome === 'ok' ? '' : (outcome ?? ''));

/** On what, how many, how, and why not; `names` is `{profile(id), device(id)}`. */
export function aboutOf(entry, names) {
  const { action, profileId, type, targetDeviceId, count, detail } = entry;
  const of = profileId === '' ? '' : isolated(names.profile(profileId));
  const device = targetDeviceId !== '';
  return words.join([
    type === '' ? of : say.typeOf(wordOf(TYPES, type), of),
    device && isolated(detail || names.device(targetDeviceId)),
    whoseOf(entry),
    count !== null && (say.counts[action] ?? say.count)(count),
    !device && detail && wordOf(DETAILS, detail),
    wordOf(say.outcomes, refusalOf(entry)),
  ]);
}

/** Who, on which device and from where. */
export function byOf(entry, names) {
  const { operatorId, deviceId, device, agent, address } = entry;
  const nobody = refusalOf(entry) === '' ? say.nobody : say.somebody;
  const name = device || (deviceId && names.device(deviceId));
  return words.join([
    operatorId === '' ? nobody : say.by(isolated(operatorId)),
    name && isolated(name),
    agent !== name && agent && isolated(agent),
    address && isolated(address),
  ]);
}
