import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ended, NONE_SELECTED, ranged, SELECTED_MAX, toggled, touching, withAll } from '../../static/selection.js';
import { after, event, registered } from './helpers.mjs';

const SHOWN = ['1', '2', '3', '4', '5'];
const idsOf = ({ ids }) => [...ids];
const of = (...ids) => ids.reduce(toggled, NONE_SELECTED);

test('one is selected and let go again, and none ends it', () => {
  assert.deepEqual([idsOf(of('3', '1')), of('3').on], [['3', '1'], true]);
  assert.deepEqual([idsOf(of('3', '1', '3')), of('3', '3').on], [['1'], false]);
});

test('where a press selects, none does not end it', () => {
  const touched = touching(NONE_SELECTED);
  assert.equal(toggled(toggled(touched, '1'), '1').on, true);
  assert.equal(ended({ ...touched, type: 'mail' }).on, false);
  assert.equal(ended({ ...touched, type: 'mail' }).type, 'mail');
});

test('a range goes either way from the last one, and more than once from the same', () => {
  const up = ranged(of('4'), '2', SHOWN, null);
  assert.deepEqual(idsOf(up), ['4', '2', '3']);
  assert.deepEqual(idsOf(ranged(up, '5', SHOWN, null)), ['4', '2', '3', '5']);
});

test('without a last one, or where it is not shown, a range begins at the open profile, or is the one', () => {
  assert.deepEqual(idsOf(ranged(NONE_SELECTED, '3', SHOWN, '1')), ['1', '2', '3']);
  assert.deepEqual(idsOf(ranged(NONE_SELECTED, '3', SHOWN, '9')), ['3']);
  assert.deepEqual(idsOf(ranged(of('9'), '3', SHOWN, '2')), ['9', '2', '3']);
});

test('as many as fit are selected, and it is said that more were wanted', () => {
  const many = Array.from({ length: SELECTED_MAX + 1 }, (_, n) => `p${n}`);
  const full = withAll(NONE_SELECTED, many);
  assert.deepEqual([full.ids.size, full.full], [SELECTED_MAX, true]);
  assert.equal(withAll(NONE_SELECTED, many.slice(1)).full, false);
  assert.equal(toggled(full, 'another').full, true);
  assert.equal(toggled(full, 'p0').full, false);
});

test('a profile that the list loses is not selected any more', () => {
  const profiles = (...ids) => event('local/profiles', { status: 'ready', items: ids.map((id) => ({ external_id: id })) });
  const before = after(registered(), profiles('1', '2'), event('local/selection', { selection: of('1', '2') }));
  assert.deepEqual(idsOf(after(before, profiles('2')).selection), ['2']);
  assert.equal(after(before, profiles('3')).selection.on, false);
  assert.equal(after(before, profiles('2', '1')).selection, before.selection);
});
