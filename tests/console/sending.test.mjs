import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isTooLong, isUnsaved } from '../../static/drafts.js';
import { SYNC_MAX } from '../../static/limits.js';
import { AWAY, bench } from './bench.mjs';
import { chat, event, OTHER } from './helpers.mjs';

const UNKNOWN = { ok: false, code: 'unknown_outcome', message: 'not for people', retryable: true };
const draftOf = (bed) => bed.state.drafts['7/chat'];
const theirs = (message, revision) => event('messageUpdated', chat({ message, deviceId: OTHER, revision }));
const messages = (bed) => bed.sent.map(([, { message }]) => message);

test('one update is under way at a time; what is typed meanwhile goes with the next one', async () => {
  const bed = bench();
  for (const message of ['H', 'He', 'Hel']) bed.commands.type('7', 'chat', message);
  assert.deepEqual(bed.sent, [['updateMessage', chat({ message: 'H', base: 0 })]]);
  await bed.answer({ ok: true, revision: 11 });
  assert.deepEqual(bed.sent.at(-1), ['updateMessage', chat({ message: 'Hel', base: 11 })]);
  await bed.answer({ ok: true, revision: 12 });
  assert.deepEqual([isUnsaved(draftOf(bed)), bed.sent.length], [false, 2]);
});

test('nothing goes before the server has said of which epoch its revisions are', async () => {
  const bed = bench();
  bed.joined = false;
  bed.commands.type('7', 'chat', 'H');
  bed.commands.type('7', 'chat', '');
  bed.commands.clearMessage('7', 'chat');
  bed.commands.type('7', 'chat', 'He');
  assert.deepEqual(bed.sent, []);
  bed.joined = true;
  bed.commands.flush();
  assert.deepEqual(bed.sent, [['updateMessage', chat({ message: 'He', base: 0 })]]);
  await bed.answer({ ok: true, revision: 11 });
  assert.equal(bed.sent.length, 1);
});

test('a text whose answer is lost with the connection waits without a complaint', async () => {
  const bed = bench();
  bed.commands.type('7', 'chat', 'H');
  bed.online = false;
  await bed.answer({ ok: false, code: 'no_answer', message: 'No answer', retryable: true });
  assert.deepEqual([bed.notice(), isUnsaved(draftOf(bed))], [undefined, true]);
});

test('another draft does not wait for it', () => {
  const bed = bench();
  bed.commands.type('7', 'chat', 'H');
  bed.commands.type('8', 'chat', 'H');
  assert.deepEqual(bed.sent.map(([, { profileId }]) => profileId), ['7', '8']);
});

test('what the server has put together is shown, and typed on', async () => {
  const bed = bench();
  bed.commands.type('7', 'chat', 'mine');
  await bed.answer({ ok: true, revision: 12, message: 'theirs mine' });
  assert.equal(draftOf(bed).message, 'theirs mine');
  bed.commands.type('7', 'chat', 'theirs mine!');
  assert.deepEqual(bed.sent.at(-1)[1], chat({ message: 'theirs mine!', base: 12 }));
});

test('a text that ours has replaced is offered back', async () => {
  const bed = bench();
  bed.commands.type('7', 'chat', 'mine');
  await bed.answer({ ok: true, revision: 12, replaced: 'theirs' });
  const [offer] = bed.state.offers['7/chat'];
  assert.deepEqual([draftOf(bed).message, offer.message, offer.replaced], ['mine', 'theirs', true]);
  bed.commands.takeOffer('7', 'chat', true);
  assert.deepEqual([messages(bed).at(-1), bed.state.offers], ['theirs', {}]);
});

test('a clear goes as one, after what is under way, and what is typed after it goes next', async () => {
  const bed = bench();
  bed.commands.type('7', 'chat', 'Hello');
  bed.commands.clearMessage('7', 'chat');
  assert.equal(draftOf(bed).message, '');
  await bed.answer({ ok: true, revision: 11 });
  assert.deepEqual(bed.sent.at(-1), ['clearMessage', chat()]);
  bed.commands.type('7', 'chat', 'new');
  await bed.answer({ ok: true, revision: 12 });
  assert.deepEqual(bed.sent.at(-1), ['updateMessage', chat({ message: 'new', base: 12 })]);
});

test('a clear without a connection takes away what was seen, not what others type meanwhile', () => {
  const bed = bench();
  bed.dispatch(theirs('Hello', 11));
  bed.online = false;
  bed.commands.clearMessage('7', 'chat');
  bed.online = true;
  bed.dispatch(theirs('Hello you', 12));
  bed.commands.flush();
  assert.deepEqual(bed.sent, [['updateMessage', chat({ message: ' you', base: 12 })]].slice(0, bed.sent.length));
  assert.equal(draftOf(bed).message, ' you');
});

test('undo and redo are sent like typing, and take back own typing only', async () => {
  const bed = bench();
  bed.commands.type('7', 'chat', 'mine');
  await bed.answer({ ok: true, revision: 11 });
  bed.dispatch(theirs('mine theirs', 12));
  assert.deepEqual(bed.commands.undo('7', 'chat'), { message: ' theirs', caret: 0 });
  assert.deepEqual(bed.sent.at(-1)[1], chat({ message: ' theirs', base: 12, caret: 0 }));
  await bed.answer({ ok: true, revision: 13 });
  assert.deepEqual(bed.commands.redo('7', 'chat'), { message: 'mine theirs', caret: 4 });
  bed.commands.forget();
  assert.equal(bed.commands.undo('7', 'chat'), null);
});

test('text that may not be saved is sent again as it was, and the run has nothing to do with it', async () => {
  const bed = bench();
  bed.commands.type('7', 'chat', 'Hello');
  bed.commands.type('7', 'chat', 'Hello you');
  await bed.answer(UNKNOWN);
  bed.dispatch(event('processingStateSync', chat({ isProcessing: false, status: 'none', revision: 11 })));
  assert.match(bed.notice(), /^Not saved yet/);
  bed.commands.flush();
  assert.deepEqual(messages(bed), ['Hello', 'Hello']);
  await bed.answer({ ok: true, revision: 12 });
  assert.deepEqual([bed.notice(), messages(bed).at(-1)], [undefined, 'Hello you']);
});

test('text typed offline is sent once the connection is back', () => {
  const bed = bench();
  bed.online = false;
  bed.commands.type('7', 'chat', 'later');
  bed.commands.flush();
  assert.deepEqual(bed.sent, []);
  bed.online = true;
  bed.commands.flush();
  assert.deepEqual(messages(bed), ['later']);
  bed.commands.flush(); // under way: not once more
  assert.equal(bed.sent.length, 1);
});

test('text that is too long to sync is never sent, and once it is shorter it is', async () => {
  const bed = bench();
  const long = '€'.repeat(SYNC_MAX + 1);
  bed.commands.type('7', 'chat', 'Hi');
  bed.commands.type('7', 'chat', long);
  await bed.answer({ ok: true, revision: 11 });
  bed.commands.flush();
  assert.deepEqual([messages(bed), draftOf(bed).message, isTooLong(draftOf(bed))], [['Hi'], long, true]);
  bed.commands.type('7', 'chat', long.slice(1));
  assert.equal(messages(bed).at(-1).length, SYNC_MAX);
  await bed.answer({ ok: true, revision: 12 });
  assert.equal(isUnsaved(draftOf(bed)), false);
});

test('text that is too long together with that of others is sent once, and says so without a notice', async () => {
  const bed = bench();
  bed.commands.type('7', 'chat', 'x'.repeat(6_000));
  await bed.answer({ ok: false, code: 'message_too_long', message: 'too long', retryable: false });
  for (const more of ['x', 'xy']) bed.commands.type('7', 'chat', 'x'.repeat(6_000) + more);
  bed.commands.flush();
  assert.deepEqual([bed.sent.length, isTooLong(draftOf(bed)), bed.notice()], [1, true, undefined]);
  bed.commands.type('7', 'chat', 'short');
  assert.equal(messages(bed).at(-1), 'short');
});

test('text that the server could not take is sent again after a moment, or with the next key stroke', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const bed = bench();
  bed.commands.type('7', 'chat', 'x');
  await bed.answer(AWAY);
  assert.equal(bed.notice(), 'Not saved yet: The server cannot reach its storage right now, trying again');
  t.mock.timers.tick(1000);
  assert.deepEqual(messages(bed), ['x', 'x']);
  await bed.answer(AWAY);
  bed.commands.type('7', 'chat', 'xy');
  assert.deepEqual(messages(bed), ['x', 'x', 'xy']);
  t.mock.timers.tick(1000); // under way: not once more
  assert.equal(bed.sent.length, 3);
  await bed.answer({ ok: true, revision: 12 });
  assert.deepEqual([isUnsaved(draftOf(bed)), bed.notice()], [false, undefined]);
});

test('an answer from before a new epoch does not count', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const bed = bench();
  bed.commands.type('7', 'chat', 'x');
  bed.dispatch(event('resync', { epoch: 'e2', revision: 1 }));
  bed.dispatch(event('local/caughtUp'));
  await bed.answer({ ok: true, revision: 500 });
  assert.equal(isUnsaved(draftOf(bed)), true);
  t.mock.timers.tick(1000);
  assert.deepEqual(bed.sent.at(-1)[1], chat({ message: 'x', base: 0 }));
});

test('nothing is sent in the midst of a snapshot', () => {
  const bed = bench();
  bed.dispatch(event('resync', { epoch: 'e1', revision: 1 }));
  bed.commands.type('7', 'chat', 'x');
  assert.deepEqual(bed.sent, []);
  bed.dispatch(event('local/caughtUp'));
  bed.commands.flush();
  assert.deepEqual(messages(bed), ['x']);
});

test('while two texts wait for a choice, neither a letter nor a start overwrites the other one', () => {
  const bed = bench();
  bed.online = false;
  bed.dispatch(theirs('base', 11));
  bed.commands.type('7', 'chat', 'mine');
  bed.online = true;
  bed.dispatch(event('resync', { epoch: 'e2', revision: 3 }));
  bed.dispatch(event('messageSync', chat({ message: 'theirs', deviceId: OTHER, revision: 2 })));
  bed.dispatch(event('local/caughtUp'));
  bed.commands.type('7', 'chat', 'mine!');
  bed.commands.start('7', 'chat', 'mine!');
  bed.commands.flush();
  assert.deepEqual([bed.sent, bed.notice()], [[], 'Two texts differ: choose first which one stays']);
  bed.commands.choose('7', 'chat', 'mine');
  assert.deepEqual(bed.sent, [['updateMessage', chat({ message: 'mine!', base: 2 })]]);
});

test('text that an earlier page has left is taken or forgotten, one after the other', () => {
  const bed = bench();
  const offers = { '7/chat': [{ message: 'newer', at: 2 }, { message: 'older', at: 1 }] };
  bed.dispatch(event('local/offers', { offers }));
  bed.commands.takeOffer('7', 'chat', false);
  assert.deepEqual([bed.sent, bed.state.offers['7/chat'].length], [[], 1]);
  bed.commands.takeOffer('7', 'chat', true);
  assert.deepEqual([messages(bed), bed.state.offers], [['older'], {}]);
  bed.commands.takeOffer('7', 'chat', true);
  assert.equal(bed.sent.length, 1);
});
