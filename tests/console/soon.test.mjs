import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';

import { isUnsaved } from '../../static/drafts.js';
import { afterDrawing, createDrawing } from '../../static/soon.js';
import { bench } from './bench.mjs';
import { event } from './helpers.mjs';

/** A bench that draws when the test says so. */
function slow() {
  const bed = bench();
  const due = [];
  bed.drawn = (go) => due.push(go);
  bed.draw = async () => {
    for (const go of due.splice(0)) go();
    await turn();
  };
  return bed;
}

const names = (bed) => bed.sent.map(([name]) => name);

test('what is typed is sent once it is drawn', async () => {
  const bed = slow();
  bed.commands.type('7', 'chat', 'H');
  bed.commands.type('8', 'chat', 'H');
  assert.deepEqual(bed.sent, []);
  await bed.draw();
  assert.deepEqual(bed.sent.map(([, { profileId }]) => profileId), ['7', '8']);
  await bed.draw();
  assert.equal(bed.sent.length, 2);
});

test('what is done meanwhile goes after it', async () => {
  const bed = slow();
  bed.commands.type('7', 'chat', 'Hello');
  void bed.commands.stop('7', 'chat');
  assert.deepEqual(names(bed), ['updateMessage', 'stopProcessing']);
  await bed.draw();
  assert.equal(bed.sent.length, 2);
});

test('a page that goes sends it at once', () => {
  const bed = slow();
  bed.commands.type('7', 'chat', 'Hello');
  bed.commands.hasten();
  assert.deepEqual(names(bed), ['updateMessage']);
});

test('a text that was not sent before the connection went, or the log began anew, waits for the next', async () => {
  for (const happens of [(bed) => (bed.online = false), (bed) => bed.dispatch(event('resync', { epoch: 'e2', revision: 3 }))]) {
    const bed = slow();
    bed.commands.type('7', 'chat', 'Hello');
    happens(bed);
    await bed.draw();
    assert.deepEqual(bed.sent, []);
    bed.online = true;
    bed.dispatch(event('local/caughtUp'));
    bed.commands.flush();
    await bed.draw();
    assert.deepEqual(names(bed), ['updateMessage']);
    assert.ok(isUnsaved(bed.state.drafts['7/chat']));
    await bed.answer({ ok: true, revision: 11 });
    assert.deepEqual(isUnsaved(bed.state.drafts['7/chat']), false);
  }
});

test('a page is drawn once for all that happened, and after a letter only where that is not drawn by then', () => {
  const frames = [];
  const letters = [];
  let drawings = 0;
  globalThis.requestAnimationFrame = (go) => frames.push(go);
  const draw = () => frames.splice(0).forEach((go) => go());
  const drawing = createDrawing(() => { drawings += 1; }, (go) => letters.push(go));
  const letterIsDrawn = () => letters.splice(0).forEach((go) => go());

  drawing.late();
  drawing.late();
  assert.equal(frames.length, 0);
  assert.equal(letters.length, 1);
  drawing.next(); // something else, meanwhile
  drawing.next();
  assert.equal(frames.length, 1);
  draw();
  letterIsDrawn();
  assert.equal(frames.length, 0);
  assert.equal(drawings, 1);

  drawing.late();
  letterIsDrawn();
  draw();
  assert.equal(drawings, 2);
});

test('all that waits for a drawing goes on after one frame, in order and once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const frames = [];
  const went = [];
  globalThis.document = { hidden: false };
  globalThis.requestAnimationFrame = (go) => frames.push(go);
  const draw = () => frames.splice(0).forEach((go) => go());

  afterDrawing(() => {
    went.push('a letter');
    afterDrawing(() => went.push('what came of it'));
  });
  afterDrawing(() => went.push('another'));
  assert.equal(frames.length, 1);
  draw();
  assert.deepEqual(went, []); // the frame is being drawn
  t.mock.timers.tick(1);
  assert.deepEqual(went, ['a letter', 'another']);
  assert.equal(frames.length, 1);
  t.mock.timers.tick(50); // where no frame comes
  assert.deepEqual(went, ['a letter', 'another', 'what came of it']);
  draw();
  t.mock.timers.tick(100);
  assert.equal(went.length, 3);

  globalThis.document.hidden = true;
  afterDrawing(() => went.push('unseen'));
  assert.equal(went.at(-1), 'unseen');
  delete globalThis.document;
});
