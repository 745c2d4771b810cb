// The recipients of a card who may have been messaged, and the buttons with which a person decides about them.

import { isolated } from '../names.js';
import { COMMANDS } from '../rights.js';
import { words } from '../words.js';
import { $, element, setAttr, setHidden, setText } from './dom.js';
import { whoAndWhy } from './unsent.js';

const CHOICES = [
  { action: 'resend', label: words.uncertain.resend },
  { action: 'leave', label: words.uncertain.leave },
];
const NONE = [];

/**
 * `decide(action, recipientId)` is called with what was chosen, without an id for all of them.
 * Returns `render(recipients, more, busy)`; `more`: how many there are that are not listed yet.
 */
export function createUncertain(card, type, decide) {
  const box = $('.uncertain', card);
  const list = $('.uncertain-list', box);
  const all = $('.uncertain-all', box);
  box.dataset.testid = `${type}-uncertain`;
  list.dataset.testid = `${type}-uncertain-list`;
  all.append(choices('all', words.uncertain.all));
  let shown = NONE;
  let unlisted = 0;

  box.addEventListener('click', ({ target }) => {
    const { action, recipient } = target.dataset;
    if (action && target.getAttribute('aria-disabled') !== 'true') decide(action, recipient);
  });

  function button({ action, label }, mark, whom) {
    const spoken = words.uncertain.choice(isolated(whom), label);
    const made = element('button', 'button small', label, { type: 'button', 'aria-label': spoken });
    made.dataset.testid = `${type}-uncertain-${action}-${mark}`;
    made.dataset.action = action;
    return made;
  }

  function choices(mark, whom) {
    const group = element('span', 'choices', '', { 'data-takes': COMMANDS.resolveUncertain });
    group.append(...CHOICES.map((choice) => button(choice, mark, whom)));
    return group;
  }

  function row({ id, name, ...rest }, index) {
    const item = element('li', 'uncertain-row');
    const group = choices(index, name);
    for (const made of group.children) made.dataset.recipient = id;
    const about = element('p', 'uncertain-who', '', { dir: 'auto' });
    about.append(...whoAndWhy('unsent-name', { name, ...rest }));
    item.append(about, group);
    return item;
  }

  /** Redraw the rows. A pressed button may be gone: the focus goes to the same choice of who is next, or out. */
  function draw(recipients, more) {
    const inside = box.contains(document.activeElement);
    const { action, testid } = document.activeElement.dataset;
    list.replaceChildren(...recipients.map(row));
    if (more > 0) list.append(element('li', 'uncertain-row', words.uncertain.more(more)));
    if (!inside) return;
    if (recipients.length === 0) $('.go', card).focus();
    else if (action) {
      const same = $(`[data-testid="${testid}"]`, box);
      (same ?? [...list.querySelectorAll(`[data-action="${action}"]`)].at(-1)).focus();
    }
  }

  return (recipients = NONE, more = 0, busy = false) => {
    if (recipients !== shown || more !== unlisted) {
      shown = recipients;
      unlisted = more;
      setText($('summary span', box), words.uncertain.title(recipients.length + more));
      draw(recipients, more);
      if (recipients.length === 0) box.open = false;
      setHidden(box, recipients.length === 0);
    }
    for (const made of box.querySelectorAll('button')) setAttr(made, 'aria-disabled', busy ? 'true' : null);
  };
}
