import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { copiesOf, createBatch, fitting, paced, sourcesOf, startsOf, summaryOf, sumOf, withSomebody } from '../../static/batch.js';
import { bench } from './bench.mjs';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const OK = { ok: true };
const refused = (code, message = code) => ({ ok: false, code, message, retryable: false });
const LOCKED = refused('locked', 'Another device is already processing this profile');
const items = ['7', '8', '9'].map((id) => ({ external_id: id, name: `Person ${id}` }));
const text = (profileId, message, revision) => event('messageUpdated', chat({ profileId, message, deviceId: OTHER, revision }));
const begun = (profileId, deviceId, revision) => event('processingStarted', chat({ profileId, deviceId, startedAt: 1, revision }));
const known = after(registered(), event('local/profiles', { status: 'ready', items }), text('7', 'Hello', 11), text('8', 'Good day', 12));

const forever = () => true;

test('no more are under way than may be, and all get their turn', async () => {
  const waiting = [];
  const heard = [];
  const done = paced(['a', 'b', 'c'], {
    atOnce: 2,
    wanted: forever,
    ask: () => new Promise((resolve) => waiting.push(resolve)),
    heard: (item, ack) => heard.push([item, ack]),
  });
  assert.equal(waiting.length, 2);
  waiting[0](OK);
  await turn();
  assert.equal(waiting.length, 3);
  waiting[1](LOCKED);
  waiting[2](OK);
  assert.deepEqual(await done, []);
  assert.deepEqual(heard.map(([item, { ok }]) => [item, ok]), [['a', true], ['b', false], ['c', true]]);
});

test('a server that has too much at once is asked again after as long as it says', async () => {
  const acks = [{ ...refused('too_many_requests'), retryAfter: 2 }, refused('too_many_requests'), { ...refused('too_many_requests'), retryAfter: 3600 }, OK];
  const rests = [];
  const heard = [];
  await paced(['a'], { wanted: forever, ask: async () => acks.shift(), heard: (_, ack) => heard.push(ack), rest: async (ms) => rests.push(ms) });
  assert.deepEqual([rests, heard], [[2000, 1000, 30_000], [OK]]);
});

test('it is asked only so often', async () => {
  let asked = 0;
  const heard = [];
  const ask = async () => {
    asked += 1;
    return refused('too_many_requests');
  };
  await paced(['a'], { wanted: forever, ask, heard: (_, { code }) => heard.push(code), rest: async () => {} });
  assert.deepEqual([asked, heard], [30, ['too_many_requests']]);
});

test('what is not wanted any more is not asked for', async () => {
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return OK;
  };
  assert.deepEqual(await paced(['a', 'b', 'c'], { atOnce: 1, wanted: () => asked < 2, ask, heard() {} }), ['c']);
});

test('each button is for the runs that it can do something about', () => {
  const state = after(known, begun('7', ME, 13), begun('8', OTHER, 14), event('processingPaused', chat({ profileId: '8', revision: 15 })));
  assert.deepEqual(fitting(state, new Set(['7', '8', '9']), 'chat'), { start: ['9'], stop: ['7', '8'], pause: ['7'], resume: ['8'] });
  assert.deepEqual(fitting(state, new Set(['7']), 'mail').start, ['7']);
});

test('each start has its own text, and who has none is left out', () => {
  const starts = startsOf(known, ['7', '8', '9'], 'chat');
  assert.deepEqual(starts.map(({ name, message, why }) => [name, message, why]), [
    ['Person 7', 'Hello', ''],
    ['Person 8', 'Good day', ''],
    ['Person 9', '', 'Write something first'],
  ]);
  assert.match(startsOf(after(known, event('messageUpdated', { profileId: '9', type: 'mail', message: 'Short', deviceId: OTHER, revision: 13 })), ['9'], 'mail')[0].why, /^145 characters to go$/);
});

test('one text for all makes up for those that have none', () => {
  assert.deepEqual(startsOf(known, ['7', '9'], 'chat', 'For all').map(({ message, why }) => [message, why]), [['For all', ''], ['For all', '']]);
});

test('a run that goes on keeps from a start, and is told by whose it is', () => {
  const state = after(known, begun('7', ME, 13), begun('8', OTHER, 14));
  assert.deepEqual(startsOf(state, ['7', '8'], 'chat').map(({ why, locked }) => [why, locked]), [
    ['This device is already processing this profile', false],
    [LOCKED.message, true],
  ]);
});

test('the sum is of those that could be counted', () => {
  const counts = new Map([['7', { ok: true, toMessage: 3 }], ['8', refused('gateway_unavailable')], ['5', { ok: true, toMessage: 100 }]]);
  assert.deepEqual(sumOf(startsOf(known, ['7', '8', '9'], 'chat'), counts), { counted: 2, people: 3, unknown: 1 });
});

test('a start that would message nobody is left out, with the reason, once that is counted', () => {
  const none = { ok: true, toMessage: 0 };
  const counts = new Map([['7', { ...none, recipients: 10 }], ['9', { ...none, recipients: 0 }], ['8', refused('gateway_unavailable')]]);
  const starts = startsOf(known, ['7', '8', '9', '5'], 'chat', 'For all');
  assert.deepEqual(withSomebody(starts, counts).map(({ why }) => why), ['All were messaged before, or cannot be', '', 'The backend lists nobody', '']);
  const [reason] = startsOf(known, ['9'], 'chat');
  assert.equal(withSomebody([reason], counts)[0].why, reason.why, 'what keeps it from starting at all comes first');
});

test('a copy goes to all but its source, says whose text it replaces, and leaves two texts alone', () => {
  assert.deepEqual(sourcesOf({ ...known, selected: '8' }, ['7', '9'], 'chat').map(({ external_id: id }) => id), ['8', '7']);
  const { text: copied, targets, replaced, apart } = copiesOf(known, ['7', '8', '9'], 'chat', '7');
  assert.deepEqual([copied, targets.map(({ profileId }) => profileId), replaced.map(({ name }) => name), apart], ['Hello', ['8', '9'], ['Person 8'], []]);
  const twoTexts = { ...known, drafts: { ...known.drafts, '8/chat': { ...known.drafts['8/chat'], conflict: { message: 'x', deviceId: OTHER } } } };
  assert.deepEqual(copiesOf(twoTexts, ['7', '8', '9'], 'chat', '7').apart.map(({ name }) => name), ['Person 8']);
});

/** A batch that answers as it is told, and what was said of it last. */
function batchOf(answers) {
  const bed = { asked: [], said: null };
  const ask = async (does, type, { profileId }) => {
    bed.asked.push(`${does} ${profileId}/${type}`);
    return answers(profileId);
  };
  bed.batch = createBatch({ ask, tell: (batch) => (bed.said = batch), rest: async () => {} });
  return bed;
}
const entries = items.map(({ external_id: profileId, name }) => ({ profileId, name }));

test('a batch tells how far it is, and at its end who was refused and why', async () => {
  const bed = batchOf((id) => (id === '8' ? LOCKED : OK));
  const done = bed.batch.begin('start', 'chat', entries);
  assert.deepEqual([bed.said.all, bed.said.done, bed.said.over], [3, 0, false]);
  bed.batch.dismiss();
  assert.notEqual(bed.said, null, 'not while it goes on');
  await done;
  assert.deepEqual([bed.said.done, bed.said.over], [2, true]);
  const { text: said, groups } = summaryOf(bed.said);
  assert.equal(said, 'Started 2 chats');
  assert.deepEqual(groups, [{ text: `${LOCKED.message} (1):`, names: '\u2068Person 8\u2069' }]);
  bed.batch.dismiss();
  assert.equal(bed.said, null);
});

test('those that were refused can be tried again, and no others', async () => {
  let answer = LOCKED;
  const bed = batchOf((id) => (id === '7' ? OK : answer));
  await bed.batch.begin('start', 'chat', entries);
  answer = OK;
  bed.asked = [];
  await bed.batch.again();
  assert.deepEqual(bed.asked, ['start 8/chat', 'start 9/chat']);
  assert.deepEqual([bed.said.done, bed.said.refused], [2, []]);
});

test('a batch that is halted says how many were not tried, and another can begin', async () => {
  const bed = batchOf(() => OK);
  const many = Array.from({ length: 9 }, (_, n) => ({ profileId: String(n), name: '' }));
  const done = bed.batch.begin('stop', 'chat', many);
  bed.batch.halt();
  await bed.batch.begin('start', 'chat', entries);
  await done;
  assert.deepEqual([bed.said.does, bed.said.done, bed.said.halted], ['stop', 4, 5]);
  assert.match(summaryOf(bed.said).text, /^Stopped 4 chats · 5 not tried$/);
  await bed.batch.begin('start', 'chat', entries);
  assert.equal(bed.said.done, 3);
});

test('nothing goes out for an operator who has left, and nothing is told to the next', async () => {
  const bed = batchOf(() => OK);
  const done = bed.batch.begin('start', 'chat', Array.from({ length: 9 }, (_, n) => ({ profileId: String(n), name: '' })));
  bed.batch.forget();
  bed.said = null;
  await done;
  assert.deepEqual([bed.asked.length, bed.said], [4, null]);
  await bed.batch.begin('start', 'chat', entries);
  assert.equal(bed.said.done, 3);
});

test('one of many says nothing at its card, and what is as was wanted is done', async () => {
  const bed = bench();
  const start = bed.commands.each('start', '7', 'chat', 'Hello');
  assert.deepEqual(bed.sent, [['startProcessing', { profileId: '7', type: 'chat', message: 'Hello' }]]);
  await bed.answer(LOCKED);
  assert.deepEqual([(await start).code, bed.notice()], ['locked', undefined]);
  const stop = bed.commands.each('stop', '7', 'chat');
  await bed.answer(refused('not_running'));
  assert.equal((await stop).ok, true);
});
