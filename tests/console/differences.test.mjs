import assert from 'node:assert/strict';
import { test } from 'node:test';

import { changedStretch, changes } from '../../static/differences.js';
import { generator } from './helpers.mjs';

function applied(before, stretches) {
  let [text, from] = ['', 0];
  for (const { at, until, text: put } of stretches) {
    text += before.slice(from, at) + put;
    from = until;
  }
  return text + before.slice(from);
}

test('one change is one stretch', () => {
  assert.deepEqual(changes('same', 'same'), []);
  assert.deepEqual(changes('Hello', 'Hello you'), [{ at: 5, until: 5, text: ' you' }]);
  assert.deepEqual(changes('one two six', 'one six'), [{ at: 4, until: 8, text: '' }]);
  assert.deepEqual(changes('one two three', 'one 2 three'), [{ at: 4, until: 7, text: '2' }]);
});

test('changes of several hands are told apart, by words and within a word', () => {
  assert.deepEqual(changes('one two three four', 'one and two three or four'), [
    { at: 4, until: 4, text: 'and ' },
    { at: 13, until: 13, text: ' or' },
  ]);
  assert.deepEqual(changes('abc', 'xabcy'), [{ at: 0, until: 0, text: 'x' }, { at: 3, until: 3, text: 'y' }]);
  assert.deepEqual(changes('hello', 'the hello y'), [{ at: 0, until: 0, text: 'the ' }, { at: 5, until: 5, text: ' y' }]);
});

test('an emoji is not cut in half', () => {
  assert.deepEqual(changedStretch('a👋b', 'a👍b'), { at: 1, until: 3, text: '👍' });
  assert.deepEqual(changes('x 👋 y 👋', 'x 👍 y 👍'), [{ at: 2, until: 4, text: '👍' }, { at: 7, until: 9, text: '👍' }]);
});

test('the stretches lead from one text to the other, whatever these are', () => {
  const pick = generator(7);
  const some = () => Array.from({ length: pick(30) }, () => ['a', 'b', 'cd ', ' ', '\n', '👋'][pick(6)]).join('');
  for (let round = 0; round < 3000; round += 1) {
    const [before, after] = [some(), some()];
    const found = changes(before, after);
    assert.equal(applied(before, found), after);
    found.reduce((last, { at, until }) => (assert.ok(at > last && until >= at, JSON.stringify([before, after])), until), -1);
  }
});

test('texts with nothing in common are one stretch, however long', () => {
  const long = (word) => Array.from({ length: 2500 }, (_, index) => `${word}${index % 7}`).join(' ');
  assert.equal(changes(long('a'), long('b')).length, 1);
});
