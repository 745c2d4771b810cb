// What the dialog of recipients is given for each of its lists.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createLists } from '../../static/lists.js';
import { after, event, ME, registered } from './helpers.mjs';

const PROFILE = { external_id: '7', name: 'Anna' };
const plain = (text) => text.replace(/[\u2068\u2069]/g, '');

function lists(parts = []) {
  const sent = [];
  const asked = [];
  const files = {
    async part(path, query) {
      asked.push([path, query]);
      return parts[asked.length - 1];
    },
  };
  return { ...createLists({ send: (...command) => sent.push(command), files }), sent, asked };
}

test('the list of those messaged says when and by which run', () => {
  const { messaged, sent } = lists();
  const source = messaged(PROFILE, 'chat', (id) => `device ${id}`);
  const at = new Date(2020, 0, 2, 9, 42).getTime();
  const run = { id: 'x', startedAt: at - 60_000, operatorId: 'ada', deviceId: 'd1', deviceName: '' };
  const line = (runId) => plain(source.line({ at, runId }, { runs: [run] }));
  assert.match(line('x'), /2020.* · run of ada on device d1, started .*2020/);
  assert.doesNotMatch(line(''), /run of/);
  source.read(null, '');
  source.read('5:a', 'b');
  source.remove({ id: 'r1' });
  const about = { profileId: '7', type: 'chat' };
  assert.deepEqual(sent, [
    ['listBlocklist', about],
    ['listBlocklist', { ...about, cursor: '5:a', find: 'b' }],
    ['removeFromBlocklist', { ...about, recipientId: 'r1' }],
  ]);
  assert.ok(source.concerns('blocklistRecipientRemoved', about));
  assert.ok(!source.concerns('blocklistCleared', { ...about, type: 'mail' }));
});

test('a list in a file is all of its parts', async () => {
  const { notContacted, asked } = lists([{ text: 'a', next: '5:é' }, { text: 'b', next: null }]);
  const told = [];
  assert.deepEqual(await notContacted().file((number) => told.push(number)), ['a', 'b']);
  assert.deepEqual(asked, [['/api/do-not-contact/export', {}], ['/api/do-not-contact/export', { cursor: '5:é' }]]);
  assert.deepEqual(told, [1, 2]);
});

test('what is done to the lists is told in the right column', () => {
  const deviceId = ME;
  const { journal } = after(
    registered(),
    event('doNotContactChanged', { deviceId, operatorId: 'ada', added: 3, removed: 0, count: 3, revision: 11 }),
    event('doNotContactChanged', { operatorId: 'ada', added: 0, removed: 1, count: 2, revision: 12 }),
    event('blocklistRecipientRemoved', { deviceId, profileId: '7', type: 'chat', recipientId: 'r1', count: 0, revision: 13 }),
  );
  assert.deepEqual(journal.entries.map(({ kind, who }) => [kind, who.own ? ME : who.name]), [
    ['unblocked', ME],
    ['neverRemoved', 'ada'],
    ['neverAdded', ME],
  ]);
});
