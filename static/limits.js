// How long a message may be. Counted in UTF-16 code units, as `String.length` does and as the server does; what is
// sent as a whole in bytes, as the network does.

import { words } from './words.js';

export const LIMITS = Object.freeze({
  chat: Object.freeze({ min: 1, max: 300 }),
  mail: Object.freeze({ min: 150, max: 5000 }),
});

/** Most attachments that one mail may carry. */
export const MAX_ATTACHMENTS = 5;

/** Longest text that the server keeps as a draft: one over its limit can be edited, on all devices, up to here. */
export const SYNC_MAX = 10_000;

/** Bytes of one command as it is sent. The server cuts a connection on which more comes, and all that is on it. */
export const COMMAND_MAX = 64 * 1024;

const FRAME = 32; // bytes around a command: kinds of packet and the number of its acknowledgement
const utf8 = new TextEncoder();

/** Whether a text stays on this device, because the server would not keep it. */
export const tooLongToSync = (message) => message.length > SYNC_MAX;

/** Whether a command with its payload is more than the server takes at once. */
export const tooBigToSend = (event, payload) =>
  utf8.encode(JSON.stringify([event, payload ?? null])).length + FRAME > COMMAND_MAX;

/**
 * Measure a message against the limits of its type.
 * Returns `{length, state, by, text}`: state is 'under', 'ok' or 'over', by how many, text says the same in words.
 */
export function measure(type, message) {
  const { min, max } = LIMITS[type];
  const length = message.length;
  if (length > max) return { length, state: 'over', by: length - max, text: words.length.over(length - max, length, max) };
  if (length === 0) return { length, state: 'under', by: min, text: words.length.empty(min, max) };
  if (length < min) return { length, state: 'under', by: min - length, text: words.length.under(min - length, length, max) };
  return { length, state: 'ok', by: 0, text: words.length.ok(length, max) };
}

/** Why a message of this length cannot be started, as a sentence; empty when it can. */
export function lengthProblem(type, message) {
  const { min, max } = LIMITS[type];
  const { length, state } = measure(type, message);
  if (state === 'over') return words.length.most[type](max, length - max);
  if (state === 'under') return words.length.least[type](min, length);
  return '';
}
