// The keys of the console. Where one types, only those with Ctrl do something, and Escape.

import { COMMANDS } from '../rights.js';
import { words } from '../words.js';
import { $, byId, element, setAttr, setText } from './dom.js';

/** Keyboards of Apple have a command key, which does what Ctrl does elsewhere; here both do. */
const APPLE = /^(Mac|iPhone|iPad|iPod)/.test(navigator.platform);
const STEPS = { j: 1, k: -1 };

const typing = (target) => target.closest?.('input, textarea, select, [contenteditable="true"]') !== null;

/** What stands on the keys of a shortcut of words.js. */
const namesOf = (keys) => keys.split(' ').map((key) => (key === 'Ctrl' && APPLE ? words.shortcuts.command : key));

function nameFinder(button) {
  setText($('kbd', button), namesOf(words.shortcuts.find).join(' '));
  setAttr(button, 'aria-keyshortcuts', APPLE ? 'Meta+K' : 'Control+K');
}

function fillDialog() {
  for (const [keys, what, command] of words.shortcuts.list) {
    const attributes = command ? { 'data-takes': COMMANDS[command] } : {};
    const term = element('dt', '', '', attributes);
    term.append(...namesOf(keys).map((key) => element('kbd', '', key)));
    byId('shortcut-list').append(term, element('dd', '', what, attributes));
  }
}

/** The profile after (1) or before (-1) the open one, as the list shows them. */
function step(by) {
  const links = [...document.querySelectorAll('#people li:not([hidden]) a')];
  const at = links.findIndex((link) => link.getAttribute('aria-current') === 'true');
  const to = at === -1 ? 0 : at + by;
  if (!links[to]) return;
  links[to].click();
  links[to].scrollIntoView({ block: 'nearest' });
}

/** `actions`: `{find, start(type), escape(), signedIn}`, `escape` telling whether there was something to end. Returns `show`, which opens the list of keys. */
export function createShortcuts({ find, start, escape, signedIn }) {
  const dialog = byId('shortcuts');
  const filter = byId('filter');
  const dialogs = [...document.querySelectorAll('dialog')]; // looking for an open one would go through all rows
  fillDialog();
  nameFinder(byId('find'));
  byId('shortcuts-close').addEventListener('click', () => dialog.close());

  function show() {
    dialog.showModal();
  }

  /** Whether the key was ours. */
  function withCtrl({ key, target }) {
    if (key.toLowerCase() === 'k') find();
    else if (key === 'Enter') start(target.closest?.('.card')?.dataset.type ?? null);
    else return false;
    return true;
  }

  function leaveField(target) {
    if (target === filter && filter.value !== '') {
      filter.value = '';
      filter.dispatchEvent(new Event('input'));
    } else {
      target.blur();
    }
    return true;
  }

  function plain({ key, target }) {
    if (key === 'Escape') return typing(target) ? leaveField(target) : escape();
    if (typing(target)) return false;
    if (key === '/') filter.focus();
    else if (key === '?') show();
    else if (key in STEPS) step(STEPS[key]);
    else return false;
    return true;
  }

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || !signedIn()) return;
    if (dialogs.some(({ open }) => open)) return;
    const done = event.ctrlKey || event.metaKey ? withCtrl(event) : plain(event);
    if (done) event.preventDefault();
  });

  return show;
}
