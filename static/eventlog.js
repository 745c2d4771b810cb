// What came and went on the socket, for the drawer: bounded, with a pause, and without secrets.

import { fold, hasWords } from './names.js';

const SECRETS = new Set(['token', 'resumeToken', 'alphaDateToken']);

/** A payload as one line of JSON in which secrets are blanked. */
export const asJson = (payload) =>
  payload === undefined ? '' : JSON.stringify(payload, (name, value) => (SECRETS.has(name) ? '…' : value));

/** Whether an entry has all words of `filter` in its direction, name or payload. */
export function matches(entry, filter) {
  return hasWords(fold(`${entry.direction} ${entry.name} ${entry.json}`), filter);
}

export class EventLog {
  #entries = [];
  #next = 1;
  #limit;

  constructor(limit = 500) {
    this.#limit = limit;
    this.paused = false;
    this.missed = 0; // while paused
    this.onChange = () => {};
  }

  /** The entries, oldest first: `{id, at, direction, name, json}`, `at` in ms since the epoch. */
  get entries() {
    return this.#entries;
  }

  /** Note one event; direction is 'in', 'out', 'ack' or 'link' (the connection itself). */
  add(direction, name, payload, at = Date.now()) {
    if (this.paused) {
      this.missed += 1;
    } else {
      this.#entries.push({ id: this.#next, at, direction, name, json: asJson(payload) });
      this.#next += 1;
      if (this.#entries.length > this.#limit) this.#entries.shift();
    }
    this.onChange();
  }

  clear() {
    this.#entries = [];
    this.missed = 0;
    this.onChange();
  }

  /** Pause or go on; what comes while paused is counted, not kept. */
  pause(on) {
    this.paused = on;
    if (!on) this.missed = 0;
    this.onChange();
  }
}
