import assert from 'node:assert/strict';
import { test } from 'node:test';

import { asTyped, moveCaret } from '../../static/caret.js';

test('a change behind the caret leaves it', () => {
  assert.equal(moveCaret('hello', 'hello world', 3), 3);
  assert.equal(moveCaret('hello', 'hel', 2), 2);
});

test('a change in front of the caret moves it along', () => {
  assert.equal(moveCaret('world', 'hello world', 5), 11);
  assert.equal(moveCaret('hello world', 'world', 11), 5);
});

test('a caret inside the changed stretch goes to its end, within the text', () => {
  assert.equal(moveCaret('one two three', 'one 2 three', 5), 5);
  assert.equal(moveCaret('hello', '', 4), 0);
  assert.equal(moveCaret('', 'hello', 0), 0);
  assert.equal(moveCaret('abc', 'xyz', 2), 3);
});

test('line ends as a textarea holds them', () => {
  assert.equal(asTyped('a\r\nb\rc\nd'), 'a\nb\nc\nd');
});
