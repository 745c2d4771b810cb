// Scenarios of what socket.io-client keeps while it is not connected and sends the moment it is: before its device is
// registered. With its option `retries` it sends one packet at a time and again until that is acknowledged.

import assert from 'node:assert/strict';

import { until } from './client.mjs';
import { login, open } from './devices.mjs';

const LOCKED = 'Another device is already processing this profile';
const PATIENT = { retries: 3, ackTimeout: 5_000 };
const HASTY = { retries: 3, ackTimeout: 1 }; // gives up, and sends again, before it hears of an acknowledgement
const HEARS_AFTER = 50; // ms
const RUN_OR_TEXT = ['messageUpdated', 'processingStarted', 'processingStopped'];

const names = (client) => client.events.map(([name]) => name).filter((name) => RUN_OR_TEXT.includes(name));

async function typedBeforeConnected() {
  const { token } = await login();
  const b = await open(1, token).ready();
  const a = open(0, token);
  const where = { profileId: '88', type: 'chat' };
  for (const message of ['H', 'He', 'Hel']) a.send('updateMessage', { ...where, message });
  await a.ready();
  await until(() => b.fields.get('88/chat') === 'Hel', 'the last of the buffered strokes');
  assert.deepEqual(b.named('messageUpdated', where).map(({ message }) => message), ['H', 'He', 'Hel']);
  assert.deepEqual(a.named('error'), []);
  a.send('updateMessage', { ...where, message: 'Hell' });
  await until(() => b.fields.get('88/chat') === 'Hell', 'the next stroke');
}

/** Text, a start, text and a stop, all sent before the client is connected: each done once, in this order. */
async function allTogether(options) {
  const { token } = await login();
  const b = await open(1, token).ready();
  const a = open(0, token, options);
  const where = { profileId: '1005', type: 'chat' };
  const acks = [];
  const send = (name, payload) =>
    a.socket.emit(name, { ...where, ...payload }, (...answer) => acks.push(answer.at(-1)?.ok));
  send('updateMessage', { message: 'H' });
  send('updateMessage', { message: 'Hi' });
  send('startProcessing', { message: 'Hi' });
  send('updateMessage', { message: 'Hi!' });
  send('stopProcessing', {});
  await b.event('processingStopped', where);
  await until(() => acks.length === 5, 'five acknowledgements');
  assert.deepEqual(acks, [true, true, true, true, true]);
  const [text, started, stopped] = RUN_OR_TEXT;
  assert.deepEqual(names(b), [text, text, started, text, stopped]);
  assert.deepEqual(b.named('messageUpdated', where).map(({ message }) => message), ['H', 'Hi', 'Hi!']);
  assert.deepEqual(a.named('error'), []);
  await a.ready();
}

/** On a busy machine, too, an acknowledgement comes behind the end of a client's 1 ms. */
function hardOfHearing(client) {
  const { socket } = client;
  const hear = socket.onack.bind(socket);
  socket.onack = (packet) => setTimeout(hear, HEARS_AFTER, packet);
  return client;
}

/** A client that sends everything four times: one run, nobody messaged twice, and the last text is the last. */
async function retriedInHaste() {
  const { token } = await login();
  const b = await open(1, token).ready();
  const a = hardOfHearing(open(0, token, HASTY));
  const where = { profileId: '1001', type: 'chat' };
  a.send('updateMessage', { ...where, message: 'Hi' });
  a.send('startProcessing', { ...where, message: 'Hi' });
  a.send('updateMessage', { ...where, message: 'Hi!' });
  await b.shows(where, '✅ Completed on another device (10/10)');
  await a.shows(where, '✅ Completed (10/10)');
  assert.equal(b.named('processingStarted', where).length, 1);
  assert.equal(b.named('processingComplete', where)[0].stats.sent, 10);
  const texts = b.named('messageUpdated', where).map(({ message }) => message);
  assert.deepEqual([...new Set(texts)], ['Hi', 'Hi!']);
  assert.deepEqual(texts, texts.toSorted());
  await until(() => a.named('error').length > 0, 'that it is told of its haste');
  const codes = new Set(a.named('error').map(({ code }) => code));
  assert.deepEqual([...codes], ['already_running']);
}

/** A start that is refused is followed by the state of the run: the client does not stay at "Pending". */
async function refusedTogether(options) {
  const { token } = await login();
  const b = await open(1, token).ready();
  const where = { profileId: '1005', type: 'chat' };
  b.send('startProcessing', { ...where, message: 'Hi!' });
  await b.shows(where, '🔄 Processing... (2/500)');
  const a = open(0, token, options);
  a.send('startProcessing', { ...where, message: 'Hi!' });
  const refused = await a.event('error');
  assert.deepEqual([refused.message, refused.lockOwner], [LOCKED, b.deviceId]);
  const isState = ([name, data]) => name === 'processingStateSync' && data.profileId === where.profileId;
  const after = () => a.events.slice(a.events.findIndex(([name]) => name === 'error')).find(isState);
  const [, state] = await until(after, 'the state of the run behind the refusal');
  assert.deepEqual([state.isProcessing, state.isOwnDevice, state.deviceId], [true, false, b.deviceId]);
  assert.equal(a.named('error').length, 1);
  b.send('stopProcessing', where);
  await a.shows(where, '⏹️ Stopped on another device');
}

export const BUFFERED = {
  typedBeforeConnected,
  sentTogether: () => allTogether({}),
  sentTogetherWithRetries: () => allTogether(PATIENT),
  retriedInHaste,
  refusedTogether: () => refusedTogether({}),
  refusedTogetherWithRetries: () => refusedTogether(PATIENT),
};
