import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { isUnsaved } from '../../static/drafts.js';
import { AWAY, bench } from './bench.mjs';
import { chat, event, ME, OTHER } from './helpers.mjs';

const draftOf = (bed) => bed.state.drafts['7/chat'];

/** A console on which a text was typed, saved and cleared; the server kept it as version 11. */
async function cleared() {
  const bed = bench();
  bed.commands.type('7', 'chat', 'Hello');
  await bed.answer({ ok: true, revision: 11 });
  bed.commands.clearMessage('7', 'chat');
  await bed.answer({ ok: true, revision: 12, version: 11 });
  return bed;
}

test('a clear is taken back by the version that it kept, and is undone like any edit', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const bed = await cleared();
  assert.deepEqual(bed.state.cleared, { '7/chat': { version: 11 } });
  void bed.commands.takeBack('7', 'chat', 11);
  assert.deepEqual(bed.sent.at(-1), ['restoreVersion', chat({ version: 11 })]);
  await bed.answer({ ok: true, message: 'Hello', revision: 13 });
  const { message, deviceId, base } = draftOf(bed);
  assert.deepEqual([message, deviceId, base.revision, isUnsaved(draftOf(bed))], ['Hello', ME, 13, false]);
  assert.deepEqual(bed.state.cleared, {});
  const [{ kind, who, at }] = bed.state.journal.entries;
  assert.deepEqual([kind, who.own, Number.isFinite(at)], ['restored', true, true]);
  bed.commands.undo('7', 'chat');
  assert.deepEqual(bed.sent.at(-1), ['updateMessage', chat({ message: '', base: 13, caret: 0 })]);
  mock.timers.reset();
});

test('it is offered for a while', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const bed = await cleared();
  mock.timers.tick(30_000);
  assert.deepEqual(bed.state.cleared, {});
  mock.timers.reset();
});

test('a clear of nothing is not', async () => {
  const bed = bench();
  bed.dispatch(event('messageUpdated', chat({ message: 'x', deviceId: OTHER, revision: 11 })));
  bed.commands.clearMessage('7', 'chat');
  await bed.answer({ ok: true, revision: 12 });
  assert.deepEqual(bed.state.cleared, {});
});

test('what is typed while it is being restored is put into it', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const bed = await cleared();
  void bed.commands.takeBack('7', 'chat', 11);
  bed.commands.type('7', 'chat', 'x');
  assert.equal(bed.sent.at(-1)[0], 'restoreVersion');
  await bed.answer({ ok: true, message: 'Hello', revision: 13 });
  assert.deepEqual(bed.sent.at(-1), ['updateMessage', chat({ message: 'xHello', base: 13 })]);
  mock.timers.reset();
});

test('it is restored once the text that is under way is answered, and in its place', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const bed = await cleared();
  bed.commands.type('7', 'chat', 'x');
  void bed.commands.takeBack('7', 'chat', 11);
  assert.equal(bed.sent.at(-1)[0], 'updateMessage');
  await bed.answer({ ok: true, revision: 13 });
  assert.deepEqual(bed.sent.at(-1), ['restoreVersion', chat({ version: 11 })]);
  await bed.answer({ ok: true, message: 'Hello', revision: 14 });
  assert.deepEqual([draftOf(bed).message, isUnsaved(draftOf(bed))], ['Hello', false]);
  mock.timers.reset();
});

test('what others typed after it was restored stays', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const bed = await cleared();
  void bed.commands.takeBack('7', 'chat', 11);
  bed.dispatch(event('messageUpdated', chat({ message: 'Hello you', deviceId: OTHER, revision: 14 })));
  await bed.answer({ ok: true, message: 'Hello', revision: 13 });
  assert.deepEqual([draftOf(bed).message, draftOf(bed).deviceId], ['Hello you', OTHER]);
  mock.timers.reset();
});

test('a refusal is told at the card', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const bed = await cleared();
  void bed.commands.takeBack('7', 'chat', 11);
  await bed.answer(AWAY);
  assert.deepEqual([bed.notice(), draftOf(bed).message], [AWAY.message, '']);
  assert.deepEqual(bed.state.cleared, { '7/chat': { version: 11 } });
  mock.timers.reset();
});
