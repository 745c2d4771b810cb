import assert from 'node:assert/strict';
import { test } from 'node:test';

import { COMMAND_MAX, lengthProblem, measure, SYNC_MAX, tooBigToSend, tooLongToSync } from '../../static/limits.js';

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

test('the longest text that is synced fits into one command, whatever it is made of', () => {
  for (const letter of ['x', '€', '\u0001', '\ud800', '"']) {
    const message = letter.repeat(SYNC_MAX);
    assert.equal(tooLongToSync(message), false);
    assert.equal(tooBigToSend('updateMessage', { profileId: '\u4e00'.repeat(128), type: 'mail', message }), false);
  }
  assert.equal(tooLongToSync('x'.repeat(SYNC_MAX + 1)), true);
});

test('a command is measured in bytes, as it is sent', () => {
  const fits = (letter, count) => !tooBigToSend('startProcessing', { message: letter.repeat(count) });
  assert.ok(fits('x', COMMAND_MAX - 100));
  assert.ok(!fits('x', COMMAND_MAX));
  assert.ok(!fits('€', COMMAND_MAX / 2));
  assert.ok(!fits('\n', COMMAND_MAX / 2));
});
