import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inConflict, mustWait, needsSending } from '../../static/drafts.js';
import { SYNC_MAX } from '../../static/limits.js';
import { apply } from '../../static/state.js';
import { after, chat, event, ME, OTHER, registered } from './helpers.mjs';

const typed = (message, sent = true) => event('local/draftTyped', chat({ message, sent }));
const answered = (message, revision, ok = true) => event('local/draftAnswered', chat({ message, ok, revision }));
const updated = (message, revision, deviceId = OTHER) => event('messageUpdated', chat({ message, deviceId, revision }));
const sync = (message, revision, deviceId = OTHER) => event('messageSync', chat({ message, deviceId, revision }));
const draft = (...events) => after(registered(), ...events).drafts['7/chat'];

test('text from elsewhere is shown, text older than what is shown is not', () => {
  assert.equal(draft(updated('new', 12)).message, 'new');
  assert.equal(draft(updated('new', 12), updated('old', 11)).message, 'new');
  assert.equal(draft(updated('new', 12), event('messageCleared', chat({ deviceId: OTHER, revision: 13 }))).message, '');
});

test('while own text is under way, text from elsewhere waits, and the later of the two wins', () => {
  const waiting = [typed('mine'), updated('theirs', 12)];
  assert.equal(draft(...waiting).message, 'mine');
  assert.equal(draft(...waiting, answered('mine', 13)).message, 'mine');
  assert.equal(draft(...waiting, answered('mine', 11)).message, 'theirs');
});

test('own older text never overwrites what is being typed', () => {
  assert.equal(draft(typed('hel'), typed('hello'), sync('hel', 12, ME)).message, 'hello');
  const state = after(registered(), typed('hello', false), event('resync', { epoch: 'e2', revision: 1 }), sync('hel', 1, ME));
  assert.equal(state.drafts['7/chat'].message, 'hello');
});

test('text that was not sent survives a fresh snapshot and is to be sent', () => {
  const fresh = event('deviceRegistered', { deviceId: ME, epoch: 'e1', revision: 20, recovered: false });
  const state = after(registered(), typed('offline', false), fresh);
  assert.equal(state.drafts['7/chat'].message, 'offline');
  assert.ok(needsSending(state.drafts['7/chat']));
});

test('text that is sent again is that of the device that sends it', () => {
  const anew = event('deviceRegistered', { deviceId: 'device-anew', epoch: 'e1', revision: 20, recovered: false });
  const state = after(registered(), typed('offline', false), anew, event('local/draftSent', chat()), answered('offline', 21));
  assert.equal(state.drafts['7/chat'].deviceId, 'device-anew');
});

test('typing on top of text that nobody changed meanwhile is no conflict', () => {
  const fresh = event('deviceRegistered', { deviceId: ME, epoch: 'e1', revision: 20, recovered: false });
  const entry = draft(updated('base', 12), typed('base and more', false), fresh, sync('base', 12));
  assert.equal(inConflict(entry), false);
  assert.ok(needsSending(entry));
});

test('two texts that grew apart are a conflict, and the operator decides', () => {
  const apart = [updated('base', 12), typed('mine', false), updated('theirs', 14)];
  assert.ok(inConflict(draft(...apart)));
  assert.equal(needsSending(draft(...apart)), false);
  const theirs = draft(...apart, event('local/draftChosen', chat({ keep: 'theirs' })));
  assert.deepEqual([theirs.message, theirs.dirty], ['theirs', false]);
  const mine = draft(...apart, event('local/draftChosen', chat({ keep: 'mine' })));
  assert.deepEqual([mine.message, needsSending(mine)], ['mine', true]);
});

test('an answer is about the text that was sent, not about the one in the box', () => {
  const long = 'x'.repeat(SYNC_MAX + 1);
  for (const later of [long, 'xyz']) {
    const entry = draft(typed('x'), typed(later, false), answered('x', 11));
    assert.deepEqual([entry.message, entry.dirty, entry.base], [later, true, 'x']);
  }
});

test('a text that is too long to sync is not to be sent, and is once it is shorter', () => {
  assert.equal(needsSending(draft(typed('x'.repeat(SYNC_MAX + 1), false))), false);
  assert.equal(needsSending(draft(typed('x'.repeat(SYNC_MAX), false))), true);
});

test('a refused update stays to be sent', () => {
  const entry = draft(typed('x'), answered('x', undefined, false));
  assert.deepEqual([entry.message, needsSending(entry)], ['x', true]);
});

const held = event('local/draftHeld', chat());
const released = event('local/draftReleased', chat());

test('text from elsewhere waits while a letter is composed', () => {
  const base = [updated('base', 11), held, updated('theirs', 12)];
  assert.equal(draft(...base).message, 'base');
  assert.equal(draft(...base, released).message, 'theirs', 'given up');
  const composed = draft(...base, typed('base+', false), released);
  assert.deepEqual([composed.message, inConflict(composed), composed.remote.message], ['base+', true, 'theirs']);
  const given = draft(...base, typed('base+', false), typed('base', false), released);
  assert.deepEqual([given.message, given.dirty], ['theirs', false], 'taken back letter by letter');
});

test('whatever crosses on the way, a letter that is composed overwrites nobody', () => {
  const crossed = [updated('base', 11), held, typed('base+'), updated('theirs', 13), answered('base+', 12)];
  assert.deepEqual([draft(...crossed).message, mustWait(draft(...crossed))], ['base+', true]);
  assert.ok(inConflict(draft(...crossed, released)));
  const earlier = [updated('base', 11), held, typed('base+'), updated('theirs', 12), answered('base+', 13), released];
  assert.deepEqual([draft(...earlier).message, draft(...earlier).dirty], ['base+', false]);
  const late = [updated('base', 11), held, typed('base+'), typed('base'), updated('theirs', 14), released, answered('base+', 12), answered('base', 13)];
  assert.deepEqual([draft(...late).message, draft(...late).dirty], ['theirs', false]);
});

test('a fresh snapshot does not change a box in which a letter is composed', () => {
  const fresh = event('resync', { epoch: 'e2', revision: 1 });
  const entry = draft(updated('base', 11), held, fresh, sync('theirs', 1));
  assert.deepEqual([entry.message, entry.remote.message], ['base', 'theirs']);
});

test('a later text that was not sent does not give way to what came meanwhile', () => {
  const entry = draft(typed('x'), typed('x'.repeat(SYNC_MAX + 1), false), updated('theirs', 12), answered('x', 11));
  assert.deepEqual([entry.message.length, inConflict(entry)], [SYNC_MAX + 1, true]);
});

test('text that this device has kept is sent, or put beside what the server has', () => {
  const restored = event('local/draftRestored', chat({ message: 'kept', base: 'base' }));
  assert.ok(needsSending(draft(restored)));
  assert.ok(needsSending(draft(restored, sync('base', 12))));
  assert.equal(draft(restored, sync('kept', 12)).dirty, false);
  assert.ok(inConflict(draft(restored, sync('theirs', 12))));
});

// A small generator with a seed, so that a failure can be repeated (mulberry32).
function generator(seed) {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

// Three devices type at the same time. The server takes one command at a time; its answers and its events reach a
// device on two roads, each in order, that are not in step with one another.
function typeTogether(seed) {
  const pick = generator(seed);
  let revision = 10;
  let stored = '';
  const devices = ['a', 'b', 'c'].map((id) => ({
    id,
    state: registered({ deviceId: id }),
    commands: [],
    answers: [],
    events: [],
  }));

  const steps = [
    (device) => {
      const message = `${device.id}${pick(1000)}`;
      device.state = apply(device.state, typed(message));
      device.commands.push(message);
    },
    (device) => {
      const message = device.commands.shift();
      if (message === undefined) return;
      revision += 1;
      stored = message;
      device.answers.push(answered(message, revision));
      const news = updated(message, revision, device.id);
      for (const other of devices) if (other !== device) other.events.push(news);
    },
    ...['answers', 'events'].map((road) => (device) => {
      const next = device[road].shift();
      if (next !== undefined) device.state = apply(device.state, next);
    }),
  ];

  for (let i = 0; i < 60; i += 1) steps[pick(4)](devices[pick(3)]);
  while (devices.some(({ commands, answers, events }) => commands.length + answers.length + events.length > 0)) {
    steps[1 + pick(3)](devices[pick(3)]);
  }
  return { stored, shown: devices.map(({ state }) => state.drafts['7/chat']) };
}

test('devices that type at the same time end with the same text', () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const { stored, shown } = typeTogether(seed);
    for (const entry of shown) {
      assert.equal(entry.message, stored, `seed ${seed}`);
      assert.deepEqual([entry.dirty, entry.pending, entry.remote], [false, 0, null], `seed ${seed}`);
    }
  }
});
