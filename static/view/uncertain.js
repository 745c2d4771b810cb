// The recipients of a card who may have been messaged, and the buttons with which a person decides about them.

import { isolated } from '../names.js';
import { recipientsWords } from '../uncertain.js';
import { $, element, setAttr, setHidden, setText } from './dom.js';

const CHOICES = [
  { action: 'resend', words: 'Message again in the next run' },
  { action: 'leave', words: 'Leave as messaged' },
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
  all.append(choices('all', 'All'));
  let shown = NONE;
  let unlisted = 0;

  box.addEventListener('click', ({ target }) => {
    const { action, recipient } = target.dataset;
    if (action && target.getAttribute('aria-disabled') !== 'true') decide(action, recipient);
  });

  function button({ action, words }, mark, whom) {
    const label = `${isolated(whom)}: ${words.toLowerCase()}`;
    const made = element('button', 'button small', words, { type: 'button', 'aria-label': label });
    made.dataset.testid = `${type}-uncertain-${action}-${mark}`;
    made.dataset.action = action;
    return made;
  }

  function choices(mark, whom) {
    const group = element('span', 'choices');
    group.append(...CHOICES.map((choice) => button(choice, mark, whom)));
    return group;
  }

  function row({ id, name }, index) {
    const item = element('li', 'uncertain-row');
    const group = choices(index, name);
    for (const made of group.children) made.dataset.recipient = id;
    item.append(element('b', '', name), group);
    return item;
  }

  /** Redraw the rows. A pressed button may be gone: the focus goes to the same choice of who is next, or out. */
  function draw(recipients, more) {
    const inside = box.contains(document.activeElement);
    const { action, testid } = document.activeElement.dataset;
    list.replaceChildren(...recipients.map(row));
    if (more > 0) list.append(element('li', 'uncertain-row', `And ${more} more, listed once these are decided about`));
    if (!inside) return;
    if (recipients.length === 0) $('.start', card).focus();
    else if (action) {
      const same = $(`[data-testid="${testid}"]`, box);
      (same ?? [...list.querySelectorAll(`[data-action="${action}"]`)].at(-1)).focus();
    }
  }

  return (recipients = NONE, more = 0, busy = false) => {
    if (recipients !== shown || more !== unlisted) {
      shown = recipients;
      unlisted = more;
      setText($('summary span', box), `${recipientsWords(recipients.length + more)} may have been messaged`);
      draw(recipients, more);
      if (recipients.length === 0) box.open = false;
      setHidden(box, recipients.length === 0);
    }
    for (const made of box.querySelectorAll('button')) setAttr(made, 'aria-disabled', busy ? 'true' : null);
  };
}
