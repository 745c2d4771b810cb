import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keepArrangement, readArrangement, UNARRANGED, withPin } from '../../static/arrangement.js';
import { createShelf, ordered, tally } from '../../static/filters.js';
import { openStorage } from '../../static/storage.js';
import { fakeStorage } from './helpers.mjs';

const IDLE = { running: false, needs: 0, draft: false, activity: 0 };
const rowsOf = (...facts) => facts.map((some, index) => ({ id: 'abcdefgh'[index], index, facts: { ...IDLE, ...some } }));
const idsOf = (rows) => rows.map(({ id }) => id).join('');
const found = () => true;

test('each filter counts what fits it', () => {
  const facts = rowsOf({ running: true, needs: 1 }, { needs: 3 }, { draft: true }, {}).map((row) => row.facts);
  assert.deepEqual(tally(facts), { all: 4, running: 1, needs: 2, draft: 1 });
});

test('a row that no longer fits stays until the filter is touched', () => {
  const shelf = createShelf();
  const running = { running: true };
  assert.equal(idsOf(shelf.choose(rowsOf(running, {}, running), { show: 'running', found, anew: true })), 'ac');
  assert.equal(idsOf(shelf.choose(rowsOf({}, running, running), { show: 'running', found, anew: false })), 'abc');
  assert.equal(idsOf(shelf.choose(rowsOf({}, running, {}), { show: 'running', found, anew: false })), 'abc');
  assert.equal(idsOf(shelf.choose(rowsOf({}, running, {}), { show: 'running', found, anew: true })), 'b');
});

test('filter and search are both heeded', () => {
  const rows = rowsOf({ needs: 1 }, { needs: 1 }, {});
  assert.equal(idsOf(createShelf().choose(rows, { show: 'needs', found: ({ id }) => id !== 'a', anew: true })), 'b');
  assert.equal(idsOf(createShelf().choose(rows, { show: 'all', found: ({ id }) => id !== 'a', anew: true })), 'bc');
});

test('by activity, the order of the backend where there was none; by name; pinned ones first', () => {
  const rows = rowsOf({}, { activity: 5 }, {}, { activity: 9 });
  const rank = ({ id }) => 'dcba'.indexOf(id);
  assert.equal(idsOf(ordered(rows, { sort: 'activity', pins: [], rank })), 'dbac');
  assert.equal(idsOf(ordered(rows, { sort: 'name', pins: [], rank })), 'dcba');
  assert.equal(idsOf(ordered(rows, { sort: 'activity', pins: ['c', 'a'], rank })), 'acdb');
  assert.equal(idsOf(ordered(rows, { sort: 'name', pins: ['gone', 'b'], rank })), 'bdca');
});

test('an arrangement is kept for its operator, and what others wrote there is not trusted', () => {
  globalThis.localStorage = fakeStorage();
  const storage = openStorage('localStorage');
  assert.deepEqual(readArrangement('one', storage), UNARRANGED);
  keepArrangement('one', { sort: 'name', pins: ['7'] }, storage);
  assert.deepEqual(readArrangement('one', storage), { sort: 'name', pins: ['7'] });
  assert.deepEqual(readArrangement('two', storage), UNARRANGED);
  for (const odd of [5, 'x', [], { sort: 'size', pins: 'all' }, { pins: [5, null, {}] }]) {
    keepArrangement('one', odd, storage);
    assert.deepEqual(readArrangement('one', storage), UNARRANGED);
  }
  delete globalThis.localStorage;
});

test('a profile is pinned, and pinned no longer; there are at most a hundred', () => {
  const once = withPin(UNARRANGED, '7');
  assert.deepEqual(once.pins, ['7']);
  assert.deepEqual(withPin(once, '7').pins, []);
  let many = UNARRANGED;
  for (let number = 0; number < 150; number += 1) many = withPin(many, String(number));
  assert.equal(many.pins.length, 100);
  assert.equal(many.pins[0], '149');
});
