import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lengthProblem, measure } from '../../static/limits.js';

test('the bounds of both types belong to them', () => {
  for (const [type, min, max] of [['chat', 1, 300], ['mail', 150, 5000]]) {
    assert.equal(measure(type, 'x'.repeat(min - 1)).state, 'under');
    assert.equal(measure(type, 'x'.repeat(min)).state, 'ok');
    assert.equal(measure(type, 'x'.repeat(max)).state, 'ok');
    assert.equal(measure(type, 'x'.repeat(max + 1)).state, 'over');
  }
});

test('length is counted in UTF-16 code units', () => {
  assert.equal(measure('chat', '👋🏽').length, 4);
  assert.equal(measure('chat', '👋'.repeat(150)).state, 'ok');
  assert.equal(measure('chat', `${'👋'.repeat(150)}!`).state, 'over');
});

test('over and under are said in words', () => {
  assert.equal(measure('chat', 'x'.repeat(305)).text, 'Too long by 5 · 305 / 300');
  assert.equal(measure('mail', 'x'.repeat(94)).text, 'Too short, 56 to go · 94 / 5000');
  assert.equal(measure('chat', 'hello').text, '5 / 300');
  assert.equal(measure('chat', '').text, 'Empty · 1 to 300 characters');
});

test('a length that cannot be started has a sentence, one that can has none', () => {
  assert.equal(lengthProblem('chat', ''), 'A chat message needs at least 1 character: 0 so far');
  assert.equal(lengthProblem('mail', 'x'.repeat(5001)), 'A mail has at most 5000 characters: take 1 away');
  assert.equal(lengthProblem('mail', 'x'.repeat(150)), '');
});
