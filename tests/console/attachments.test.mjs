import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isDirty, itemsOf, linksOf, mustSend, together } from '../../static/attachments.js';
import { after, event, OTHER, registered } from './helpers.mjs';

const made = (names) => [...names].map((name) => ({ id: name, title: name, link: name, message_type: 'SENT_IMAGE' }));
const attach = (names) => event('local/attach', { profileId: '7', items: made(names) });
const updated = (names, revision) =>
  event('attachmentsUpdated', { profileId: '7', type: 'mail', deviceId: OTHER, attachments: made(names), revision });
const synced = (names, attachmentsRevision) =>
  event('messageSync', { profileId: '7', type: 'mail', message: '', deviceId: OTHER, revision: 0, attachments: made(names), attachmentsRevision });
const answered = (data) => event('local/attachmentsAnswered', { profileId: '7', ...data });
const sent = event('local/attachmentsSent', { profileId: '7' });
const anew = event('deviceRegistered', { deviceId: 'device-me', epoch: 'e1', revision: 20, recovered: false });
const shown = (state) => linksOf(itemsOf(state.attachments, '7')).join('');

test('what is together is as on the server', () => {
  const cases = [
    ['', 'a', 'b', 'ab'],
    ['a', 'ab', 'ac', 'abc'],
    ['ab', 'b', 'a', ''],
    ['ab', 'bd', 'abc', 'bdc'],
    ['abcde', 'abcde', 'edcba', 'abcde'],
    ['ab', '', 'ab', ''],
  ];
  for (const [base, theirs, mine, all] of cases) {
    assert.equal(linksOf(together(made(base), made(theirs), made(mine))).join(''), all, `${base} ${theirs} ${mine}`);
  }
});

test('at most five, per profile, and none where nobody chose any', () => {
  const state = after(registered(), attach('abcdef'));
  assert.equal(shown(state), 'abcde');
  assert.deepEqual(itemsOf(state.attachments, '8'), []);
});

test('what another device attaches shows, and an older list does not come back', () => {
  const state = after(registered(), updated('ab', 12), updated('a', 11));
  assert.equal(shown(state), 'ab');
  assert.equal(isDirty(state.attachments['7']), false);
  assert.equal(after(state, updated('ab', 12)), state);
});

test('what is chosen here is to be sent, and saved once it is answered', () => {
  let state = after(registered(), updated('a', 11), attach('ab'));
  assert.equal(mustSend(state.attachments['7']), true);
  state = after(state, sent);
  assert.equal(mustSend(state.attachments['7']), false);
  state = after(state, updated('ac', 12), answered({ attachments: made('acb'), revision: 13 }));
  assert.equal(shown(state), 'acb');
  assert.equal(isDirty(state.attachments['7']), false);
});

test('what is chosen while a list is on its way goes with the next one', () => {
  const state = after(registered(), attach('a'), sent, attach('ab'), answered({ attachments: made('a'), revision: 11 }));
  assert.equal(shown(state), 'ab');
  assert.equal(mustSend(state.attachments['7']), true);
});

test('a refused list gives way to what is on the server', () => {
  const state = after(registered(), updated('a', 11), attach('ab'), sent, updated('ac', 12), answered({ refused: true }));
  assert.equal(shown(state), 'ac');
  assert.equal(isDirty(state.attachments['7']), false);
});

test('what was chosen while away is put together with what happened meanwhile', () => {
  const away = after(registered(), updated('ab', 11), attach('bc'));
  const back = after(away, anew, synced('abd', 19), event('local/caughtUp'));
  assert.equal(shown(back), 'bdc');
  assert.equal(mustSend(back.attachments['7']), true);
});

test('what goes with a mail does so until a fresh snapshot tells otherwise', () => {
  const state = after(registered(), updated('ab', 11), anew);
  assert.equal(shown(state), 'ab', 'as the card shows it, from which a start may come');
  assert.equal(isDirty(state.attachments['7']), false);
  assert.equal(shown(after(state, synced('bc', 19), event('local/caughtUp'))), 'bc');
});

test('a snapshot that tells of none means that there are none', () => {
  const state = after(registered(), updated('ab', 11), anew, event('local/caughtUp'));
  assert.equal(shown(state), '');
  const away = after(registered(), updated('ab', 11), attach('abc'), anew, event('local/caughtUp'));
  assert.equal(shown(away), 'c');
});

test('a text and its clearing leave them', () => {
  const mail = { profileId: '7', type: 'mail', deviceId: OTHER };
  const state = after(
    registered(),
    updated('ab', 11),
    event('messageUpdated', { ...mail, message: 'x', revision: 12 }),
    event('messageCleared', { ...mail, revision: 13 }),
  );
  assert.equal(shown(state), 'ab');
});

test('what another page has kept comes to what is there', () => {
  const restored = (items, base) => event('local/attachmentsRestored', { profileId: '7', items: made(items), base: made(base) });
  const state = after(registered(), restored('ab', 'b'));
  assert.equal(shown(state), 'ab');
  assert.equal(shown(after(state, restored('bd', 'b'))), 'abd');
  const known = after(registered(), updated('bc', 12), restored('ad', 'ab'));
  assert.equal(shown(known), 'cd');
  assert.ok(mustSend(known.attachments['7']));
  assert.equal(shown(after(registered(), updated('abcd', 12), restored('ef', ''))), 'abcde');
});
