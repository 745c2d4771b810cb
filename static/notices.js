// What is worth a notice to who does not look at the page just now: that a run of theirs has ended by itself, or waits for
// them. Pure, but for the choices, which are kept on the device.

import { partsOf } from './keys.js';
import { isolated } from './names.js';
import { ofBrowser } from './storage.js';
import { words } from './words.js';

const KEY = 'alphasync.notices';
const NONE = Object.freeze({ on: false, sound: false, title: true, asked: false });

/** `{on, sound, title, asked}`: notices, a sound with them, their number in the title; whether somebody was asked for the first. */
export function readChoices(storage = ofBrowser) {
  const kept = storage.read(KEY);
  const chosen = Object.entries(NONE).map(([name, usual]) => [name, typeof kept?.[name] === 'boolean' ? kept[name] : usual]);
  return Object.fromEntries(chosen);
}

export const keepChoices = (choices, storage = ofBrowser) => storage.write(KEY, choices);

const isOurs = (run, { operatorId }) => run.operatorId === '' || run.operatorId === operatorId;

/** What of a run is news, or null. */
function kindOf(old, run) {
  if (old === undefined || old === run) return null;
  if (old.status === 'running' && run.status === 'completed') return run.uncertain > 0 ? 'uncertain' : 'completed';
  if (old.status === 'running' && run.status === 'interrupted') return 'interrupted';
  if (run.status !== 'running') return null;
  if (run.waitingFor === 'sign_in' && old.waitingFor !== 'sign_in') return 'signIn';
  return run.uncertain > old.uncertain && run.every > 0 ? 'uncertain' : null;
}

/** `[{kind, tag, profileId, title, body}]` after one event; a snapshot is no news. */
export function noticesOf(before, after) {
  if (before.runs === after.runs || before.syncing || after.syncing) return [];
  const found = [];
  for (const [key, run] of Object.entries(after.runs)) {
    const kind = kindOf(before.runs[key], run);
    if (kind === null || !isOurs(run, after.who)) continue;
    const { profileId, type } = partsOf(key);
    const name = after.profiles.items.find(({ external_id: id }) => id === profileId)?.name;
    found.push({
      kind,
      tag: `${type}/${profileId}/${run.startedAt}`, // the same for the same run: a later one takes its place
      profileId,
      title: name === undefined ? words.aside.profile(profileId) : isolated(name),
      body: words.notices[kind](words[type], run),
    });
  }
  return found;
}

/** Whether one may be asked now whether they want notices: as their own first run begins, and once. */
export function mayAsk({ name, data }, device, choices) {
  return name === 'processingStarted' && device !== null && data?.deviceId === device.id && !choices.on && !choices.asked;
}
