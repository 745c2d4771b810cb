import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { EventLog } from '../../static/eventlog.js';
import { identity, session } from '../../static/session.js';
import { connect } from '../../static/socket.js';
import { apply, initialState, seen } from '../../static/state.js';
import { chat, fakeStorage, ME, OTHER } from './helpers.mjs';

/** What a browser has: storage of the tab, and a name. */
function browser() {
  globalThis.sessionStorage = fakeStorage();
  const navigator = { userAgent: 'Firefox/140.0 (X11; Linux)', onLine: true };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  const events = new EventTarget();
  globalThis.addEventListener = events.addEventListener.bind(events);
  globalThis.removeEventListener = events.removeEventListener.bind(events);
  globalThis.dispatchEvent = events.dispatchEvent.bind(events);
}

/** A connection whose server is the test: `up()`, `down()`, `emit()` an event, `answer()` the oldest command. */
function bench() {
  const bed = { state: initialState, reported: [], sent: [], waiting: [], calls: [] };
  const on = {};
  const shut = () => {
    bed.calls.push('close');
    socket.connected = false;
  };
  const socket = {
    connected: false,
    active: true,
    io: { reconnection: (on) => bed.calls.push(`reconnection ${on}`), engine: { transport: { name: 'websocket' }, close: shut } },
    on: (name, callback) => (on[name] = callback),
    onAny: (callback) => (bed.emit = callback),
    onAnyOutgoing() {},
    connect: () => bed.calls.push('connect'),
    disconnect() {
      bed.calls.push('disconnect');
      socket.connected = false;
    },
    timeout: (ms) => ({
      emit(name, ...rest) {
        bed.patience = ms;
        bed.sent.push(name);
        bed.waiting.push(rest.at(-1));
      },
    }),
  };
  globalThis.io = ({ auth }) => {
    bed.auth = () => {
      let given = null;
      auth((fields) => (given = fields));
      return given;
    };
    return socket;
  };
  bed.up = () => {
    socket.connected = true;
    on.connect();
  };
  bed.refuse = (message, code) => on.connect_error(Object.assign(new Error(message), { data: { code } }));
  bed.down = async (reason = 'transport close') => {
    socket.connected = false;
    on.disconnect(reason);
    for (const unanswered of bed.waiting.splice(0)) unanswered(new Error('socket has been disconnected'));
    await turn();
  };
  bed.answer = async (ack = { ok: true }) => {
    bed.waiting.shift()(null, ack);
    await turn();
  };
  bed.caughtUp = () => bed.reported.filter((name) => name === 'local/caughtUp').length;
  const ignore = () => {};
  bed.link = connect({
    report(news) {
      bed.reported.push(news.name);
      bed.state = apply(bed.state, news);
    },
    seen: () => seen(bed.state),
    log: new EventLog(),
    onUnauthorised: () => bed.calls.push('unauthorised'),
    onTokenExpiring: ignore,
    onError: ignore,
  });
  return bed;
}

const registered = (data) => ({ deviceId: ME, resumeToken: 'proof', epoch: 'e1', revision: 10, recovered: false, ...data });
const started = (revision) => chat({ deviceId: OTHER, startedAt: 1, revision });

/** A console that has its snapshot, up to revision 10, and one event more. */
async function settled() {
  const bed = bench();
  bed.up();
  bed.emit('deviceRegistered', registered());
  bed.emit('processingStateSync', chat({ status: 'running', current: 1, total: 9, deviceId: OTHER, revision: 9 }));
  await bed.answer();
  bed.emit('messageUpdated', chat({ message: 'x', deviceId: OTHER, revision: 11 }));
  return bed;
}

beforeEach(() => {
  browser();
  session.set({ token: 'jwt' });
});

test('a first visit offers its token and its name only', () => {
  assert.deepEqual(bench().auth(), { token: 'jwt', deviceName: 'Firefox on Linux' });
});

test('a connection is joined from its registration to its end', async () => {
  const bed = await bench();
  const seen = [bed.link.joined()];
  for (const step of [bed.up, () => bed.emit('deviceRegistered', registered()), bed.down, bed.up]) {
    await step();
    seen.push(bed.link.joined());
  }
  assert.deepEqual(seen, [false, false, true, false, false]);
});

test('a page that comes back offers its identity and the last event it has seen', async () => {
  const bed = await settled();
  await bed.down();
  assert.deepEqual(bed.auth(), {
    token: 'jwt',
    deviceId: ME,
    resumeToken: 'proof',
    epoch: 'e1',
    revision: 11,
    deviceName: 'Firefox on Linux',
  });
});

test('a reloaded page knows no events any more', () => {
  identity.set({ deviceId: ME, resumeToken: 'proof' });
  const { deviceId, epoch, revision } = bench().auth();
  assert.deepEqual([deviceId, epoch, revision], [ME, undefined, undefined]);
});

test('recovered: what was known stays, is shown at once, and only what was missed is applied', async () => {
  const bed = await settled();
  await bed.down();
  bed.up();
  const { runs, drafts } = bed.state;
  bed.emit('deviceRegistered', registered({ revision: 13, recovered: true, resumed: true }));
  assert.deepEqual([bed.state.syncing, bed.state.runs, bed.state.drafts], [false, runs, drafts]);
  assert.equal(bed.state.revision, 11, 'what was missed is still on its way');
  bed.emit('processingProgress', chat({ deviceId: OTHER, revision: 12, progress: { current: 2, total: 9 } }));
  bed.emit('messageUpdated', chat({ message: 'xy', deviceId: OTHER, revision: 13 }));
  assert.deepEqual([bed.state.runs['7/chat'].current, bed.state.drafts['7/chat'].message, bed.state.revision], [2, 'xy', 13]);
});

test('broken off before all that was missed is here, the rest is asked for again', async () => {
  const bed = await settled();
  await bed.down();
  bed.up();
  bed.emit('deviceRegistered', registered({ revision: 13, recovered: true }));
  bed.emit('processingProgress', chat({ deviceId: OTHER, revision: 12, progress: { current: 2, total: 9 } }));
  await bed.down();
  assert.equal(bed.auth().revision, 12);
  assert.equal(bed.caughtUp(), 1, 'of the first connection');
});

test('broken off in the midst of a snapshot, a whole one is asked for', async () => {
  const bed = bench();
  bed.up();
  bed.emit('deviceRegistered', registered());
  await bed.down();
  assert.deepEqual([bed.caughtUp(), bed.state.syncing, bed.auth().revision], [0, true, undefined]);
});

test('a resync starts over: only the answer after its snapshot ends it', async () => {
  const bed = bench();
  bed.up();
  bed.emit('deviceRegistered', registered());
  bed.emit('resync', { epoch: 'e2', revision: 3 });
  await bed.answer();
  assert.deepEqual([bed.caughtUp(), bed.state.syncing], [0, true]);
  bed.emit('processingStateSync', started(2));
  await bed.answer();
  assert.deepEqual([bed.caughtUp(), bed.state.syncing, seen(bed.state)], [1, false, { epoch: 'e2', revision: 3 }]);
});

test('a server that cannot reach its storage has told all it had; one that is silent is asked again', async () => {
  const bed = bench();
  bed.up();
  bed.emit('deviceRegistered', registered());
  bed.waiting.shift()(new Error('operation has timed out'));
  await turn();
  assert.deepEqual([bed.caughtUp(), bed.sent], [0, ['heartbeat', 'heartbeat']]);
  await bed.answer({ ok: false, code: 'store_unavailable', message: 'no', retryable: true });
  assert.equal(bed.caughtUp(), 1);
});

test('the identity is forgotten when another page has taken it', async () => {
  const bed = await settled();
  bed.emit('error', { code: 'superseded', message: 'This device was opened somewhere else' });
  assert.equal(bed.state.superseded, true);
  assert.deepEqual(Object.keys(bed.auth()), ['token', 'deviceName']);
});

const happens = (name) => globalThis.dispatchEvent(new Event(name));
const shown = (bed) => bed.state.connection.status;

test('without a network it says so at once, and breaks off without taking leave', async () => {
  const bed = await settled();
  bed.calls.length = 0;
  happens('offline');
  assert.deepEqual([shown(bed), bed.calls], ['offline', ['close']]);
});

test('with a network again it connects at once, and not where it is connected already', async () => {
  const bed = await settled();
  happens('offline');
  await bed.down();
  bed.calls.length = 0;
  happens('online');
  assert.deepEqual([shown(bed), bed.calls.at(-1)], ['connecting', 'connect']);
  bed.up();
  bed.calls.length = 0;
  happens('online');
  assert.deepEqual(bed.calls, []);
});

test('a connection that looks alive after a sleep is asked, and another one is begun if it does not answer', async () => {
  const bed = await settled();
  bed.calls.length = 0;
  happens('online');
  await bed.answer();
  assert.deepEqual([bed.sent.at(-1), bed.calls], ['heartbeat', []]);
  happens('online');
  bed.waiting.shift()(new Error('operation has timed out'));
  assert.deepEqual([bed.calls, shown(bed)], [['close', 'disconnect', 'connect'], 'connecting']);
});

test('one that breaks only as the page wakes does not wait for its next try', async () => {
  const bed = await settled();
  happens('online');
  bed.calls.length = 0;
  await bed.down();
  assert.deepEqual(bed.calls.slice(-2), ['disconnect', 'connect']);
});

test('one that was closed on purpose meanwhile stays closed', async () => {
  const bed = await settled();
  happens('online');
  bed.link.close();
  bed.calls.length = 0;
  await bed.down('io client disconnect');
  assert.deepEqual(bed.calls, []);
});

test('after a sleep an answer is waited for less than a second, after a glance elsewhere longer', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000 });
  const page = Object.assign(new EventTarget(), { hidden: false });
  globalThis.document = page;
  try {
    const bed = await settled();
    const found = [];
    for (const asleep of [1_000, 60_000]) {
      for (const hidden of [true, false]) {
        page.hidden = hidden;
        page.dispatchEvent(new Event('visibilitychange'));
        if (hidden) t.mock.timers.tick(asleep);
      }
      found.push(bed.patience < 1_000);
      await bed.answer();
    }
    assert.deepEqual(found, [false, true]);
  } finally {
    delete globalThis.document;
  }
});

test('a connection that was closed, or whose device is elsewhere now, does not come back with the network', async () => {
  for (const end of [(bed) => bed.link.close(), (bed) => bed.emit('error', { code: 'superseded', message: 'x' })]) {
    const bed = await settled();
    end(bed);
    bed.calls.length = 0;
    happens('offline');
    happens('online');
    assert.deepEqual(bed.calls, []);
  }
});

test('a command that is too big for the connection is not sent', async () => {
  const bed = await settled();
  const before = bed.sent.length;
  const ack = await bed.link.send('updateMessage', chat({ message: 'x'.repeat(70_000) }));
  assert.deepEqual([ack.ok, ack.retryable, bed.sent.length], [false, false, before]);
});

test('a token that is not taken any more is said once, and nothing is tried before there is a new one', async () => {
  const ends = [
    (bed) => bed.refuse('Invalid authentication token'),
    (bed) => bed.refuse('Sign in again', 'sign_in_again'),
    (bed) => bed.emit('error', { code: 'sign_in_again', message: 'Sign in again' }),
    async (bed) => {
      const ack = bed.link.send('stopProcessing', chat());
      await bed.answer({ ok: false, code: 'sign_in_again', message: 'Sign in again', retryable: false });
      await ack;
    },
  ];
  for (const end of ends) {
    const bed = await settled();
    bed.calls.length = 0;
    await end(bed);
    await bed.down('io server disconnect');
    happens('online');
    assert.deepEqual(bed.calls, ['unauthorised']);
    session.set({ token: 'newer' });
    bed.link.renew();
    assert.deepEqual([bed.calls.at(-1), bed.auth().token, bed.auth().deviceId], ['connect', 'newer', ME]);
  }
});

test('a connection that is abandoned does not come back, and takes no leave', async () => {
  const bed = await settled();
  bed.calls.length = 0;
  bed.link.abandon();
  happens('online');
  assert.deepEqual(bed.calls, ['reconnection false', 'close']);
});

test('the identity of one operator is not offered to another', async () => {
  const bed = await settled();
  session.set({ token: 'jwt', operatorId: 'somebody else' });
  assert.deepEqual(Object.keys(bed.auth()), ['token', 'deviceName']);
});

test('a device that was signed out from another one goes to the sign-in, and is not that device any more', async () => {
  const bed = await settled();
  bed.calls.length = 0;
  bed.emit('error', { code: 'signed_out', message: 'This device was signed out from another one' });
  await bed.down('io server disconnect');
  assert.deepEqual(bed.calls, ['unauthorised'], 'nothing is tried again');
  assert.equal(identity.get(), null);
});

test('a name that somebody gave the device is what it says the next time', async () => {
  const bed = await settled();
  const renamed = { deviceId: ME, name: 'Front desk', state: 'here', revision: 12 };
  bed.emit('deviceUpdated', { ...renamed, deviceId: OTHER, name: 'Not mine' });
  assert.equal(bed.auth().deviceName, 'Firefox on Linux');
  bed.emit('deviceUpdated', renamed);
  assert.equal(bed.auth().deviceName, 'Front desk');
  bed.emit('deviceUpdated', { ...renamed, name: 'Firefox on Linux' });
  assert.equal(bed.auth().deviceName, 'Front desk', 'its usual name is nobody\'s choice');
});
