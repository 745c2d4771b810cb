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

test('what others have put into one long word is found, and what they have changed in many places of a long text', () => {
  const many = (letter, count = 300) => letter.repeat(count);
  const found = changes(`[${many('a', 60)}]`, `[${many('0')}${many('a', 30)}${many('1')}${many('a', 30)}${many('2')}]`);
  assert.deepEqual(found, [
    { at: 1, until: 1, text: many('0') },
    { at: 31, until: 31, text: many('1') },
    { at: 61, until: 61, text: many('2') },
  ]);
  const words = Array.from({ length: 1500 }, (_, index) => `w${index} `);
  const changed = words.map((word, index) => (index % 4 === 0 ? `${word}new ` : word));
  assert.equal(changes(words.join(''), changed.join('')).length, 375);
});

test('as many words are in common as there can be', () => {
  const pick = generator(11);
  const some = () => Array.from({ length: 330 + pick(60) }, () => '\u4e00\u4e01\u4e02'[pick(3)]).join('');
  for (let round = 0; round < 50; round += 1) {
    const [before, after] = [some(), some()];
    let above = new Array(after.length + 1).fill(0);
    for (const word of before) {
      const row = [0];
      for (let y = 0; y < after.length; y += 1) row.push(word === after[y] ? above[y] + 1 : Math.max(above[y + 1], row[y]));
      above = row;
    }
    const taken = changes(before, after).reduce((sum, { at, until }) => sum + until - at, 0);
    assert.equal(before.length - taken, above.at(-1), `round ${round}`);
  }
});
