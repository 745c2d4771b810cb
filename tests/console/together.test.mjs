// Several devices type into one box at the same time. The server takes one command at a time; its answers and its
// events reach a device on two roads, each in order, that are not in step with one another.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { changedStretch } from '../../static/differences.js';
import { needsSending, toSend } from '../../static/drafts.js';
import { merge, movePosition } from '../../static/merging.js';
import { apply } from '../../static/state.js';
import { chat, event, generator, registered } from './helpers.mjs';

/** What a server does with updates. */
class Server {
  log = new Map([[0, { message: '', deviceId: null, ends: {} }]]); // ends: where each device has typed last
  revision = 0;

  store(deviceId, { message, base }) {
    const [from, present] = [this.log.get(base), this.log.get(this.revision)];
    const since = [...this.log].find(([revision, entry]) => revision > base && entry.deviceId === deviceId);
    if (since) return { revision: this.revision, message: present.message }; // told before, the answer got lost
    const { at } = changedStretch(from.message, message);
    // What goes on with the device's own last letter stays with it; else who came first is first.
    const goesOn = at === from.ends[deviceId];
    const stored = goesOn ? merge(from.message, present.message, message) : merge(from.message, message, present.message);
    const ends = Object.entries(present.ends).map(([id, end]) => [id, movePosition(present.message, stored, end)]);
    const own = changedStretch(present.message, stored);
    this.revision += 1;
    this.log.set(this.revision, { message: stored, deviceId, ends: { ...Object.fromEntries(ends), [deviceId]: own.at + own.text.length } });
    return { revision: this.revision, ...(stored !== message && { message: stored }) };
  }
}

class Device {
  commands = [];
  answers = [];
  events = [];
  number = 0;
  caret = 0;

  constructor(id, text, letters) {
    this.id = id;
    this.letters = letters;
    this.state = registered({ deviceId: id, revision: 0 });
    this.apply(event('messageSync', chat({ message: text, deviceId: 'first', revision: 0 })));
  }

  get draft() {
    return this.state.drafts['7/chat'];
  }

  /** The caret moves as the box moves it. */
  apply(what) {
    const before = this.draft?.message ?? '';
    this.state = apply(this.state, what);
    this.caret = movePosition(before, this.draft.message, this.caret);
    if (!needsSending(this.draft)) return;
    this.number += 1;
    this.commands.push({ number: this.number, ...toSend(this.draft, 'e1') });
    this.state = apply(this.state, event('local/draftSent', chat({ number: this.number })));
  }

  type() {
    const { message } = this.draft;
    const text = message.slice(0, this.caret) + this.letters[0] + message.slice(this.caret);
    this.caret += 1;
    this.letters = this.letters.slice(1);
    const caret = this.caret;
    this.apply(event('local/draftTyped', chat({ message: text })));
    this.caret = caret;
  }
}

/** Everybody types all their letters, with keys and packets in an order that follows from the seed. */
function typeTogether(seed, devices, server) {
  const pick = generator(seed);
  const steps = [
    (device) => device.letters !== '' && device.type(),
    (device) => {
      const command = device.commands.shift();
      if (command === undefined) return;
      const before = server.revision;
      const answer = server.store(device.id, command);
      const lost = pick(10) === 0;
      device.answers.push(event('local/draftAnswered', chat({ number: command.number, ok: !lost, lost, ...(!lost && answer) })));
      if (server.revision === before) return;
      const news = event('messageUpdated', chat({ deviceId: device.id, revision: server.revision, ...server.log.get(server.revision) }));
      for (const other of devices) if (other !== device) other.events.push(news);
    },
    ...['answers', 'events'].map((road) => (device) => {
      const next = device[road].shift();
      if (next !== undefined) device.apply(next);
    }),
  ];
  const busy = ({ letters, commands, answers, events }) => letters.length + commands.length + answers.length + events.length > 0;
  while (devices.some(busy)) steps[pick(4)](devices[pick(devices.length)]);
}

const WORDS = ['alpha beta gamma delta ', 'ONE TWO THREE FOUR ', '1234 5678 90123 '];

test('devices that type at different places lose nothing, and end with the same text', () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const text = '<> [] {}';
    const server = new Server();
    server.log.set(0, { message: text, deviceId: 'first', ends: {} });
    const devices = ['a', 'b', 'c'].map((id, index) => Object.assign(new Device(id, text, WORDS[index]), { caret: 1 + 3 * index }));
    typeTogether(seed, devices, server);
    const end = `<${WORDS[0]}> [${WORDS[1]}] {${WORDS[2]}}`;
    for (const { draft } of devices) assert.deepEqual([draft.message, draft.sent, draft.heard], [end, null, null], `seed ${seed}`);
  }
});

test('devices that type at one place lose nothing, and leave the words whole', () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const server = new Server();
    const devices = ['a', 'b', 'c'].map((id, index) => new Device(id, '', WORDS[index]));
    typeTogether(seed, devices, server);
    const [end] = devices.map(({ draft }) => draft.message);
    for (const { draft } of devices) assert.equal(draft.message, end, `seed ${seed}`);
    for (const words of WORDS) assert.ok(end.includes(words.trim()), `seed ${seed}: ${words}in ${end}`);
  }
});
