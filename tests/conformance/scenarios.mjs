// One scenario of the official client against a running server:
//   node scenarios.mjs '{"scenario": "echo", "url": "http://…", "transports": null, "packed": false}'
// `packed`: with the MessagePack parser.
// Prints one line of JSON, {"scenario", "ok", "error"?, "transport"}, and exits with 0 when it held.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

// The client library is installed beside the programs of the other folder.
const require = createRequire(new URL('../js/client.mjs', import.meta.url));
const { io } = require('socket.io-client');

const { scenario, url, transports, packed } = JSON.parse(process.argv[2]);
const PATIENCE = 45_000; // ms until what does not come fails its scenario
const COUNT = 300; // numbers that go through an upgrade, each way
const sockets = [];

/** A client, in a namespace of a connection of its own unless `more` says otherwise. */
function open(namespace = '', more = {}) {
  const options = { forceNew: true, reconnection: false, ...(transports ? { transports } : {}), ...more };
  if (packed) options.parser = require('socket.io-msgpack-parser');
  const socket = io(url + namespace, options);
  sockets.push(socket);
  return socket;
}

/** The arguments of the next event of this name. */
function next(socket, name) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name} within ${PATIENCE} ms`)), PATIENCE);
    socket.once(name, (...data) => {
      clearTimeout(timer);
      resolve(data);
    });
  });
}

async function connected(...from) {
  const socket = open(...from);
  await next(socket, 'connect');
  return socket;
}

/** Until it is on the transport on which it stays. */
async function settled(socket) {
  const { engine } = socket.io;
  if (engine.transport.name !== (transports ?? ['websocket']).at(-1)) {
    await new Promise((resolve) => engine.once('upgrade', resolve));
  }
}

const VALUES = [
  [],
  [1, '2', { three: [4, null, true] }],
  ['ünï € 👋 \u0000 \u001e'],
  [Buffer.from([1, 2, 3])],
  [{ deep: [Buffer.from('one'), { two: Buffer.alloc(0) }] }, 'text', Buffer.from('three')],
  ['x'.repeat(45_000)], // with polling MessagePack is written in base64: a third more
];

const SCENARIOS = {
  // The server answers with the same, as an acknowledgement and as an event.
  async echo() {
    const socket = await connected();
    for (const moment of ['at once', 'settled']) {
      if (moment === 'settled') await settled(socket);
      for (const value of VALUES) {
        const echoed = next(socket, 'echoed');
        assert.deepEqual(await socket.timeout(PATIENCE).emitWithAck('echo', ...value), value);
        assert.deepEqual(await echoed, value);
      }
    }
  },

  // The server asks, the client acknowledges with text and bytes; the server tells it what came.
  async asked() {
    const socket = await connected();
    socket.on('ask', (data, done) => done({ got: data }));
    for (const value of [1, { a: Buffer.from('bytes') }]) {
      assert.deepEqual(await socket.timeout(PATIENCE).emitWithAck('ask me', value), { got: value });
    }
  },

  // Numbers run both ways all the time; none is lost, doubled or out of order.
  async stream() {
    const socket = open();
    const numbers = [];
    socket.on('number', (number) => numbers.push(number));
    const ended = next(socket, 'end');
    await next(socket, 'connect');
    for (let number = 0; number < COUNT; number++) {
      socket.emit('number', number);
      if (number % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const all = Array.from({ length: COUNT }, (_, index) => index);
    assert.deepEqual(await ended, [all]);
    while (numbers.length < COUNT) await next(socket, 'number');
    assert.deepEqual(numbers, all);
    await settled(socket);
  },

  async refused() {
    const [no] = await next(open('', { auth: { token: 'wrong' } }), 'connect_error');
    assert.deepEqual([no.message, no.data], ['No entry', { code: 7 }]);
    const [unknown] = await next(open('/random'), 'connect_error');
    assert.equal(unknown.message, 'Invalid namespace');
    const socket = await connected('', { auth: { token: 'right' } });
    assert.notEqual(socket.id, socket.io.engine.id);
  },

  // Two namespaces share a connection; one is left, the other goes on.
  async namespaces() {
    const main = await connected();
    const custom = main.io.socket('/custom', {}); // which connects
    sockets.push(custom);
    await next(custom, 'connect');
    await settled(main);
    main.disconnect();
    const echoed = await custom.timeout(PATIENCE).emitWithAck('echo', 'still here');
    assert.equal(echoed, 'custom: still here');
    main.connect();
    await next(main, 'connect');
    assert.deepEqual(await main.timeout(PATIENCE).emitWithAck('echo', 'back'), ['back']);
  },

  async disconnected() {
    const socket = await connected();
    await settled(socket);
    const gone = next(socket, 'disconnect');
    socket.emit('disconnect me');
    assert.equal((await gone)[0], 'io server disconnect');
    const again = await connected();
    again.disconnect();
    assert.equal(again.connected, false);
  },

  // The server ends the session while the client goes over to its WebSocket.
  async cut() {
    const socket = open();
    const gone = next(socket, 'disconnect');
    await next(socket, 'connect');
    assert.notEqual((await gone)[0], 'ping timeout');
  },

  // The server pings at its interval; nobody sends anything else.
  async pings() {
    const socket = await connected();
    await settled(socket);
    for (let count = 0; count < 5; count++) await next(socket.io, 'ping');
    assert.ok(socket.connected);
  },

  // It comes back by itself after its connection broke.
  async broken() {
    const socket = await connected('', { reconnection: true, reconnectionDelay: 10 });
    await settled(socket);
    const first = socket.id;
    const gone = next(socket, 'disconnect');
    socket.io.engine.transport.ws.terminate();
    assert.equal((await gone)[0], 'transport close');
    await next(socket, 'connect');
    assert.notEqual(socket.id, first);
    assert.deepEqual(await socket.timeout(PATIENCE).emitWithAck('echo', 'back'), ['back']);
  },
};

const result = { scenario, ok: true };
try {
  await SCENARIOS[scenario]();
} catch (error) {
  Object.assign(result, { ok: false, error: error.stack });
}
result.transport = [...new Set(sockets.map((socket) => socket.io.engine.transport.name))];
for (const socket of sockets) socket.disconnect();
console.log(JSON.stringify(result));
process.exitCode = result.ok ? 0 : 1;
