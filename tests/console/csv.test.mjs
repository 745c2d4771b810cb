import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csvOf } from '../../static/csv.js';

const bare = (rows) => csvOf(rows).slice(1);

test('a spreadsheet knows the encoding, and where lines end', () => {
  assert.equal(csvOf([['Day', 'Messaged'], ['2026-03-29', 5]]), '\ufeffDay,Messaged\r\n2026-03-29,5\r\n');
});

test('what is not known is left empty', () => {
  assert.equal(bare([['a', null, 0]]), 'a,,0\r\n');
});

test('no cell is a formula, and none runs over into the next', () => {
  for (const text of ['=1+1', '+1', '-1', '@a', '\ta', "'a"]) assert.equal(bare([[text]]), `'${text}\r\n`, text);
  assert.equal(bare([['a,b', 'say "no"', 'x\ny', '=a,b']]), '"a,b","say ""no""","x\ny","\'=a,b"\r\n');
});

test('a number below zero is one', () => {
  assert.equal(bare([[-1]]), '-1\r\n');
});
