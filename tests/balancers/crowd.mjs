// Many existing clients at once, with the official library's default transports:
//   node crowd.mjs '{"url": "http://…", "tokens": ["…"], "addresses": ["127.0.1.1"], "clients": 200}'
// For each line that comes in, one line of JSON goes out that says how they are. Ends with its input.

import { Agent } from 'node:http';
import { createInterface } from 'node:readline';

import { ExistingClient } from '../js/client.mjs';

const { url, tokens, addresses, clients: count } = JSON.parse(process.argv[2]);

// The clients share some addresses, as people in offices do. All connections of a client come from its own.
const agents = addresses.map((localAddress) => new Agent({ localAddress }));

const COMING_MAX = 20; // clients that are on their way at a time

const refused = []; // messages of connect_error
const lost = []; // reasons of disconnect
const losers = new Set(); // clients that were disconnected
const clients = [];

function isThere(client) {
  return client.socket.connected && client.transport === 'websocket' && client.named('deviceRegistered').length > 0;
}

function open() {
  const place = clients.length;
  const agent = agents[place % agents.length];
  const client = new ExistingClient(url, tokens[place % tokens.length], { agent });
  client.socket.on('connect_error', ({ message, description }) => {
    refused.push(`${message}: ${description?.message ?? description}`);
  });
  client.socket.on('disconnect', (reason) => {
    lost.push(reason);
    losers.add(client);
  });
  clients.push(client);
}

// They come one after the other, not all at once: how long each of them takes is then the same however many they are.
const coming = setInterval(() => {
  while (clients.length < count && clients.filter((client) => !isThere(client)).length < COMING_MAX) open();
  if (clients.length === count) clearInterval(coming);
}, 10);

function state() {
  const connected = clients.filter(({ socket }) => socket.connected);
  const registered = clients.filter((client) => client.socket.connected && client.named('deviceRegistered').length > 0);
  return {
    connected: connected.length,
    registered: registered.length,
    websocket: connected.filter(({ transport }) => transport === 'websocket').length,
    registrations: clients.reduce((sum, client) => sum + client.named('deviceRegistered').length, 0),
    refused,
    lost,
    losers: losers.size,
    errors: clients.flatMap((client) => [...client.faults, ...client.named('error').map(({ message }) => message)]),
  };
}

createInterface({ input: process.stdin })
  .on('line', () => console.log(JSON.stringify(state())))
  .on('close', () => process.exit(0));
