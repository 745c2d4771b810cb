// The server that a scenario runs against, and the devices on it.

import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { connect as connectTcp } from 'node:net';

import parser from 'socket.io-msgpack-parser';

import { ExistingClient } from './client.mjs';

const { scenario, urls, transports, packed = [false] } = JSON.parse(process.argv[2]);
const options = transports ? { transports } : {};

export { scenario };
export const clients = []; // all that were opened, oldest first

export async function http(path, init) {
  const answer = await fetch(urls[0] + path, init);
  return { status: answer.status, body: await answer.json() };
}

export async function login() {
  const { status, body } = await http('/api/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'demo@example.com', password: 'demo' }),
  });
  assert.equal(status, 200);
  assert.equal(body.status, true);
  return body;
}

/** A connected client on one of the servers. */
export function open(server, token, more = {}) {
  const form = packed[clients.length % packed.length] ? { parser } : {};
  const client = new ExistingClient(urls[server % urls.length], token, { ...options, ...form, ...more });
  clients.push(client);
  return client;
}

/** Two devices of one operator, on two servers where there are two. */
export async function pair() {
  const { token } = await login();
  return Promise.all([open(0, token).ready(), open(1, token).ready()]);
}

/** Lets WebSockets through only when told: holds a client in the middle of its upgrade. */
export class Gate extends Agent {
  #open;
  #opened = new Promise((resolve) => (this.#open = resolve));

  createConnection(address, done) {
    this.#opened.then(() => done(null, connectTcp(address)));
  }

  open() {
    this.#open();
  }

  /** Client options with which WebSockets come through this gate. */
  get clientOptions() {
    return { transportOptions: { websocket: { agent: this } } };
  }
}
