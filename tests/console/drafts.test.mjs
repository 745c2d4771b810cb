import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inConflict, isTooLong, isUnsaved, needsSending, toSend } from '../../static/drafts.js';
import { SYNC_MAX } from '../../static/limits.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const typed = (message, from) => event('local/draftTyped', chat({ message, from }));
const sent = (number = 1) => event('local/draftSent', chat({ number }));
const answered = (revision, extra = {}) => event('local/draftAnswered', chat({ number: 1, ok: true, revision, ...extra }));
const refused = (extra = {}) => event('local/draftAnswered', chat({ number: 1, ok: false, ...extra }));
const updated = (message, revision, deviceId = OTHER) => event('messageUpdated', chat({ message, deviceId, revision }));
const sync = (message, revision, deviceId = OTHER) => event('messageSync', chat({ message, deviceId, revision }));
const fresh = (epoch = 'e1') => event('deviceRegistered', { deviceId: ME, epoch, revision: 20, recovered: false });
const caughtUp = event('local/caughtUp');
const draft = (...events) => after(registered(), ...events).drafts['7/chat'];
const message = (...events) => draft(...events).message;

test('text from elsewhere is shown, text older than what is shown is not', () => {
  assert.equal(message(updated('new', 12)), 'new');
  assert.equal(message(updated('new', 12), updated('old', 11)), 'new');
  assert.equal(message(updated('new', 12), event('messageCleared', chat({ deviceId: OTHER, revision: 13 }))), '');
  assert.equal(message(updated('a\r\nb', 12)), 'a\nb', 'as a box holds it');
});

test('one update at a time, with the revision that it was made from', () => {
  const under = [updated('Hello', 11), typed('Hello!'), sent()];
  assert.deepEqual(toSend(draft(...under.slice(0, 2)), 'e1'), { message: 'Hello!', base: 11 });
  assert.equal(needsSending(draft(...under, typed('Hello!!'))), false, 'another one is under way');
  const next = draft(...under, typed('Hello!!'), answered(12));
  assert.deepEqual([needsSending(next), toSend(next, 'e1')], [true, { message: 'Hello!!', base: 12 }]);
  assert.equal(isUnsaved(draft(...under, answered(12))), false);
});

test('the answer says what is stored, and what was typed meanwhile is moved over it', () => {
  const entry = draft(typed('mine'), sent(), typed('mine more'), answered(13, { message: 'theirs mine' }));
  assert.deepEqual([entry.message, toSend(entry, 'e1').base], ['theirs mine more', 13]);
});

test('what others typed while own text was under way is later, or is in the answer', () => {
  const waiting = [typed('mine'), sent(), updated('theirs', 12)];
  assert.equal(message(...waiting), 'mine');
  assert.equal(message(...waiting, answered(13, { message: 'theirsmine' })), 'theirsmine');
  assert.equal(message(...waiting.slice(0, 2), updated('mine theirs', 12), answered(11)), 'mine theirs');
});

test('text that was not sent yet is moved over what others type', () => {
  const entry = draft(updated('Hello', 11), typed('Hello!'), updated('Oh Hello', 12));
  assert.deepEqual([entry.message, toSend(entry, 'e1')], ['Oh Hello!', { message: 'Oh Hello!', base: 12 }]);
});

test('text that was not sent yet is not in what others type, even where it is the same', () => {
  assert.equal(message(typed('a'), updated('a', 12)), 'aa');
  assert.equal(message(updated('Hello', 11), typed('Hello!'), updated('Hello!', 12)), 'Hello!!');
});

test('a change of what the box had before goes on from what the state has by now', () => {
  assert.equal(message(updated('Hello', 11), updated('Oh Hello', 12), typed('Hello!', 'Hello')), 'Oh Hello!');
});

test('a clear wins over what was there before it, what is typed after it stays', () => {
  const cleared = event('messageCleared', chat({ deviceId: OTHER, revision: 12 }));
  assert.equal(message(updated('Hello', 11), typed('Hello you'), cleared), ' you');
  const own = [updated('Hello', 11), event('local/draftTyped', chat({ message: '', clearing: true }))];
  assert.equal(needsSending(draft(...own)), true);
  assert.equal(message(...own, sent(), updated('Hello you', 12), typed('new'), answered(13)), 'new');
  assert.equal(message(...own, sent(), updated('late', 14), answered(13)), 'late');
});

test('text that was not sent survives a fresh snapshot, and goes with its own base', () => {
  const entry = draft(updated('base', 12), typed('base and more'), fresh(), sync('other base', 15));
  assert.deepEqual([inConflict(entry), needsSending(entry)], [false, true]);
  assert.deepEqual(toSend(entry, 'e1'), { message: 'base and more', base: 12 });
  const same = draft(updated('base', 12), typed('base and more'), fresh(), sync('base', 15));
  assert.equal(toSend(same, 'e1').base, 15);
});

test('what is typed before a fresh snapshot tells of the text goes on from the one in the box', () => {
  const early = [updated('Hello', 12), fresh(), typed('Hello you', 'Hello')];
  assert.deepEqual(toSend(draft(...early, sync('Hello', 12)), 'e1'), { message: 'Hello you', base: 12 });
  assert.deepEqual(toSend(draft(...early, sync('Oh Hello', 15)), 'e1'), { message: 'Hello you', base: 12 });
  assert.deepEqual(toSend(draft(...early, caughtUp), 'e1'), { message: 'Hello you', base: 12 }, 'there is none');
  assert.equal(draft(updated('Hello', 12), fresh(), caughtUp), undefined, 'there is none, and nothing was typed');
  assert.equal(message(updated('Hello', 12), fresh(), sync('Hello', 12), caughtUp), 'Hello');
});

test('what is typed before the server has told of anything is put beside what there is', () => {
  const entry = draft(typed('x'), fresh(), sync('Hello', 15, ME));
  assert.deepEqual([entry.message, toSend(entry, 'e1')], ['xHello', { message: 'xHello', base: 15 }]);
});

test('an update of which nobody knows whether it arrived goes again as it was', () => {
  const lost = [typed('one'), sent(), typed('one two'), refused({ lost: true })];
  assert.deepEqual([needsSending(draft(...lost)), toSend(draft(...lost), 'e1').message], [true, 'one']);
  assert.equal(message(...lost, updated('theirs', 12)), 'one two', 'it may be in it or not');
  const again = draft(...lost, updated('theirs', 12), sent(2), event('local/draftAnswered', chat({ number: 2, ok: true, revision: 13, message: 'theirsone' })));
  assert.equal(again.message, 'theirsone two');
});

test('a snapshot with own text tells that the update arrived', () => {
  const lost = [typed('one'), sent(), typed('one two'), refused({ lost: true }), fresh()];
  const entry = draft(...lost, sync('0 one', 15, ME));
  assert.deepEqual([entry.message, toSend(entry, 'e1')], ['0 one two', { message: '0 one two', base: 15 }]);
});

test('own text that the server put together with that of others is not told twice', () => {
  const merged = updated('theirs mine', 13, ME);
  assert.equal(message(typed('mine'), sent(), merged, answered(13, { message: 'theirs mine' })), 'theirs mine');
  assert.equal(message(typed('mine'), sent(), answered(13, { message: 'theirs mine' }), merged), 'theirs mine');
});

test('an answer to an update of before does not count', () => {
  const entry = draft(typed('one'), sent(2), answered(11));
  assert.equal(isUnsaved(entry), true);
});

const apart = [updated('base', 12), typed('mine'), event('resync', { epoch: 'e2', revision: 3 }), sync('theirs', 2)];

test('where the base is gone there are two texts, and the operator decides', () => {
  assert.ok(inConflict(draft(...apart)));
  assert.equal(needsSending(draft(...apart)), false);
  assert.equal(draft(...apart, updated('theirs!', 4)).conflict.message, 'theirs!');
  const theirs = draft(...apart, event('local/draftChosen', chat({ keep: 'theirs' })));
  assert.deepEqual([theirs.message, theirs.deviceId, isUnsaved(theirs)], ['theirs', OTHER, false]);
  const typing = event('local/draftTyped', chat({ message: 'mine, long', caret: 10 }));
  assert.equal(draft(...apart, typing, event('local/draftChosen', chat({ keep: 'theirs' }))).caret, null, 'it was in the other one');
  const mine = draft(...apart, event('local/draftChosen', chat({ keep: 'mine' })));
  assert.deepEqual([needsSending(mine), toSend(mine, 'e2')], [true, { message: 'mine', base: 2 }]);
});

test('no conflict where the text of a new epoch is known', () => {
  const anew = (text) => draft(...apart.slice(0, 3), sync(text, 2));
  assert.deepEqual([inConflict(anew('base')), needsSending(anew('base'))], [false, true]);
  assert.deepEqual([inConflict(anew('mine')), needsSending(anew('mine'))], [false, false]);
  assert.equal(toSend(draft(...apart.slice(0, 3)), 'e2').base, 0, 'there is none');
});

test('a text that is too long to sync is not to be sent, and is once it is shorter', () => {
  const long = 'x'.repeat(SYNC_MAX + 1);
  assert.deepEqual([needsSending(draft(typed(long))), isTooLong(draft(typed(long)))], [false, true]);
  assert.equal(needsSending(draft(typed(long.slice(1)))), true);
});

test('a text that the server found too long together with others is not sent again', () => {
  const over = [typed('long'), sent(), refused({ tooLong: true })];
  assert.deepEqual([needsSending(draft(...over)), isTooLong(draft(...over))], [false, true]);
  assert.equal(needsSending(draft(...over, typed('long!'))), false);
  assert.equal(needsSending(draft(...over, typed('lon'))), true);
});

test('a refused update stays to be sent, and what came meanwhile is under it', () => {
  const entry = draft(typed('x'), sent(), updated('theirs', 12), refused());
  assert.deepEqual([entry.message, needsSending(entry)], ['xtheirs', true]);
});

test('text that is sent again is that of the device that sends it', () => {
  const anew = event('deviceRegistered', { deviceId: 'device-anew', epoch: 'e1', revision: 20, recovered: false });
  assert.equal(after(registered(), typed('offline'), anew, sent(), answered(21)).drafts['7/chat'].deviceId, 'device-anew');
});

test('text that this device has kept is sent, or put beside what the server has', () => {
  const base = { message: 'base', revision: 12, epoch: 'e1' };
  const restored = (more) => event('local/draftRestored', chat({ message: 'kept', base, sent: null, ...more }));
  assert.ok(needsSending(draft(restored())));
  assert.equal(toSend(draft(restored(), sync('theirs', 14)), 'e1').base, 12);
  assert.equal(isUnsaved(draft(restored(), sync('kept', 14))), false);
  assert.ok(inConflict(draft(restored({ base: { ...base, epoch: 'e0' } }), sync('theirs', 14))));
  assert.equal(toSend(draft(restored({ sent: 'ke' })), 'e1').message, 'ke');
});
