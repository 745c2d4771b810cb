import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { readDetaching } from '../../static/detaching.js';
import { PLAIN, readRhythm } from '../../static/rhythm.js';
import { noticeOf, startOf } from '../../static/status.js';
import { AWAY, bench } from './bench.mjs';
import { chat, event, ME, OTHER } from './helpers.mjs';

const HELD = { ok: false, code: 'locked', message: 'Another device is already processing this profile', lockOwner: OTHER };

test('a refused start is told at its card', async () => {
  const bed = bench();
  bed.dispatch(event('messageUpdated', chat({ message: 'Hello', deviceId: OTHER, revision: 11 })));
  bed.commands.start('7', 'chat', 'Hello');
  assert.equal(bed.state.busy['7/chat'], 'startProcessing');
  await bed.answer(HELD);
  assert.deepEqual([bed.notice(), bed.state.busy['7/chat']], [HELD.message, undefined]);
  assert.equal(bed.state.notices['7/chat'].hint, `Device ${OTHER}`);
});

const UNKNOWN = { ok: false, code: 'unknown_outcome', message: 'not for people', retryable: true };

test('a start of which it is not known whether it was done says so until it is', async () => {
  for (const ends of [
    event('processingStateSync', chat({ isProcessing: false, status: 'none', revision: 11 })),
    event('processingStateSync', chat({ isProcessing: true, status: 'running', deviceId: OTHER, revision: 11 })),
    event('processingStarted', chat({ deviceId: OTHER, revision: 11 })),
    event('processingStopped', chat({ deviceId: OTHER, revision: 11 })),
  ]) {
    const bed = bench();
    bed.commands.start('7', 'chat', 'Hello');
    await bed.answer(UNKNOWN);
    assert.match(bed.notice(), /^Not known yet whether this was done/);
    bed.dispatch(ends);
    assert.equal(bed.notice(), undefined);
  }
});

test('a start that cannot work is not sent, and says why', () => {
  const bed = bench();
  bed.dispatch(event('processingStarted', chat({ deviceId: OTHER, revision: 11 })));
  bed.commands.start('7', 'chat', 'Hello');
  assert.deepEqual([bed.sent, bed.notice()], [[], HELD.message]);
});

test('the attachments of the profile go with a mail', () => {
  const bed = bench();
  const items = [{ id: 1, title: 'a', link: 'l', message_type: 'SENT_IMAGE' }];
  const message = 'x'.repeat(150);
  bed.dispatch(event('local/attach', { profileId: '7', items }));
  bed.dispatch(event('messageUpdated', { profileId: '7', type: 'mail', message, deviceId: OTHER, revision: 11 }));
  bed.commands.start('7', 'mail', message);
  assert.deepEqual(bed.sent, [['startProcessing', { profileId: '7', type: 'mail', message, attachments: items }]]);
});

test('a run is started detached where the operator has chosen so, on this device', () => {
  const bed = bench();
  for (const on of [true, false]) {
    bed.commands.detach(on);
    assert.equal(readDetaching(), on);
    bed.commands.start(on ? '7' : '8', 'chat', 'Hello');
  }
  assert.deepEqual(
    bed.sent.map(([, { detached, profileId }]) => [profileId, detached]),
    [
      ['7', true],
      ['8', undefined],
    ],
  );
});

test('a run is started as often and as fast as was chosen, on this device', () => {
  const bed = bench();
  const rhythm = { pause: 900, interval: 5 };
  bed.commands.keepTime(rhythm);
  assert.deepEqual(readRhythm(), rhythm);
  bed.commands.start('7', 'chat', 'Hello');
  bed.commands.takeOver('8', 'chat');
  const [[, started], taken] = bed.sent;
  assert.deepEqual([started.continuous, started.messageInterval], [{ pause: 900 }, 5]);
  assert.deepEqual(taken, ['takeOverProcessing', { profileId: '8', type: 'chat' }]);
  bed.commands.keepTime(PLAIN);
});

const LIST = { profileId: '7', type: 'mail' };

test('what is attached is sent one list at a time, with what it was made from', async () => {
  const bed = bench();
  const [a, b] = ['a', 'b'].map((link) => ({ id: link, title: link, link, message_type: 'SENT_IMAGE' }));
  bed.commands.attach('7', [a]);
  bed.commands.attach('7', [a, b]);
  assert.deepEqual(bed.sent, [['updateAttachments', { ...LIST, attachments: [a], base: [] }]]);
  await bed.answer({ ok: true, attachments: [a], revision: 11 });
  assert.deepEqual(bed.sent[1], ['updateAttachments', { ...LIST, attachments: [a, b], base: ['a'] }]);
  await bed.answer({ ok: false, code: 'too_many_attachments', message: 'A mail cannot have that many attachments' });
  assert.equal(bed.sent.length, 2);
  assert.equal(bed.state.notices['7/mail'].text, 'A mail cannot have that many attachments');
  assert.deepEqual(bed.state.attachments['7'].items, [a]);
});

test('what is attached while away is sent once the connection is back', async () => {
  const bed = bench();
  const a = { id: 'a', title: 'a', link: 'a', message_type: 'SENT_IMAGE' };
  bed.online = false;
  bed.commands.attach('7', [a]);
  await turn();
  assert.deepEqual(bed.sent, []);
  bed.online = true;
  bed.commands.flush();
  assert.deepEqual(bed.sent, [['updateAttachments', { ...LIST, attachments: [a], base: [] }]]);
});

test('the error event goes to the card of the oldest such command', () => {
  const bed = bench();
  bed.commands.stop('7', 'chat');
  bed.commands.stop('8', 'chat');
  bed.commands.failed({ event: 'stopProcessing', message: 'no' });
  assert.deepEqual(Object.keys(bed.state.notices), ['7/chat']);
  bed.commands.failed({ message: 'about nothing in particular' });
  assert.equal(bed.state.banner.text, 'about nothing in particular');
});

test('a refusal that may be tried again says so at its card', async () => {
  const bed = bench();
  for (const ack of [AWAY, { ...AWAY, code: 'no_answer', message: 'The server cannot reach its storage right now' }]) {
    bed.commands.stop('7', 'chat');
    await bed.answer(ack);
    assert.equal(bed.notice(), AWAY.message);
  }
});

test('the lists of the open profile are asked for, each once', async () => {
  const bed = bench();
  bed.commands.listUncertain();
  assert.deepEqual(bed.sent, [], 'no profile is open');
  bed.dispatch(event('local/select', { profileId: '7' }));
  bed.commands.listUncertain();
  bed.commands.listUncertain();
  assert.deepEqual(bed.sent, [['listUncertain', chat()], ['listUncertain', { profileId: '7', type: 'mail' }]]);
  await bed.answer({ ok: true, recipients: [{ id: 'r1', name: 'Ann' }] });
  assert.deepEqual(bed.state.uncertain['7/chat'].recipients, [{ id: 'r1', name: 'Ann', reason: '', at: null }]);
});

test('a list that is on several pages is asked for to its end, and each of it is there once', async () => {
  const bed = bench();
  bed.dispatch(event('local/select', { profileId: '7' }));
  bed.commands.listUncertain();
  await bed.answer({ ok: true, recipients: [{ id: 'r1' }, { id: 'r2' }], more: 2, cursor: '5:0' });
  assert.deepEqual(bed.sent.at(-1), ['listUncertain', chat({ cursor: '5:0' })]);
  await bed.answer({ ok: true, recipients: [], more: 0 }); // that of the mail
  await bed.answer({ ok: true, recipients: [{ id: 'r2' }, { id: 'r3' }, { id: 'r4' }], more: 1 });
  const { recipients, more } = bed.state.uncertain['7/chat'];
  assert.deepEqual([recipients.map(({ id }) => id), more], [['r1', 'r2', 'r3', 'r4'], 0]);
});

test('nobody is asked while there is no connection, or half a snapshot', () => {
  const bed = bench();
  bed.dispatch(event('local/select', { profileId: '7' }));
  bed.online = false;
  bed.commands.listUncertain();
  bed.online = true;
  bed.dispatch(event('resync', { epoch: 'e2', revision: 1 }));
  bed.commands.listUncertain();
  assert.deepEqual(bed.sent, []);
});

test('a list that could not be told is asked for again after a moment, a refused one is not', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const bed = bench();
  bed.dispatch(event('local/select', { profileId: '7' }));
  bed.commands.listUncertain();
  await bed.answer(AWAY);
  await bed.answer({ ok: false, code: 'unknown_event', message: 'Unknown event: listUncertain', retryable: false });
  assert.deepEqual([bed.notice(), bed.state.banner], [undefined, null], 'nobody asked for it, nobody is told');
  bed.commands.listUncertain();
  assert.equal(bed.sent.length, 2);
  t.mock.timers.tick(1000);
  bed.commands.listUncertain();
  assert.deepEqual(bed.sent.slice(2), [['listUncertain', chat()]]);
});

test('a decision is about one recipient or about all', async () => {
  const bed = bench();
  bed.commands.resolveUncertain('7', 'chat', 'resend', 'r1');
  assert.equal(bed.state.busy['7/chat'], 'resolveUncertain');
  await bed.answer({ ok: true, count: 1 });
  bed.commands.resolveUncertain('7', 'chat', 'leave');
  assert.deepEqual(bed.sent, [
    ['resolveUncertain', chat({ action: 'resend', recipientId: 'r1' })],
    ['resolveUncertain', chat({ action: 'leave' })],
  ]);
  await bed.answer({ ok: false, code: 'unknown_profile', message: 'Unknown profile', retryable: false });
  assert.match(bed.notice(), /does not list this profile: reload the page/);
  assert.equal(bed.state.busy['7/chat'], undefined);
});

test('a decision that came too late has the list asked for again', async () => {
  const bed = bench();
  bed.dispatch(event('local/uncertainAsked', chat()));
  bed.commands.resolveUncertain('7', 'chat', 'leave', 'r1');
  await bed.answer({ ok: true, count: 0 });
  const { asked, version } = bed.state.uncertain['7/chat'];
  assert.notEqual(asked, version);
});

const theirs = (revision = 12) => event('messageUpdated', chat({ message: 'theirs', deviceId: OTHER, revision }));

test('what is started is what the operator sees', async () => {
  const bed = bench();
  bed.dispatch(theirs());
  bed.commands.start('7', 'chat', 'still on the screen');
  assert.equal(bed.sent[0][1].message, 'still on the screen');
});

test('a start pressed twice is one start, and nothing red stands under a run that goes well', async () => {
  const bed = bench();
  bed.commands.start('7', 'chat', 'Hello');
  bed.commands.start('7', 'chat', 'Hello');
  assert.equal(bed.sent.length, 1);
  bed.dispatch(event('processingStarted', chat({ deviceId: ME, startedAt: 1, revision: 11 })));
  await bed.answer({ ok: true });
  bed.commands.start('7', 'chat', 'Hello');
  assert.equal(bed.sent.length, 1);
  assert.equal(noticeOf(bed.state.notices['7/chat'], startOf(bed.state, '7', 'chat', 'Hello')).tone, 'info');
  const other = bench();
  other.commands.start('7', 'chat', 'Hello');
  other.dispatch(event('processingStarted', chat({ deviceId: ME, startedAt: 1, revision: 11 })));
  await other.answer({ ok: false, code: 'already_running', message: 'This device is already processing this profile' });
  assert.equal(other.notice(), undefined);
});

test('a second press of Stop says nothing once nothing runs', async () => {
  const refused = { ok: false, code: 'not_running', message: 'Nothing is being processed for this profile' };
  const bed = bench();
  bed.commands.stop('7', 'chat');
  await bed.answer(refused);
  assert.equal(bed.notice(), undefined);
  bed.dispatch(event('processingStarted', chat({ deviceId: ME, startedAt: 1, revision: 11 })));
  bed.commands.stop('7', 'chat');
  await bed.answer(refused);
  assert.equal(bed.notice(), refused.message); // what is shown as running is none
});

test('why there was no start is not said any longer than it is true', async () => {
  const bed = bench();
  const said = (message) => noticeOf(bed.state.notices['7/chat'], startOf(bed.state, '7', 'chat', message))?.text;
  bed.dispatch(event('local/connection', { status: 'reconnecting' }));
  bed.commands.start('7', 'chat', 'Hello');
  assert.match(said('Hello'), /^Not connected/);
  bed.dispatch(event('local/connection', { status: 'connected' }));
  assert.equal(said('Hello'), undefined);
  assert.match(said('   '), /blank space/);
});

test('a refusal goes with what it was about', async () => {
  const bed = bench();
  bed.commands.start('7', 'chat', 'Hello');
  await bed.answer(HELD);
  bed.dispatch(event('processingProgress', chat({ deviceId: OTHER, revision: 11, progress: { current: 1, total: 2 } })));
  assert.equal(bed.notice(), HELD.message);
  bed.dispatch(event('processingComplete', chat({ deviceId: OTHER, revision: 12, stats: {} })));
  assert.equal(bed.notice(), undefined);
  bed.online = false;
  bed.commands.stop('7', 'chat');
  await bed.commands.stopAll();
  assert.deepEqual([bed.notice(), bed.state.banner.text].map((text) => text.slice(0, 13)), ['Not connected', 'Not connected']);
  bed.dispatch(event('local/connection', { status: 'connected' }));
  assert.deepEqual([bed.notice(), bed.state.banner], [undefined, null]);
});

