// How often and how fast the next run goes: one line that says it, and opens to two lists.

import { intervalWords, INTERVALS, pauseWords, PAUSES } from '../rhythm.js';
import { words } from '../words.js';
import { $, element, setHidden, setText } from './dom.js';

function fill(list, choices, wordsOf) {
  list.replaceChildren(...choices.map((value) => element('option', '', wordsOf(value), { value: String(value) })));
}

/** `choose(rhythm)` is called with each choice. Returns `show(rhythm, hidden)`. */
export function createRhythm(node, type, choose) {
  const [repeat, between] = [$('.repeat', node), $('.between', node)];
  fill(repeat, PAUSES, pauseWords);
  fill(between, INTERVALS, intervalWords);
  repeat.dataset.testid = `${type}-repeat`;
  between.dataset.testid = `${type}-between`;
  const chosen = () => choose({ pause: Number(repeat.value), interval: Number(between.value) });
  repeat.addEventListener('change', chosen);
  between.addEventListener('change', chosen);

  // It lies over what is above it, so that nothing moves, and is closed as a menu is.
  const elsewhere = ({ target }) => {
    if (!node.contains(target)) node.open = false;
  };
  node.addEventListener('toggle', () => {
    if (node.open) document.addEventListener('pointerdown', elsewhere, true);
    else document.removeEventListener('pointerdown', elsewhere, true);
  });
  node.addEventListener('focusout', ({ relatedTarget }) => relatedTarget && elsewhere({ target: relatedTarget }));
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !node.open) return;
    event.stopPropagation();
    node.open = false;
    $('summary', node).focus();
  });

  return ({ pause, interval }, hidden) => {
    repeat.value = String(pause);
    between.value = String(interval);
    setText($('summary span', node), words.join([pauseWords(pause), intervalWords(interval)]));
    setHidden(node, hidden);
  };
}
