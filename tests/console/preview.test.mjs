import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { asPreview, othersOf, peopleOf } from '../../static/preview.js';
import { bench } from './bench.mjs';

const ack = (parts) => ({ ok: true, recipients: 15, toMessage: 2, messagedBefore: 0, uncertain: 0, doNotContact: 0, unusable: 0, names: ['Ann', 'Bob'], ...parts });
const bare = (text) => text.replaceAll(/[\u2068\u2069]/g, '');

test('who would be messaged is said by number and by the first names', () => {
  assert.equal(bare(peopleOf(ack())), '2 people will be messaged: Ann, Bob.');
  assert.equal(bare(peopleOf(ack({ toMessage: 1, names: ['Ann'] }))), '1 person will be messaged: Ann.');
  assert.equal(bare(peopleOf(ack({ toMessage: 143 }))), '143 people will be messaged: Ann, Bob and 141 more.');
  assert.match(peopleOf(ack({ toMessage: 0, names: [] })), /nobody left/);
  assert.match(peopleOf(ack({ recipients: 0, toMessage: 0, names: [] })), /lists nobody/);
  assert.ok(peopleOf(ack({ names: ['\u202eAnn', 'Bob'] })).includes('\u2068Ann\u2069'), 'a name turns nothing round');
});

test('who would not is said with why, and nothing of those that there are none of', () => {
  assert.equal(othersOf(ack()), '');
  const all = ack({ messagedBefore: 7, uncertain: 2, doNotContact: 1, unusable: 3 });
  assert.equal(othersOf(all), '7 messaged before · 2 uncertain · 1 not to be contacted · 3 cannot be messaged');
});

test('what is not known is said in words, never by a code or what the server said', () => {
  for (const [code, says] of [
    ['gateway_unavailable', /backend .* does not answer/],
    ['gateway_refused', /does not accept/],
    ['too_many_requests', /asks to wait/],
    ['too_many_recipients', /more people than a run can have/],
    ['endless_listing', /no end/],
    ['offline', /not connected/],
    ['sign_in_again', /sign in again/],
    ['no_answer', /server does not answer/],
    ['unknown_event', /server cannot tell/],
    ['whatever', /wrong on the server/],
  ]) {
    const text = peopleOf({ ok: false, code, message: 'X-Y', retryable: true });
    assert.match(text, says);
    assert.match(text, /You can start all the same\.$/);
    assert.ok(!text.includes(code) && !text.includes('X-Y'));
    assert.equal(othersOf({ ok: false, code }), '');
  }
});

test('those who failed are known without the backend', async () => {
  const bed = bench();
  const asked = bed.commands.preview('7', 'chat', 'failed', () => true);
  assert.deepEqual(bed.sent, [['listFailed', { profileId: '7', type: 'chat' }]]);
  const recipients = Array.from({ length: 12 }, (_, n) => ({ id: `r${n}`, name: n % 2 ? `Name ${n}` : '' }));
  await bed.answer({ ok: true, recipients, named: 40, unnamed: 0 });
  const found = await asked;
  assert.deepEqual([found.toMessage, found.names.length, found.names.slice(0, 2)], [40, 10, ['r0', 'Name 1']]);
  assert.match(peopleOf(found), /^40 people .* and 30 more\.$/);
  assert.equal(othersOf(found), '');
  assert.equal(asPreview({ ok: false, code: 'offline' }).code, 'offline');
});

test('a server that counts for too many is asked again for as long as it is wanted', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const bed = bench();
  let wanted = true;
  const asked = bed.commands.preview('7', 'chat', undefined, () => wanted);
  const busy = { ok: false, code: 'too_many_previews', message: '', retryable: true };
  await bed.answer(busy);
  t.mock.timers.tick(1_000);
  await turn();
  assert.equal(bed.sent.length, 2);
  wanted = false;
  await bed.answer(busy);
  assert.equal((await asked).code, 'too_many_previews');
});
