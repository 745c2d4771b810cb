// The existing web client, as it is in the field: socket.io-client with its defaults, one object
// per event, no acknowledgements. It keeps what a person would see: a status line and a text field per profile and type.

import { io } from 'socket.io-client';

import { fault } from './shapes.mjs';

const PATIENCE = 60_000; // ms until a predicate that does not come true fails its scenario
const LOOK_EVERY = 5; // ms

export const keyOf = ({ profileId, type }) => `${profileId}/${type}`;

/** Wait until the predicate holds; throws after `PATIENCE`. */
export async function until(predicate, what) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await predicate();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${PATIENCE} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** The words that a person reads, of an event about a run; undefined for any other event. */
export function status(name, data, me) {
  const own = data.deviceId === me;
  const running = (current, total) =>
    own ? `🔄 Processing... (${current}/${total})` : `📱 Processing on another device... (${current}/${total})`;
  switch (name) {
    case 'processingStarted':
      return own ? '🔄 Processing...' : '📱 Processing started on another device...';
    case 'processingProgress':
      return running(data.progress.current, data.progress.total);
    case 'processingStateSync':
      return data.isProcessing ? running(data.current, data.total) : undefined;
    case 'processingComplete': {
      const counts = `(${data.stats.current}/${data.stats.total})`;
      return own ? `✅ Completed ${counts}` : `✅ Completed on another device ${counts}`;
    }
    case 'processingStopped':
      return data.stoppedBy === me ? '⏹️ Stopped' : '⏹️ Stopped on another device';
    case 'processingInterrupted':
      return `⚠️ Interrupted: ${data.reason}`;
    default:
      return undefined;
  }
}

export class ExistingClient {
  events = []; // [name, payload] in the order in which they came
  faults = []; // payloads that are not as the contract says
  lines = new Map(); // key -> every status line that was shown, oldest first
  fields = new Map(); // key -> the text in the message field
  deviceId = null;

  constructor(url, token, options = {}) {
    this.lasting = options.transports?.at(-1) ?? 'websocket';
    this.socket = io(url, { auth: { token }, forceNew: true, ...options });
    this.socket.onAny((name, ...payloads) => this.#receive(name, payloads));
  }

  #receive(name, payloads) {
    const [data] = payloads;
    this.events.push([name, data]);
    const wrong = payloads.length === 1 ? fault(name, data) : `${payloads.length} arguments`;
    if (wrong) this.faults.push(`${name}: ${wrong} in ${JSON.stringify(payloads)}`);
    if (name === 'deviceRegistered') this.deviceId = data.deviceId;
    if (this.deviceId === null) this.faults.push(`${name} came before deviceRegistered`);
    const line = status(name, data, this.deviceId);
    if (line) this.lines.set(keyOf(data), [...this.linesOf(data), line]);
    if (name === 'messageUpdated' || name === 'messageSync') this.fields.set(keyOf(data), data.message);
    if (name === 'messageCleared') this.fields.set(keyOf(data), '');
  }

  /** Registered, and on the transport on which it stays. */
  async ready() {
    await until(() => this.deviceId !== null, 'deviceRegistered');
    await until(() => this.transport === this.lasting, `going over to ${this.lasting}`);
    return this;
  }

  get transport() {
    return this.socket.io.engine.transport.name;
  }

  send(name, ...payload) {
    this.socket.emit(name, ...payload);
  }

  named(name, { profileId, type } = {}) {
    return this.events
      .filter(([event, data]) => event === name)
      .map(([, data]) => data)
      .filter((data) => profileId === undefined || (data.profileId === profileId && data.type === type));
  }

  linesOf(where) {
    return this.lines.get(keyOf(where)) ?? [];
  }

  /** Wait for a status line in exactly these words. */
  shows(where, line) {
    return until(() => this.linesOf(where).includes(line), `${line} for ${keyOf(where)}, shown: ${this.linesOf(where)}`);
  }

  event(name, where) {
    return until(() => this.named(name, where).at(-1), `${name} for ${JSON.stringify(where ?? {})}`);
  }

  leave() {
    this.socket.disconnect();
  }

  /** Break the connection without a word, as a lost network does. Needs a WebSocket. */
  breakOff() {
    this.socket.io.engine.transport.ws.terminate();
  }
}
