import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createUndo } from '../../static/undo.js';

/** A box in which one types, with a clock that the test sets. */
function bench() {
  const bed = { text: '', time: 0 };
  const undo = createUndo(() => bed.time);
  bed.to = (text, composing) => {
    undo.note('7/chat', bed.text, text, composing);
    bed.text = text;
    bed.time += 100;
  };
  bed.type = (letters, at = bed.text.length) =>
    [...letters].forEach((letter, index) => bed.to(bed.text.slice(0, at + index) + letter + bed.text.slice(at + index)));
  const back = (which) => () => {
    const done = undo[which]('7/chat', bed.text);
    if (done !== null) bed.text = done.message;
    return done?.caret ?? null;
  };
  bed.undo = back('undo');
  bed.redo = back('redo');
  bed.forget = undo.forget;
  return bed;
}

test('undo takes back word by word, redo brings back', () => {
  const bed = bench();
  bed.type('Hello good world');
  const seen = [1, 2, 3, 4].map(() => (bed.undo(), bed.text));
  assert.deepEqual(seen, ['Hello good ', 'Hello ', '', '']);
  assert.deepEqual([1, 2, 3, 4].map(() => (bed.redo(), bed.text)), ['Hello ', 'Hello good ', 'Hello good world', 'Hello good world']);
});

test('a pause, another place and taking away begin a step of their own', () => {
  const bed = bench();
  bed.type('ab');
  bed.time += 500;
  bed.type('cd');
  bed.type('x', 0);
  for (const text of ['xabc', 'xab']) bed.to(text);
  const seen = [1, 2, 3, 4].map(() => (bed.undo(), bed.text));
  assert.deepEqual(seen, ['xabcd', 'abcd', 'ab', '']);
});

test('a letter twice is still one word, also within a text', () => {
  const bed = bench();
  bed.to('one three');
  bed.time += 500;
  bed.type('off ', 4);
  bed.undo();
  assert.equal(bed.text, 'one three');
});

test('undo takes back own typing, not what others typed before, within and after it', () => {
  const bed = bench();
  bed.type('mine');
  bed.text = `Theirs ${bed.text}, and theirs`;
  assert.equal(bed.undo(), 7);
  assert.equal(bed.text, 'Theirs , and theirs');
  assert.equal(bed.redo(), 11);
  assert.equal(bed.text, 'Theirs mine, and theirs');
});

test('a word that is typed while others type is one step', () => {
  const bed = bench();
  for (const letter of 'mine') {
    bed.to(bed.text + letter);
    bed.text = `x${bed.text}`;
  }
  bed.undo();
  assert.equal(bed.text, 'xxxx');
});

test('a clear is taken back, with what others typed after it', () => {
  const bed = bench();
  bed.type('long');
  bed.time += 500;
  bed.to('');
  bed.text = 'new';
  bed.undo();
  assert.equal(bed.text, 'longnew');
});

test('what others took away is passed over', () => {
  const bed = bench();
  bed.type('first');
  bed.time += 500;
  bed.type(' second');
  bed.text = 'first';
  bed.undo();
  assert.equal(bed.text, '');
});

test('a composed letter is one step', () => {
  const bed = bench();
  bed.type('a');
  for (const text of ['an', 'ani', 'a你']) bed.to(text, true);
  bed.undo();
  assert.equal(bed.text, 'a');
});

test('typing forgets what could be done again; nothing is left once all is forgotten', () => {
  const bed = bench();
  bed.type('a b');
  bed.undo();
  bed.type('c');
  assert.equal(bed.redo(), null);
  bed.forget();
  assert.equal(bed.undo(), null);
});
