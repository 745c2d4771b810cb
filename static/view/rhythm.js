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

  return ({ pause, interval }, hidden) => {
    repeat.value = String(pause);
    between.value = String(interval);
    setText($('summary span', node), words.join([pauseWords(pause), intervalWords(interval)]));
    setHidden(node, hidden);
  };
}
