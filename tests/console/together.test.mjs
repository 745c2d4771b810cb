// Several devices type into one box at the same time. The server takes one command at a time; its answers and its
// events reach a device on two roads, each in order, that are not in step with one another.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { needsSending, toSend } from '../../static/drafts.js';
import { changesTo, movePosition } from '../../static/merging.js';
import { apply } from '../../static/state.js';
import { chat, event, generator, registered } from './helpers.mjs';

/** What a server does with updates: here they only put letters in. */
class Server {
  log = [{ message: '', deviceId: null }]; // by revision: the text, and what was put in where

  get revision() {
    return this.log.length - 1;
  }

  store(deviceId, { message, base, caret }) {
    const since = this.log.slice(base + 1);
    const told = since.findIndex((entry) => entry.deviceId === deviceId);
    const [own] = told < 0 ? changesTo(this.log[base].message, message, caret) : [since[told]];
    const last = this.log.slice(0, base + 1).findLast((entry) => entry.deviceId === deviceId);
    const goesOn = told >= 0 || (last && own.at === this.end(last, base));
    let { at } = own;
    for (const other of told < 0 ? since : since.slice(told + 1)) {
      if (told < 0 ? other.at < at || (other.at === at && !goesOn) : other.at < at + own.text.length) at += other.text.length;
    }
    const ends = at + own.text.length;
    if (told < 0) {
      const { message: present } = this.log.at(-1);
      this.log.push({ message: present.slice(0, at) + own.text + present.slice(at), deviceId, at, text: own.text });
    }
    const { message: stored } = this.log.at(-1);
    return { revision: this.revision, ...(stored !== message && { message: stored, caret: ends }) };
  }

  /** Where in the text of a revision stands what an entry has put in: others go behind it. */
  end(entry, revision) {
    let end = entry.at + entry.text.length;
    for (const other of this.log.slice(this.log.indexOf(entry) + 1, revision + 1)) if (other.at < end) end += other.text.length;
    return end;
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
    const { message: before = '', caret = null } = this.draft ?? {};
    this.state = apply(this.state, what);
    const goesOn = this.caret === caret && this.draft.caret !== null;
    this.caret = goesOn ? this.draft.caret : movePosition(before, this.draft.message, this.caret);
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
    const { caret } = this;
    this.apply(event('local/draftTyped', chat({ message: text, caret })));
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
      const { message, at, text } = server.log.at(-1);
      const news = event('messageUpdated', chat({ deviceId: device.id, revision: server.revision, message, caret: at + text.length }));
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
    server.log[0] = { message: text, deviceId: 'first' };
    const devices = ['a', 'b', 'c'].map((id, index) => Object.assign(new Device(id, text, WORDS[index]), { caret: 1 + 3 * index }));
    typeTogether(seed, devices, server);
    const end = `<${WORDS[0]}> [${WORDS[1]}] {${WORDS[2]}}`;
    for (const { draft } of devices) assert.deepEqual([draft.message, draft.sent, draft.heard], [end, null, []], `seed ${seed}`);
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

test('the same letters at one place are told apart', () => {
  const kinds = [['From the phone.', 'From the desk.'], ['Hello', 'Hello'], ['Hi all, ', 'Hi Bob, ', 'Hi Ann, '], ['ababab', 'babaab', 'aabb']];
  const orders = (list) => (list.length < 2 ? [list] : list.flatMap((one, at) => orders(list.toSpliced(at, 1)).map((rest) => [one, ...rest])));
  for (const [words, front, behind] of kinds.flatMap((kind) => [[kind, '', ''], [kind, 'Hi. ', ''], [kind, '', 'Hi. '], [kind, 'a', 'ab']])) {
    const wholes = new Set(orders(words).map((order) => front + order.join('') + behind));
    for (let seed = 1; seed <= 40; seed += 1) {
      const text = front + behind;
      const server = new Server();
      server.log[0] = { message: text, deviceId: 'first' };
      const devices = words.map((letters, index) => Object.assign(new Device('abc'[index], text, letters), { caret: front.length }));
      typeTogether(seed, devices, server);
      const [end] = devices.map(({ draft }) => draft.message);
      for (const { draft } of devices) assert.equal(draft.message, end, `seed ${seed}`);
      assert.ok(wholes.has(end), `seed ${seed}: ${end}`);
    }
  }
});
