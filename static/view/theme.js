// The theme button: auto (as the system says), light, dark. theme-early.js sets the stored one before the first paint.

import { ofBrowser } from '../storage.js';
import { words } from '../words.js';
import { $, byId, setAttr, setText } from './dom.js';

const THEMES = ['auto', 'light', 'dark'];

export function createTheme() {
  const button = byId('theme');
  const root = document.documentElement;

  function show() {
    const label = words.header.theme(root.dataset.theme);
    setText($('.vh', button), label);
    setAttr(button, 'title', label);
  }

  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    root.dataset.theme = next;
    ofBrowser.write('alphasync.theme', next);
    show();
  });
  show();
}
