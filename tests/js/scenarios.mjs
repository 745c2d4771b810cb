// One scenario of the existing client against a running server:
//   node scenarios.mjs '{"scenario": "typing", "urls": ["http://…", "http://…"], "transports": null}'
// `packed`: for each client in turn whether it has the MessagePack parser.
// Prints one line of JSON, {"scenario", "ok", "error"?, "transports"}, and exits with 0 when it held.

import assert from 'node:assert/strict';

import { BUFFERED } from './buffered.mjs';
import { until } from './client.mjs';
import { clients, Gate, http, login, open, pair, scenario } from './devices.mjs';
import { DRAFTING } from './drafting.mjs';

const LOCKED = 'Another device is already processing this profile';
const RUN_EVENTS = ['processingStarted', 'processingProgress', 'processingComplete', 'processingStopped'];
const STROKES = 200;
const MAIL = 'This is a mail that is long enough to be sent, with a greeting and some news. '.repeat(3);

/** Both saw the same events about a run, in the same order. */
function assertSameStory(a, b, where) {
  const story = (client) =>
    client.events.filter(([name, data]) => RUN_EVENTS.includes(name) && data.profileId === where.profileId);
  assert.deepEqual(story(a), story(b));
}

/** The client got a text that grows by one letter, from one to `STROKES`: none lost, doubled or out of order. */
function assertEveryStroke(client, where) {
  const lengths = client.named('messageUpdated', where).map(({ message }) => message.length);
  assert.deepEqual(lengths, Array.from({ length: STROKES }, (_, index) => index + 1));
}

const SCENARIOS = {
  async refused() {
    const refusal = (token, more) =>
      new Promise((resolve) => {
        const { socket } = open(0, token, more);
        socket.on('connect', () => resolve('connected'));
        socket.on('connect_error', (error) => resolve(error.message));
      });
    assert.equal(await refusal(undefined), 'Authentication token required');
    assert.equal(await refusal('not.a.token'), 'Invalid authentication token');
    const { token } = await login();
    const inHeader = { extraHeaders: { Authorization: `Bearer ${token}` } };
    assert.equal(await refusal(undefined, inHeader), 'connected');
  },

  async profiles() {
    const { alphaDateToken, profiles, operatorId, email, token } = await login();
    assert.equal(email, 'demo@example.com');
    assert.ok(operatorId && token && alphaDateToken !== token);
    const headers = { 'X-Alpha-Date-Token': alphaDateToken };
    const { body } = await http('/api/profiles', { headers });
    assert.deepEqual(body.map(({ external_id: id }) => id), profiles);
    const fields = ['id', 'name', 'external_id', 'photo_link', 'age', 'gender', 'country_name', 'status'];
    for (const field of fields) assert.ok(field in body[0], field);
    const media = (await http(`/api/profiles/${profiles[0]}/attachments`, { headers })).body;
    assert.deepEqual(Object.keys(media).sort(), ['audios', 'images', 'videos']);
    for (const field of ['id', 'external_id', 'content_type', 'link', 'filename', 'thumb_link']) {
      assert.ok(field in media.images[0], field);
    }
    assert.equal((await http('/api/profiles', { headers: {} })).status, 401);
  },

  // Scenarios 1 and 3: what one device starts shows on the other, is locked there, and completes on both.
  async startAndComplete() {
    const [a, b] = await pair();
    const where = { profileId: '1001', type: 'chat' };
    // The payload is as loose as the existing client's: a number for the profile, identity that is not to be believed.
    a.send('startProcessing', { profileId: 1001, type: 'chat', message: 'Hi!', operatorId: 'x', deviceId: 'y' });
    await b.shows(where, '📱 Processing started on another device...');
    b.send('startProcessing', { ...where, message: 'Hi!' });
    const refused = await b.event('error');
    assert.equal(refused.message, LOCKED);
    assert.equal(refused.lockOwner, a.deviceId);
    const running = Array.from({ length: 11 }, (_, current) => `(${current}/10)`);
    await a.shows(where, '✅ Completed (10/10)');
    await b.shows(where, '✅ Completed on another device (10/10)');
    assert.deepEqual([...new Set(a.linesOf(where))], [
      '🔄 Processing...',
      ...running.map((counts) => `🔄 Processing... ${counts}`),
      '✅ Completed (10/10)',
    ]);
    // Who is refused is told how the run stands, which may be before its recipients are listed.
    const unlisted = '📱 Processing on another device... (0/0)';
    assert.deepEqual([...new Set(b.linesOf(where))].filter((line) => line !== unlisted), [
      '📱 Processing started on another device...',
      ...running.map((counts) => `📱 Processing on another device... ${counts}`),
      '✅ Completed on another device (10/10)',
    ]);
    assertSameStory(a, b, where);
    const { stats } = await b.event('processingComplete', where);
    assert.deepEqual([stats.current, stats.total, stats.sent, stats.skipped, stats.failed], [10, 10, 10, 0, 0]);
    assert.deepEqual(a.named('error'), []);
  },

  // Scenario 2, the device left on purpose.
  async leave() {
    const where = { profileId: '1003', type: 'chat' };
    const b = await interruptedBy((client) => client.leave(), where, 60);
    await b.shows(where, '✅ Completed (60/60)');
    const { stats } = await b.event('processingComplete', where);
    assert.equal(stats.sent + stats.skipped, 60);
    assert.ok(stats.skipped >= 5);
  },

  // Scenario 2, the connection broke and the device does not come back.
  async breakOff() {
    const where = { profileId: '1005', type: 'chat' };
    await interruptedBy((client) => {
      client.socket.io.reconnection(false);
      client.breakOff();
    }, where, 500);
  },

  // A short break, after which the client comes back by itself: the same device, and its run went on.
  async comesBack() {
    const [a, b] = await pair();
    const where = { profileId: '1005', type: 'chat' };
    a.send('startProcessing', { ...where, message: 'Hi!' });
    await b.shows(where, '📱 Processing on another device... (5/500)');
    const { deviceId } = a;
    const before = a.events.length;
    a.breakOff();
    await until(() => a.named('deviceRegistered').length === 2, 'registered again');
    assert.equal(a.deviceId, deviceId);
    const { current, isOwnDevice } = await a.event('processingStateSync', where);
    assert.equal(isOwnDevice, true);
    await a.shows(where, `🔄 Processing... (${current + 20}/500)`);
    await b.shows(where, `📱 Processing on another device... (${current + 20}/500)`);
    const after = a.events.slice(before).filter(([name]) => name === 'processingProgress');
    const seen = after.map(([, data]) => data.progress.current).filter((count) => count > current);
    assert.deepEqual(seen, Array.from(seen, (_, index) => current + 1 + index));
    assert.deepEqual(b.named('processingInterrupted'), []);
    await a.ready();
  },

  // Scenario 4.
  async typing() {
    const [a, b] = await pair();
    const where = { profileId: '123', type: 'chat' };
    const text = 'Hello there!';
    for (let end = 1; end <= text.length; end += 1) {
      a.send('updateMessage', { profileId: 123, type: 'chat', message: text.slice(0, end) });
    }
    await until(() => b.fields.get('123/chat') === text, 'the text on the other device');
    const strokes = b.named('messageUpdated', where).map(({ message }) => message);
    assert.deepEqual(strokes, Array.from(text, (_, index) => text.slice(0, index + 1)));
    a.send('clearMessage', where);
    await until(() => b.fields.get('123/chat') === '', 'the empty field on the other device');
    // Whatever a has got of its own doing, it has before b's later word.
    b.send('updateMessage', { profileId: '123', type: 'mail', message: 'marker' });
    await a.event('messageUpdated', { profileId: '123', type: 'mail' });
    assert.equal(a.events.filter(([name]) => name.startsWith('message')).length, 1);
  },

  // So many strokes at once that polling sends them in one request.
  async typingFast() {
    const [a, b] = await pair();
    const where = { profileId: '66', type: 'chat' };
    for (let length = 1; length <= STROKES; length += 1) a.send('updateMessage', { ...where, message: 'x'.repeat(length) });
    await until(() => b.fields.get('66/chat')?.length === STROKES, 'the whole text');
    assert.deepEqual(a.named('error'), []);
    assertEveryStroke(b, where);
  },

  // The device that connects later starts from where the others are.
  async joinsLate() {
    const { token } = await login();
    const a = await open(0, token).ready();
    const where = { profileId: '1005', type: 'mail' };
    a.send('updateMessage', { ...where, message: MAIL });
    a.send('startProcessing', { ...where, message: MAIL });
    await a.shows(where, '🔄 Processing... (2/500)');
    const b = await open(1, token).ready();
    const run = await b.event('processingStateSync', where);
    assert.deepEqual([run.isProcessing, run.isOwnDevice, run.deviceId], [true, false, a.deviceId]);
    assert.ok(run.current >= 2 && run.total === 500);
    await b.event('messageSync', where);
    assert.equal(b.fields.get('1005/mail'), MAIL);
    await b.shows(where, `📱 Processing on another device... (${run.current + 1}/500)`);
    a.send('stopProcessing', where);
    await b.shows(where, '⏹️ Stopped on another device');
    // Every step from the snapshot on was shown, and then the stop.
    const { progress } = b.named('processingProgress', where).at(-1);
    assert.equal(new Set(b.linesOf(where)).size, progress.current - run.current + 2);
  },

  async stopAndClear() {
    const [a, b] = await pair();
    const chat = { profileId: '1004', type: 'chat' };
    const mail = { profileId: '1003', type: 'mail' };
    a.send('startProcessing', { ...chat, message: 'Hi!' });
    b.send('startProcessing', { ...mail, message: MAIL });
    await a.shows(chat, '🔄 Processing... (3/200)');
    await b.shows(mail, '🔄 Processing... (3/60)');
    b.send('stopAllProcessing');
    await a.shows(chat, '⏹️ Stopped on another device');
    await a.shows(mail, '⏹️ Stopped on another device');
    await b.shows(chat, '⏹️ Stopped');
    const byName = (left, right) => left.profileId.localeCompare(right.profileId);
    for (const client of [a, b]) {
      const { stoppedProfiles, stoppedBy } = await client.event('allProcessingStopped');
      assert.deepEqual(stoppedProfiles.toSorted(byName), [mail, chat]);
      assert.equal(stoppedBy, b.deviceId);
      const ends = client.events.map(([name]) => name).filter((name) => name.endsWith('Stopped'));
      assert.deepEqual(ends, ['processingStopped', 'processingStopped', 'allProcessingStopped']);
    }
    a.send('clearBlocklist', chat);
    for (const client of [a, b]) {
      const cleared = await client.event('blocklistCleared', chat);
      assert.ok(cleared.deletedCount >= 3);
      assert.equal(cleared.message, `Cleared ${cleared.deletedCount} blocked recipients`);
    }
  },

  // Every key stroke arrives, once and in order, while both clients go over from polling to WebSocket.
  async typingThroughUpgrade() {
    const { token } = await login();
    const gates = [new Gate(), new Gate()];
    const [a, b] = gates.map((gate, server) => open(server, token, gate.clientOptions));
    await until(() => a.deviceId && b.deviceId, 'both registered');
    assert.deepEqual([a.transport, b.transport], ['polling', 'polling']);
    const where = { profileId: '77', type: 'chat' };
    const text = 'x'.repeat(STROKES);
    let sent = 0;
    const stroke = () => {
      sent += 1;
      a.send('updateMessage', { ...where, message: text.slice(0, sent) });
      return new Promise(setImmediate);
    };
    let upgradedAt = 0;
    a.socket.io.engine.on('upgrade', () => (upgradedAt = sent));
    while (sent < 20) await stroke();
    await b.event('messageUpdated', where);
    for (const gate of gates) gate.open();
    while (upgradedAt === 0 && sent < STROKES - 20) {
      await stroke();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all([a.ready(), b.ready()]);
    while (sent < STROKES) await stroke();
    await until(() => b.fields.get('77/chat') === text, 'the whole text');
    assertEveryStroke(b, where);
    assert.ok(upgradedAt > 20, `the upgrade came at stroke ${upgradedAt}`);
    assert.deepEqual(a.named('messageUpdated'), []);
  },

  ...BUFFERED,
  ...DRAFTING,
};

/** Lose a device in the middle of its run: the other one is told, and can start. Returns the other one. */
async function interruptedBy(lose, where, total) {
  const [a, b] = await pair();
  a.send('startProcessing', { ...where, message: 'Hi!' });
  await b.shows(where, `📱 Processing on another device... (5/${total})`);
  lose(a);
  await b.shows(where, '⚠️ Interrupted: Device disconnected');
  b.send('startProcessing', { ...where, message: 'Hi!' });
  await b.shows(where, '🔄 Processing...');
  assert.deepEqual(b.named('error'), []);
  return b;
}

const result = { scenario, ok: false };
try {
  await SCENARIOS[scenario]();
  assert.deepEqual(clients.flatMap(({ faults }) => faults), []);
  result.ok = true;
} catch (error) {
  result.error = error.stack;
}
const connected = clients.filter(({ socket }) => socket.connected);
result.transports = connected.map(({ transport }) => transport);
console.log(JSON.stringify(result));
process.exit(result.ok ? 0 : 1); // open polls would keep the process
