// A button with a menu behind it, as readers expect one: arrows go through it, Escape and a press elsewhere close it, and the
// focus is back on the button then.

import { setHidden } from './dom.js';

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/**
 * `list` holds the items, buttons of the role menuitem, menuitemradio or menuitemcheckbox; each has its own listener.
 * `opened()` is called before the menu is seen. Returns `{open, close}`.
 */
export function createMenu(button, list, opened = () => {}) {
  button.setAttribute('aria-haspopup', 'menu');
  button.setAttribute('aria-expanded', 'false');
  button.setAttribute('aria-controls', list.id);
  setHidden(list, true);

  const items = () => [...list.querySelectorAll('[role^="menuitem"]')].filter((item) => item.getClientRects().length > 0);

  function elsewhere({ target }) {
    if (!list.contains(target) && !button.contains(target)) close(false);
  }

  function open(at = 0) {
    opened();
    setHidden(list, false);
    button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', elsewhere, true);
    items().at(at)?.focus();
  }

  function close(back = true) {
    if (list.hidden) return;
    setHidden(list, true);
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', elsewhere, true);
    if (back) button.focus();
  }

  button.addEventListener('click', () => (list.hidden ? open() : close()));
  button.addEventListener('keydown', (event) => {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    open(event.key === 'ArrowUp' ? -1 : 0);
  });
  list.addEventListener('keydown', (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const step = STEPS[event.key];
    if (event.key === 'Tab') close();
    else if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    } else if (step || event.key === 'Home' || event.key === 'End') {
      event.preventDefault();
      const to = { Home: 0, End: -1 }[event.key] ?? (at + step) % all.length;
      all.at(to).focus();
    }
  });
  // Before the item's own listener, which may open a dialog: that one gives the focus back to the button.
  list.addEventListener('click', ({ target }) => target.closest('[role^="menuitem"]') && close(), true);
  list.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget && !list.contains(relatedTarget) && relatedTarget !== button) close(false);
  });

  return { open, close };
}
