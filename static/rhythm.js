// How often and how fast the runs go that are started on this device: the operator's choice, kept on the device.
//
// A rhythm is {pause, interval}, in seconds: from the end of a cycle to the next, and between two messages; 0 stands for a
// run that ends when it is through, and for the pace that the server has.

import { ofBrowser } from './storage.js';
import { roughly } from './times.js';
import { words } from './words.js';

const KEY = 'alphasync.rhythm';

const [MINUTE, HOUR] = [60, 3600];

/** What can be chosen. The server has bounds of its own, and says so where one of these is beyond them. */
export const PAUSES = Object.freeze([0, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR]);
export const INTERVALS = Object.freeze([0, 1, 2, 5, 10, 30, MINUTE, 5 * MINUTE]);

export const PLAIN = Object.freeze({ pause: 0, interval: 0 });

const among = (choices, value) => (choices.includes(value) ? value : 0);

export function readRhythm(storage = ofBrowser) {
  const kept = storage.read(KEY);
  return { pause: among(PAUSES, kept?.pause), interval: among(INTERVALS, kept?.interval) };
}

export const keepRhythm = (rhythm, storage = ofBrowser) => storage.write(KEY, rhythm);

/** What a start says of it. Those who failed are tried again once, and not in cycles. */
export function rhythmFields({ pause, interval }, only) {
  return { ...(interval > 0 && { messageInterval: interval }), ...(pause > 0 && !only && { continuous: { pause } }) };
}

const say = words.rhythm;

/** The choices in words. */
export const pauseWords = (pause) => (pause > 0 ? say.every(roughly(pause * 1000)) : say.once);
export const intervalWords = (interval) => (interval > 0 ? say.spaced(roughly(interval * 1000)) : say.fast);
