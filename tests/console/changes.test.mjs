import assert from 'node:assert/strict';
import { test } from 'node:test';

import { changedKeys, whenChanged } from '../../static/view/changes.js';

test('a draw is done again only where something that it shows is another', () => {
  const drawn = [];
  const draw = whenChanged(({ one, other }) => [one, other], (state) => drawn.push(state));
  const states = [{ one: null }, { one: null, more: 1 }, { one: 1 }, { one: 1, other: drawn }, { one: 1, other: [] }];
  states.forEach((state) => draw(state));
  assert.deepEqual(drawn, [states[0], states[2], states[3], states[4]]);
});

test('keys that came, went or have another value', () => {
  const same = {};
  assert.deepEqual(changedKeys({ a: same, b: 1, c: 2 }, { a: same, b: 2, d: undefined, e: 3 }).sort(), ['b', 'c', 'e']);
  assert.deepEqual(changedKeys(same, same), []);
});
