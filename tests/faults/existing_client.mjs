// The existing web client for a test in another language: what it gets goes out as lines of JSON, [name, payload];
// lines [name, ...payload] that come in are what it sends. Arguments: address, token.

import { createInterface } from 'node:readline';

import { ExistingClient } from '../js/client.mjs';

const [url, token] = process.argv.slice(2);
const client = new ExistingClient(url, token);
const say = (name, payload) => process.stdout.write(`${JSON.stringify([name, payload])}\n`);

client.socket.onAny((name, payload) => say(name, payload));
client.socket.on('disconnect', (reason) => say('disconnect', { reason }));
createInterface({ input: process.stdin })
  .on('line', (line) => client.send(...JSON.parse(line)))
  .on('close', () => {
    client.leave();
    process.exitCode = client.faults.length;
    for (const fault of client.faults) console.error(fault);
  });
