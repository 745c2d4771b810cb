import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { asTyped, merge, movePosition } from '../../static/merging.js';
import { generator } from './helpers.mjs';

test('edits at different places both stand', () => {
  assert.equal(merge('one two three', 'zero one two three', 'one two three four'), 'zero one two three four');
  assert.equal(merge('one two six', 'one six', 'one two 6'), 'one 6');
  assert.equal(merge('Hello', 'Hello', 'Hello!'), 'Hello!');
  assert.equal(merge('Hello', 'Hello!', 'Hello'), 'Hello!');
});

test('insertions at one place both stand, mine first', () => {
  assert.equal(merge('', 'theirs', 'mine'), 'minetheirs');
  assert.equal(merge('Hello ', 'Hello bob', 'Hello ann'), 'Hello annbob');
  assert.equal(merge('', 'same', 'same'), 'samesame');
});

test('what one types into what the other takes away stays', () => {
  assert.equal(merge('one two three', '', 'one two and three'), 'and ');
  assert.equal(merge('one two six', 'one six', 'one twofold six'), 'one foldsix');
});

test('as the server merges: its tests have the same cases', () => {
  const cases = JSON.parse(readFileSync(new URL('merging_cases.json', import.meta.url)));
  for (const { about, ...parts } of cases) {
    const { base, theirs, mine, merged } = Object.fromEntries(
      Object.entries(parts).map(([name, list]) => [name, list.map(([text, times]) => text.repeat(times)).join('')]),
    );
    assert.equal(merge(base, theirs, mine), merged, about);
    assert.equal(merge(base, mine, theirs), merged, about);
  }
});

test('no letter of either side is lost, wherever they type', () => {
  const pick = generator(3);
  const letters = (text, kind) => [...text].filter((letter) => kind.includes(letter)).sort().join('');
  const typed = (text, kind) => {
    let next = text;
    for (let count = pick(6); count > 0; count -= 1) {
      const at = pick(next.length + 1);
      next = next.slice(0, at) + Array.from({ length: 1 + pick(8) }, () => kind[pick(kind.length)]).join('') + next.slice(at);
    }
    return next;
  };
  for (let round = 0; round < 3000; round += 1) {
    const base = typed('', 'abc ');
    const [theirs, mine] = [typed(base, 'uvw'), typed(base, 'xyz')];
    const merged = merge(base, theirs, mine);
    assert.equal(letters(merged, 'uvw'), letters(theirs, 'uvw'));
    assert.equal(letters(merged, 'xyz'), letters(mine, 'xyz'));
    assert.equal(letters(merged, 'abc '), letters(base, 'abc '));
  }
});

test('a change behind a position leaves it', () => {
  assert.equal(movePosition('hello', 'hello world', 3), 3);
  assert.equal(movePosition('hello', 'hello world', 5), 5, 'also right there: what is typed on stays together');
  assert.equal(movePosition('hello', 'hel', 2), 2);
});

test('a change in front of a position moves it along', () => {
  assert.equal(movePosition('world', 'hello world', 5), 11);
  assert.equal(movePosition('hello world', 'world', 11), 5);
});

test('between two changes a position stays where it was in the words around it', () => {
  assert.equal(movePosition('one two three', '0 one two three 4', 6), 8);
});

test('a position inside a changed stretch goes to its end, within the text', () => {
  assert.equal(movePosition('one two three', 'one 2 three', 5), 5);
  assert.equal(movePosition('hello', '', 4), 0);
  assert.equal(movePosition('abc', 'xyz', 2), 3);
});

test('line ends as a textarea holds them', () => {
  assert.equal(asTyped('a\r\nb\rc\nd'), 'a\nb\nc\nd');
});
