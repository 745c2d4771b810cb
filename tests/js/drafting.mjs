// Scenarios about what drafts have besides their text: what goes with a mail, and earlier versions. They ask for
// acknowledgements, as a newer client does.

import assert from 'node:assert/strict';

import { until } from './client.mjs';
import { pair } from './devices.mjs';

const MAIL = 'This is a mail that is long enough to be sent, with a greeting and some news. '.repeat(3);
const ACK_TIMEOUT = 5_000; // ms

const ask = (client, command, payload) => client.socket.timeout(ACK_TIMEOUT).emitWithAck(command, payload);

export const DRAFTING = {
  // What one device attaches is known to the other, which starts the mail with it; text is not touched.
  async attaching() {
    const [a, b] = await pair();
    const where = { profileId: '1001', type: 'mail' };
    const made = (title) => ({ title, link: `https://media.example/${title}.jpg`, message_type: 'SENT_IMAGE' });
    const attach = (client, title) => ask(client, 'updateAttachments', { ...where, attachments: [made(title)], base: [] });
    const acks = await Promise.all([attach(a, 'Sea'), attach(b, 'Sun')]);
    assert.deepEqual(acks.map(({ ok }) => ok), [true, true]);
    const last = Math.max(...acks.map(({ revision }) => revision));
    for (const client of [a, b]) {
      await until(() => client.named('attachmentsUpdated', where).at(-1)?.revision === last, 'the last list');
    }
    const { attachments } = b.named('attachmentsUpdated', where).at(-1);
    assert.deepEqual(attachments.map(({ title }) => title).sort(), ['Sea', 'Sun']);
    const inOrder = attachments.toSorted((one, other) => one.title.localeCompare(other.title));
    b.send('startProcessing', { ...where, message: MAIL, attachments: inOrder });
    await b.event('processingComplete', where);
  },

  // What one device clears, the other finds among the versions and restores; the first one reads how it was.
  async versions() {
    const [a, b] = await pair();
    const where = { profileId: '1001', type: 'chat' };
    await ask(a, 'updateMessage', { ...where, message: 'Hello there!' });
    const { version } = await ask(a, 'clearMessage', where);
    const { versions } = await ask(b, 'listVersions', where);
    assert.deepEqual(versions.map(({ words, deviceId }) => [words, deviceId]), [['Hello there!', a.deviceId]]);
    assert.equal(versions[0].version, version);
    assert.equal((await ask(a, 'readVersion', { ...where, version })).message, 'Hello there!');
    const restored = await ask(b, 'restoreVersion', { ...where, version });
    assert.equal(restored.message, 'Hello there!');
    await until(() => a.fields.get('1001/chat') === 'Hello there!', 'the text that was restored');
    assert.equal((await a.event('messageUpdated', where)).revision, restored.revision);
    const gone = await ask(a, 'readVersion', { ...where, version: version + 1 });
    assert.deepEqual([gone.ok, gone.code], [false, 'unknown_version']);
  },
};
