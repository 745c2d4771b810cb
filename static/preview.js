// The words about whom a start would message. Pure functions of the answer: the ack of `previewRun`.

import { previewWhy } from './failures.js';
import { isolated } from './names.js';
import { words } from './words.js';

const says = words.starting;

/** Who would be messaged, in one sentence. */
export function peopleOf(ack) {
  if (!ack.ok) return says.unknown(previewWhy(ack));
  if (ack.toMessage === 0) return ack.recipients === 0 ? says.noRecipients : says.nobody;
  return says.people(ack.toMessage, ack.names.map(isolated));
}

/** Who would not, and why; empty where that is nobody. */
export function othersOf(ack) {
  if (!ack.ok) return '';
  const parts = ['messagedBefore', 'uncertain', 'doNotContact', 'unusable'];
  return words.join(parts.filter((part) => ack[part] > 0).map((part) => says.others[part](ack[part])));
}

/** Those whom the last run could not message, as the answer of a preview; `ack` is that of `listFailed`. */
export function asPreview(ack) {
  if (!ack.ok) return ack;
  const names = ack.recipients.slice(0, 10).map(({ id, name }) => name || id);
  return { ok: true, recipients: ack.named, toMessage: ack.named, names };
}
