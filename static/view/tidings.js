// The rows of the right column, from the plain data of ../tidings.js.

import { isolated } from '../names.js';
import { clock, exact, when } from '../times.js';
import { words } from '../words.js';
import { element, setAttr } from './dom.js';

const say = words.aside;

function timeOf(at) {
  const node = element('time', 'tiding-time');
  if (at === null) return node;
  node.textContent = when(at);
  node.dateTime = new Date(at).toISOString();
  node.title = exact(at);
  return node;
}

/** What stands out is a name of somebody else's: it keeps its own direction. */
const inline = (parts) => parts.map((part) => (typeof part === 'string' ? part : element('bdi', 'tiding-name', part.b)));

/** A sentence, which is a button where there is a profile to go to. */
function sentence({ text, profileId, id }) {
  const node = profileId === undefined ? element('p', 'tiding-text') : element('button', 'tiding-text', '', { type: 'button' });
  if (profileId !== undefined) {
    node.dataset.profile = profileId;
    node.dataset.testid = `tiding-${id}`;
  }
  node.append(...inline(text));
  return node;
}

function row(item, ...details) {
  const node = element('div', 'tiding');
  const body = element('div', 'tiding-body');
  body.append(sentence(item), ...details.filter(Boolean).map((detail) => element('p', 'tiding-detail', detail, { dir: 'auto' })));
  node.append(timeOf(item.at), body);
  return node;
}

export const activityRow = (item) => row(item, item.detail);
export const historyRow = (item) => row(item, item.detail, item.by);

function group({ key, profileId, name, type }, title) {
  const node = element('section', 'tiding-group');
  const head = element('div', 'tiding-head');
  head.append(sentence({ text: say.run({ b: name }, type), profileId, id: `group-${key}` }));
  node.append(head, element('p', 'tiding-title', title));
  return { node, head };
}

/** Who of one run could not be messaged, and the way to try again. */
export function failedGroup(item) {
  const { node, head } = group(item, say.failed(item.number));
  const again = element('button', 'link', words.tryAgain, { type: 'button', 'aria-label': say.tryAgainLabel(item.type, isolated(item.name)) });
  again.dataset.again = item.key;
  again.dataset.testid = `again-${item.key}`;
  if (!item.going) head.append(again);
  const list = element('ul', 'tiding-people');
  for (const { text, at } of item.list) {
    const line = element('li', '', text, { dir: 'auto' });
    if (at !== null) line.append(element('time', 'tiding-when', clock(at), { title: exact(at) }));
    list.append(line);
  }
  if (item.more > 0) list.append(element('li', '', item.list.length > 0 ? say.failedMore(item.more) : say.failedUnseen(item.more)));
  node.append(list);
  return node;
}

const CHOICES = ['resend', 'leave'];

function choices(item, whom, recipient) {
  const box = element('span', 'choices');
  for (const action of CHOICES) {
    const label = words.uncertain.choice(whom, words.uncertain[action]);
    const button = element('button', 'button small', say[action], { type: 'button', 'aria-label': label });
    button.dataset.decide = action;
    button.dataset.key = item.key;
    button.dataset.testid = `aside-${action}-${item.key}-${recipient ?? 'all'}`;
    if (recipient !== undefined) button.dataset.recipient = recipient;
    setAttr(button, 'aria-disabled', item.busy ? 'true' : null);
    box.append(button);
  }
  return box;
}

/** Who of one profile and type waits for a decision, with the two answers, for each and for all at once. */
export function uncertainGroup(item) {
  const { node } = group(item, say.uncertain(item.number));
  const list = element('ul', 'tiding-people');
  for (const { id, name } of item.list) {
    const line = element('li', 'tiding-choice');
    line.append(element('bdi', 'tiding-name', name), choices(item, isolated(name), id));
    list.append(line);
  }
  const all = element('li', 'tiding-choice tiding-all');
  all.append(element('b', '', words.uncertain.allOfThem), choices(item, words.uncertain.all));
  if (item.number > 1 || item.list.length === 0) list.append(all);
  node.append(list);
  return node;
}
