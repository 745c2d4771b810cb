// Chat and mail: side by side where there is room, else one at a time behind two tabs.

import { keyOf, TYPES } from '../keys.js';
import { toneOf } from '../status.js';
import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { $, byId, setAttr, setText } from './dom.js';

const NARROW = matchMedia('(max-width: 759.9px)'); // as in css/layout.css: the list or the profile
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** `cards` are the nodes of the cards, by type. Returns `{render(state), show(type)}`. */
export function createTabs(cards) {
  const list = byId('tabs');
  const tabs = Object.fromEntries(TYPES.map((type) => [type, $(`#tab-${type}`, list)]));
  let current = TYPES[0];

  function place() {
    for (const type of TYPES) {
      const chosen = type === current;
      setAttr(tabs[type], 'aria-selected', chosen);
      tabs[type].tabIndex = chosen ? 0 : -1;
      setAttr(cards[type], 'role', NARROW.matches ? 'tabpanel' : null);
      setAttr(cards[type], 'data-away', NARROW.matches && !chosen ? 'true' : null);
    }
  }

  function show(type, focused = false) {
    current = type;
    place();
    if (focused) tabs[type].focus();
  }

  for (const type of TYPES) tabs[type].addEventListener('click', () => show(type));
  list.addEventListener('keydown', (event) => {
    const step = STEPS[event.key];
    const at = TYPES.indexOf(current);
    const to = { Home: 0, End: TYPES.length - 1 }[event.key] ?? (step && (at + step + TYPES.length) % TYPES.length);
    if (to === undefined) return;
    event.preventDefault();
    show(TYPES[to], true);
  });
  NARROW.addEventListener('change', place);
  place();

  return {
    show,
    /** What goes on behind the other tab is seen on it. */
    render: whenChanged(({ selected, runs, device }) => [selected, runs, device], (state) => {
      for (const type of TYPES) {
        const run = state.runs[keyOf(state.selected, type)];
        const mark = $('.tab-mark', tabs[type]);
        setText(mark, run?.status === 'running' ? words.card.tabMark(run.current, run.total) : '');
        mark.dataset.tone = toneOf(run, state.device?.id ?? null);
      }
    }),
  };
}
