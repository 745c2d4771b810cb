// The rows of the right column, from the plain data of ../tidings.js.

import { isolated } from '../names.js';
import { COMMANDS } from '../rights.js';
import { exact, when } from '../times.js';
import { words } from '../words.js';
import { element, setAttr } from './dom.js';
import { unsentRest, unsentRow, whoAndWhy } from './unsent.js';

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
  return node;
}

/** Who could not be messaged, and the way to try just those again. */
export function failedGroup(item) {
  const node = group(item, words.unsent.title(item.number));
  const label = say.tryAgainLabel(item.type, isolated(item.name));
  const again = element('button', 'button small tiding-again', words.unsent.again(item.named), { type: 'button', 'aria-label': label, 'data-takes': COMMANDS.startProcessing });
  again.dataset.again = item.key;
  again.dataset.testid = `again-${item.key}`;
  const list = element('ul', 'tiding-people');
  list.append(...item.shown.map(unsentRow), ...unsentRest(item, { 'data-more': item.key, 'data-testid': `more-${item.key}` }));
  node.append(list);
  if (!item.going && item.named > 0) node.append(again);
  return node;
}

const CHOICES = ['resend', 'leave'];

function choices(item, whom, recipient) {
  const box = element('span', 'choices', '', { 'data-takes': COMMANDS.resolveUncertain });
  for (const action of CHOICES) {
    const label = words.uncertain.choice(whom, words.uncertain[action]);
    const button = element('button', 'button small', words.uncertain[action], { type: 'button', 'aria-label': label });
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
  const node = group(item, words.uncertain.title(item.number));
  const list = element('ul', 'tiding-people');
  for (const { id, name, ...rest } of item.list) {
    const line = element('li', 'tiding-choice');
    const about = element('p', '', '', { dir: 'auto' });
    about.append(...whoAndWhy('tiding-name', { name, ...rest }));
    line.append(about, choices(item, isolated(name), id));
    list.append(line);
  }
  const unlisted = item.number - item.list.length;
  if (unlisted > 0 && item.list.length > 0) list.append(element('li', 'soft', words.uncertain.more(unlisted)));
  const all = element('li', 'tiding-choice tiding-all', '', { 'data-takes': COMMANDS.resolveUncertain });
  all.append(element('b', '', words.uncertain.allOfThem), choices(item, words.uncertain.all));
  if (item.number > 1 || item.list.length === 0) list.append(all);
  node.append(list);
  return node;
}
