// The connection: one Socket.IO client, its identity, and what to do when it breaks. It reports, it does not decide
// what is shown.

import { tooBigToSend } from './limits.js';
import { deviceName, identity, rememberName, session } from './session.js';
import { words } from './words.js';

const UNAUTHORISED = new Set(words.fixed.unauthorised);
const SIGN_IN_AGAIN = 'sign_in_again';
const SIGNED_OUT = 'signed_out'; // by another device of the operator
const STAYS = new Set(['previewRun']); // refused for the backend's sake: the start that it is about may wait for a sign-in
const ACK_TIMEOUT = 10_000; // ms; a command that Redis cannot take is refused well before that
const PROBE_TIMEOUT = 700; // ms; who comes back to the page is to see what is so now within a second
const NAP = 5_000; // ms; a page that was not looked at for less has not been put to sleep: it may be slow, and is given time
const PATIENCE = 5_000; // ms for that; far less than the server's pings take to be missed
const RETRY_FIRST = 1_000; // ms; the client library does not come back by itself when the server said no
const RETRY_MOST = 10_000; // ms

/**
 * Open a connection.
 *   report(event)         every server event, `local/connection`, and `local/caughtUp` once all that was sent with
 *                         a registration or a resync is here
 *   seen()                `{epoch, revision}` of the last event, to be told only what comes after it, or null
 *   log                   an EventLog
 *   onUnauthorised(why)   the token is not accepted, or its session has ended; nothing is tried before `renew`
 *   onTokenExpiring(data) 60 s before the token ends
 *   onError(data)         the `error` event, except `superseded`
 * Returns `{send, connected, joined, renew, useHere, abandon, close}`.
 */
export function connect({ report, seen, log, onUnauthorised, onTokenExpiring, onError }) {
  const { io } = globalThis; // the classic script at /socket.io/socket.io.js
  const socket = io({
    autoConnect: false,
    rememberUpgrade: true, // back by a connection of its own at once: what the browser has open for requests may be dead, too
    auth: (answer) => answer({ token: session.get()?.token, ...offer(), deviceName: deviceName() }),
  });
  let retry = null;
  let attempts = 0;
  let taken = false; // another page has our identity
  let signedOut = false; // the server does not take the token any more
  let round = 0; // of registrations and resyncs
  let joined = false; // the server has registered us, on this connection
  let over = false; // closed on purpose, or abandoned
  let left = null; // when nobody looked at the page any more, in ms since the epoch

  const status = (name, detail = '') => report({ name: 'local/connection', data: { status: name, detail, at: Date.now() } });

  function retryLater(detail) {
    status('reconnecting', detail);
    const wait = Math.min(RETRY_MOST, RETRY_FIRST * 2 ** attempts) * (0.5 + Math.random());
    attempts += 1;
    clearTimeout(retry);
    retry = setTimeout(() => socket.connect(), wait);
  }

  function superseded() {
    taken = true;
    identity.forget();
    clearTimeout(retry);
    socket.disconnect();
    report({ name: 'local/superseded', data: {} });
    status('superseded');
  }

  function unauthorised(why) {
    signedOut = true;
    clearTimeout(retry);
    onUnauthorised(why);
  }

  function signedOutElsewhere() {
    identity.forget(); // it is void
    unauthorised(words.signIn.signedOut);
  }

  /** Which device this is, and what it knows already; nothing on a first visit. */
  function offer() {
    const device = identity.get();
    return device === null ? {} : { ...device, ...seen() };
  }

  function registered(data) {
    attempts = 0;
    joined = true;
    if (data.resumeToken) identity.set(data);
    void catchUp();
  }

  /** Answers come in order with events, so that this one comes after all that was sent before it. */
  async function catchUp() {
    round += 1;
    const mine = round;
    let ack = null;
    do ack = await send('heartbeat');
    while (ack.code === 'no_answer' && mine === round);
    // Another round: it was broken off, or begun anew, before all was here.
    if (mine === round) report({ name: 'local/caughtUp', data: {} });
  }

  socket.onAny((name, data) => {
    log.add('in', name, data);
    if (name === 'error') {
      if (data?.code === 'superseded') superseded();
      else if (data?.code === SIGN_IN_AGAIN && !STAYS.has(data.event)) unauthorised();
      else if (data?.code === SIGNED_OUT) signedOutElsewhere();
      else onError(data ?? {});
      return;
    }
    report({ name, data });
    if (name === 'deviceRegistered') registered(data);
    if (name === 'deviceUpdated' && data.deviceId === identity.get()?.deviceId) rememberName(data.name);
    if (name === 'resync') void catchUp();
    if (name === 'tokenExpiring') onTokenExpiring(data);
  });
  socket.onAnyOutgoing((name, data) => log.add('out', name, data));

  socket.on('connect', () => {
    log.add('link', 'connected', { transport: socket.io.engine.transport.name });
    status('connected');
  });
  socket.on('disconnect', (reason) => {
    round += 1;
    joined = false;
    log.add('link', 'disconnected', { reason });
    if (reason === 'io server disconnect') {
      if (!taken && !signedOut) retryLater(words.refusal.closed);
    } else if (reason !== 'io client disconnect') {
      status(navigator.onLine ? 'reconnecting' : 'offline', reason);
    }
  });
  socket.on('connect_error', (error) => {
    log.add('link', 'refused', { message: error.message, ...error.data });
    if (error.data?.code === SIGNED_OUT) signedOutElsewhere();
    else if (UNAUTHORISED.has(error.message) || error.data?.code === SIGN_IN_AGAIN) unauthorised();
    else if (error.data?.code === 'superseded') superseded();
    else if (socket.active) status(navigator.onLine ? 'reconnecting' : 'offline', error.message);
    else retryLater(error.message);
  });

  /** Send a command. Resolves to its ack: `{ok: true, ...}` or `{ok: false, code, message, retryable}`; `patience` in ms. */
  function send(event, payload, patience = ACK_TIMEOUT) {
    if (!socket.connected) {
      return Promise.resolve({ ok: false, code: 'offline', message: words.refusal.offline, retryable: true });
    }
    if (tooBigToSend(event, payload)) {
      return Promise.resolve({ ok: false, code: 'too_big', message: words.refusal.tooBig, retryable: false });
    }
    return new Promise((resolve) => {
      const answer = (error, ack) => {
        const settled = error
          ? { ok: false, code: 'no_answer', message: words.refusal.noAnswer, retryable: true }
          : ack;
        log.add('ack', event, settled);
        if (settled.code === SIGN_IN_AGAIN && !STAYS.has(event)) unauthorised();
        resolve(settled);
      };
      const timed = socket.timeout(patience);
      if (payload === undefined) timed.emit(event, answer);
      else timed.emit(event, payload, answer);
    });
  }

  /** The browser knows at once, the connection only when it is missed. */
  function wentOffline() {
    if (taken || signedOut) return;
    breakOff();
    status('offline', words.refusal.noNetwork);
  }

  /** A connection can be dead without a sign, as after the sleep of a phone: ask, and where no answer comes, or it breaks only
      now, begin another one at once. The client library would wait a second before its next try. */
  function probe(patience) {
    socket.timeout(patience).emit('heartbeat', (error) => {
      if (!error || over || taken || signedOut || !navigator.onLine) return;
      breakOff();
      if (!socket.connected) connectNow();
    });
  }

  function connectNow() {
    clearTimeout(retry);
    attempts = 0;
    socket.disconnect(); // forgets the back-off; nobody hears it
    status('connecting');
    socket.connect();
  }

  /** What waits for its next try, tries now. */
  function tryNow() {
    if (taken || signedOut) return;
    const slept = left !== null && Date.now() - left > NAP;
    left = null;
    if (socket.connected) probe(slept ? PROBE_TIMEOUT : PATIENCE);
    else connectNow();
  }

  const leave = () => (left ??= Date.now());

  /** Break the transport only: the server waits for this device to come back. A leave on purpose would end its runs. */
  const breakOff = () => socket.io.engine?.close();

  const { document } = globalThis;
  const listeners = [
    [globalThis, 'offline', wentOffline],
    [globalThis, 'online', tryNow],
    [globalThis, 'pageshow', ({ persisted }) => persisted && tryNow()], // back from where the browser keeps whole pages
    [document, 'visibilitychange', () => (document.hidden ? leave() : tryNow())], // unseen, a page's timers stand still
    [document, 'freeze', leave],
    [document, 'resume', tryNow],
  ];
  for (const [target, name, listener] of listeners) target?.addEventListener(name, listener);

  function rest() {
    over = true;
    for (const [target, name, listener] of listeners) target?.removeEventListener(name, listener);
    clearTimeout(retry);
  }

  status('connecting');
  socket.connect();

  return {
    send,
    connected: () => socket.connected,
    /** Whether the server has said what it knows of this device, and of which epoch. */
    joined: () => socket.connected && joined,
    /** Connect with the token as it now is. */
    renew() {
      signedOut = false;
      breakOff();
      tryNow();
    },
    /** Come back as a new device after another page took the identity. */
    useHere() {
      taken = false;
      status('connecting');
      socket.connect();
    },
    /** Never come back, without a word: the server waits for this device as for one that lost its connection. */
    abandon() {
      rest();
      socket.io.reconnection(false);
      breakOff();
    },
    /** Leave on purpose. */
    close() {
      rest();
      socket.disconnect();
    },
  };
}
