// The recipients of a card who could not be messaged, why, and the button that tries just those again.

import { clock, exact } from '../times.js';
import { reasonOf } from '../tidings.js';
import { words } from '../words.js';
import { $, element, setHidden, setText } from './dom.js';

/** A name, what went wrong and when, as far as these are known. */
export function whoAndWhy(kind, { name, reason, at }) {
  const why = reasonOf(reason);
  return [
    element('bdi', kind, name),
    ...(why ? [words.unsent.because, element('span', 'unsent-why', why)] : []),
    ...(at === null ? [] : [element('time', 'unsent-when', clock(at), { title: exact(at) })]),
  ];
}

/** One of them, in the card and in the right column. */
export function unsentRow({ name, reason, at }) {
  const line = element('li', 'unsent-row', '', { dir: 'auto' });
  line.append(...whoAndWhy('unsent-name', { name, reason, at }));
  return line;
}

/** The end of a list: a way to see more, and how many cannot be seen. */
export function unsentRest({ known, shown, more, unlisted }, attributes) {
  if (!known) return [element('li', 'unsent-row', words.unsent.unknown)];
  const rest = [];
  if (more > 0) {
    const line = element('li', 'unsent-row');
    line.append(element('button', 'link', words.unsent.showMore(more), { type: 'button', ...attributes }));
    rest.push(line);
  }
  if (unlisted > 0) rest.push(element('li', 'unsent-row', shown.length > 0 ? words.unsent.unlisted(unlisted) : words.unsent.unnamed(unlisted)));
  return rest;
}

/** `actions`: `{again, more}`, without arguments. Returns `render(page, number, named, running)`, `page` being that of unsent.js. */
export function createUnsent(card, type, { again, more }) {
  const box = $('.unsent', card);
  const list = $('.unsent-list', box);
  const button = $('.try-again', box);
  box.dataset.testid = `${type}-unsent`;
  list.dataset.testid = `${type}-unsent-list`;
  button.dataset.testid = `${type}-try-again`;
  let drawn = '';

  button.addEventListener('click', () => {
    again();
    $('.go', card).focus(); // this button goes as the run begins
  });
  list.addEventListener('click', ({ target }) => target.closest('button') && more());

  return (page, number, named, running) => {
    setHidden(box, number === 0);
    setHidden(button, running || named === 0);
    setText($('span', button), words.unsent.again(named));
    setText($('summary span', box), words.unsent.title(number));
    if (number === 0) $('details', box).open = false;
    const now = JSON.stringify(page);
    if (now === drawn) return;
    drawn = now;
    const pressed = list.contains(document.activeElement);
    list.replaceChildren(...page.shown.map(unsentRow), ...unsentRest(page, { 'data-testid': `${type}-unsent-more` }));
    if (pressed) ($('button', list) ?? $('summary', box)).focus();
  };
}
