// The field that finds a profile or does something: Ctrl+K, or the button in the header.

import { icon } from '../icons.js';
import { choicesFor } from '../palette.js';
import { words } from '../words.js';
import { about, byId, element, setAttr, setAvatar, setText } from './dom.js';

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** `state()` as it is now; `act(choice)` does what was chosen; `who()`: whether there is a list of who is here. Returns `open`. */
export function createPalette({ state, act, who }) {
  const dialog = byId('palette');
  const input = byId('palette-input');
  const list = byId('palette-list');
  let choices = [];
  let at = -1; // the row that Enter chooses

  function option(choice, index) {
    const row = element('li', 'palette-row', '', { role: 'option', id: `palette-${index}`, 'aria-selected': 'false' });
    row.dataset.index = String(index);
    row.dataset.testid = choice.action === 'open' ? `find-${choice.profileId}` : `find-${choice.action}`;
    if (choice.profile) {
      const avatar = element('span', 'avatar', '', { 'aria-hidden': 'true' });
      setAvatar(avatar, choice.profile);
      row.append(avatar);
    } else {
      row.append(icon(choice.icon));
    }
    row.append(element('span', 'palette-text', choice.text, { dir: 'auto' }));
    if (choice.profile) row.append(element('span', 'palette-about', about(choice.profile), { dir: 'auto' }));
    if (choice.tone) row.dataset.tone = choice.tone;
    return row;
  }

  function mark(index) {
    at = index;
    for (const [position, row] of [...list.children].entries()) setAttr(row, 'aria-selected', position === at);
    setAttr(input, 'aria-activedescendant', choices[at] ? `palette-${at}` : null);
    list.children[at]?.scrollIntoView({ block: 'nearest' });
  }

  function search() {
    const { theme } = document.documentElement.dataset;
    const found = choicesFor(input.value, state(), { theme, who: who() });
    choices = found.choices;
    list.replaceChildren(...choices.map(option));
    setText(byId('palette-note'), found.number === 0 ? words.find.nothing : words.find.found(found.number, choices.length));
    mark(input.value.trim() === '' ? -1 : 0); // Enter alone does nothing
  }

  function choose(index) {
    const choice = choices[index];
    if (!choice) return;
    dialog.close(); // first: what follows may open another dialog, or give the focus to something
    act(choice);
  }

  input.addEventListener('input', search);
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key in STEPS && choices.length > 0) {
      event.preventDefault();
      const from = at === -1 && event.key === 'ArrowUp' ? 0 : at;
      mark((from + STEPS[event.key] + choices.length) % choices.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(at);
    }
  });
  list.addEventListener('click', ({ target }) => {
    const row = target.closest('.palette-row');
    if (row) choose(Number(row.dataset.index));
  });
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close()); // a press beside it

  return () => {
    if (dialog.open) return;
    input.value = '';
    dialog.showModal();
    input.focus();
    search();
  };
}
