import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { createKept } from '../../static/kept.js';
import { openStorage } from '../../static/storage.js';
import { fakeStorage } from './helpers.mjs';

const DAY = 24 * 3600 * 1000;
const baseOf = (message) => ({ message, revision: 3, epoch: 'e1' });
const unsaved = (message, base = '', sent = null) => ({ message, base: baseOf(base), sent });
const saved = (message) => unsaved(message, message);
const noted = (drafts, offers = {}, attachments = {}) => ({ drafts, attachments, offers });

/** Tabs of one browser: `tab(name)` is one, as it is after a (re)load. */
function bench(area = fakeStorage()) {
  globalThis.localStorage = area;
  const bed = { time: 10 * DAY, area };
  bed.tab = (tab, operatorId = 'ann') =>
    createKept({ tab, operatorId, storage: openStorage('localStorage'), now: () => bed.time });
  /** Note, and write it at once. */
  bed.keep = (kept, ...parts) => {
    kept.note(noted(...parts));
    return kept.save();
  };
  return bed;
}

test('what is not saved is there after a reload, and gone once it is saved', () => {
  const bed = bench();
  bed.keep(bed.tab('a'), { '7/chat': unsaved('mine', 'base', { message: 'min', number: 4 }), '7/mail': saved('saved') });
  const again = bed.tab('a');
  assert.deepEqual(again.texts(), { '7/chat': { message: 'mine', base: baseOf('base'), sent: 'min' } });
  bed.keep(again, { '7/chat': saved('mine') });
  assert.deepEqual([bed.tab('a').texts(), bed.area.length], [{}, 0]);
});

test('a text that does not say what it was made from is put beside what there is', () => {
  for (const base of ['old', undefined, { message: 'x', revision: -1 }, { message: 7, revision: 1, epoch: 'e1' }]) {
    const bed = bench();
    bed.area.setItem('alphasync.kept/ann/a', JSON.stringify({ texts: { '7/chat': { message: 'mine', base, sent: 'm', at: bed.time } } }));
    const kept = bed.tab('a').texts()['7/chat'];
    assert.deepEqual(kept, { message: 'mine', base: { message: '', revision: 1, epoch: null }, sent: null });
  }
});

test('a text keeps the time at which it was typed', () => {
  const bed = bench();
  bed.keep(bed.tab('a'), { '7/chat': unsaved('mine') });
  const typed = bed.time;
  bed.time += DAY;
  const again = bed.tab('a');
  bed.keep(again, { '7/chat': unsaved('mine'), '8/chat': unsaved('new') });
  const [offers] = [bed.tab('b').offers(['b'])];
  assert.deepEqual([offers['7/chat'][0].at, offers['8/chat'][0].at], [typed, bed.time]);
});

test('tabs do not see each other while both are open; what one leaves is offered to the next', () => {
  const bed = bench();
  bed.keep(bed.tab('a'), { '7/chat': unsaved('from a') });
  bed.time += 1;
  bed.keep(bed.tab('b'), { '7/chat': unsaved('from b'), 'a/b/mail': unsaved('slash') });
  const c = bed.tab('c');
  assert.deepEqual([c.texts(), c.offers(['a', 'b', 'c']), c.offers()], [{}, {}, {}]);
  const found = c.offers(['b', 'c']);
  assert.deepEqual(found['7/chat'].map(({ message }) => message), ['from a']);
  const both = c.offers(['c']);
  assert.deepEqual(both['7/chat'].map(({ message }) => message), ['from b', 'from a']);
  assert.equal(both['a/b/mail'][0].message, 'slash');
  bed.keep(c, {}, both);
  c.forget(['c']);
  assert.deepEqual(bed.tab('c').offers(['c']), both, 'also after a reload');
  assert.deepEqual(bed.tab('d').offers(['c', 'd']), {});
});

test('nobody gets the text of another operator', () => {
  const bed = bench();
  bed.keep(bed.tab('a'), { '7/chat': unsaved('hers') });
  for (const other of ['bob', 'an', 'ann/a', '']) {
    assert.deepEqual([bed.tab('a', other).texts(), bed.tab('b', other).offers([])], [{}, {}]);
  }
});

test('old text is not offered for ever, and not too much of it', () => {
  const bed = bench();
  bed.keep(bed.tab('a'), { '7/chat': unsaved('old') });
  bed.time += 8 * DAY;
  assert.deepEqual(bed.tab('b').offers([]), {});
  for (let tab = 0; tab < 30; tab += 1) bed.keep(bed.tab(`t${tab}`), { '7/chat': unsaved(`text ${tab}`) });
  assert.equal(bed.tab('b').offers([])['7/chat'].length, 20);
});

test('attachments that are not saved are there after a reload, and gone once they are saved', () => {
  const bed = bench();
  const a = { id: 'a', title: 'a', link: 'a', message_type: 'SENT_IMAGE' };
  const lists = (items, base) => [{}, {}, { 7: { items, base, revision: 5 }, 8: { items: [a], base: [a] } }];
  bed.keep(bed.tab('a'), ...lists([a], []));
  const again = bed.tab('a');
  assert.deepEqual(again.attachments(), [['7', { items: [a], base: [] }]]);
  bed.keep(again, ...lists([a], [a]));
  assert.deepEqual([bed.tab('a').attachments(), bed.area.length], [[], 0]);
  const odd = [5, [], { 7: 5 }, { 7: { items: [a] } }, { 7: { items: [{ link: 1 }], base: [] } }, { 7: { items: Array(6).fill(a), base: [] } }];
  for (const [index, attachments] of odd.entries()) {
    bed.area.setItem(`alphasync.kept/ann/${index}`, JSON.stringify({ attachments }));
    assert.deepEqual(bed.tab(String(index)).attachments(), []);
  }
});

test('attachments that a closed tab has left are the next one\'s, for a week', () => {
  const bed = bench();
  const a = { id: 'a', title: 'a', link: 'a', message_type: 'SENT_IMAGE' };
  bed.keep(bed.tab('a'), {}, {}, { 7: { items: [a], base: [] } });
  bed.area.setItem('alphasync.kept/ann/odd', JSON.stringify({ attachments: { 8: { items: [a], base: [] } } }));
  const b = bed.tab('b');
  assert.deepEqual([b.attachmentsLeft(null), b.attachmentsLeft(['a', 'b'])], [[], []]);
  assert.deepEqual(b.attachmentsLeft(['b']), [['7', { items: [a], base: [] }]]);
  bed.time += 8 * DAY;
  assert.deepEqual(b.attachmentsLeft(['b']), []);
});

test('what others wrote there does no harm', () => {
  const bed = bench();
  const odd = [1, 'x', [], { texts: 5 }, { texts: { chat: { message: 'x', at: 1 }, '7/chat': { message: 5, at: 1 } } }, { offers: { '7/chat': 'x' } }, { texts: { '7/chat': null } }];
  for (const [index, value] of odd.entries()) bed.area.setItem(`alphasync.kept/ann/${index}`, JSON.stringify(value));
  bed.area.setItem('alphasync.kept/ann/z', '{');
  for (const tab of ['0', '3', '4', '5', '6', 'z', 'new']) assert.deepEqual([bed.tab(tab).texts(), bed.tab(tab).offers([])], [{}, {}]);
});

test('it is told when text does not outlive the page', () => {
  const bed = bench(fakeStorage({ quota: 200 }));
  const kept = bed.tab('a');
  assert.equal(bed.keep(kept, { '7/chat': unsaved('short') }), true);
  assert.equal(bed.keep(kept, { '7/chat': unsaved('x'.repeat(500)) }), false);
  assert.equal(bed.keep(kept, {}), true);
});

test('text is written a moment after it was typed, however long the typing goes on', (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const area = fakeStorage();
  let writes = 0;
  const bed = bench({ ...area, setItem: (...given) => (writes += 1, area.setItem(...given)) });
  const kept = bed.tab('a');
  const text = () => bed.tab('a').texts()['7/chat']?.message;
  for (const message of ['a', 'ab', 'abc']) {
    kept.note(noted({ '7/chat': unsaved(message) }));
    mock.timers.tick(120);
  }
  assert.deepEqual([writes, text()], [1, 'abc']);
  kept.note(noted({ '7/chat': unsaved('abcd') }));
  assert.equal(kept.save(), true);
  mock.timers.runAll();
  assert.deepEqual([writes, text()], [2, 'abcd']);
});

test('text that the server has by then is never written', (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const touch = () => assert.fail('nothing is to be kept');
  const kept = bench({ ...fakeStorage(), setItem: touch, removeItem: touch }).tab('a');
  for (const draft of [unsaved('mine'), saved('mine')]) kept.note(noted({ '7/chat': draft }));
  mock.timers.runAll();
});
