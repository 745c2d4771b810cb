// Two existing clients through which only polling gets, of one operator:
//   node polling.mjs '{"url": "http://…", "token": "…"}'
// One types and starts, the other watches and stops. Exits with 0 when both saw it all.

import assert from 'node:assert/strict';

import { ExistingClient, until } from '../js/client.mjs';

const { url, token } = JSON.parse(process.argv[2]);
const where = { profileId: '1005', type: 'chat' };
const text = 'Hello there!';
const troubles = [];

async function open() {
  const client = new ExistingClient(url, token, { transports: ['polling'] });
  for (const name of ['connect_error', 'disconnect']) {
    client.socket.on(name, (error) => troubles.push(`${name}: ${error.message ?? error}`));
  }
  return client.ready();
}

const [a, b] = await Promise.all([open(), open()]);

for (let end = 1; end <= text.length; end += 1) {
  a.send('updateMessage', { ...where, message: text.slice(0, end) });
}
await until(() => b.fields.get('1005/chat') === text, 'the text on the other device');
const strokes = b.named('messageUpdated', where).map(({ message }) => message);
assert.deepEqual(strokes, Array.from(text, (_, index) => text.slice(0, index + 1)));

a.send('startProcessing', { ...where, message: text });
await a.shows(where, '🔄 Processing... (5/500)');
await b.shows(where, '📱 Processing on another device... (5/500)');
b.send('stopProcessing', where);
await a.shows(where, '⏹️ Stopped on another device');
await b.shows(where, '⏹️ Stopped');
const counts = b.named('processingProgress', where).map(({ progress }) => progress.current);
assert.deepEqual(counts, Array.from(counts, (_, index) => index));

assert.deepEqual([a.transport, b.transport], ['polling', 'polling']);
assert.deepEqual([...troubles, ...a.faults, ...b.faults, ...a.named('error'), ...b.named('error')], []);
process.exit(0); // open polls would keep the process
