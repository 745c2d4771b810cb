// The account menu: who is signed in, which device this is, the theme, the developer's view, and the way out.

import { shortOf } from '../devices.js';
import { session } from '../session.js';
import { ofBrowser } from '../storage.js';
import { words } from '../words.js';
import { byId, setAttr, setText } from './dom.js';
import { createMenu } from './menu.js';

const THEMES = ['auto', 'light', 'dark'];

/** Change the theme; theme-early.js sets the stored one before the first paint. */
export function setTheme(name) {
  document.documentElement.dataset.theme = name;
  ofBrowser.write('alphasync.theme', name);
}

/** `actions`: `{dispatch, signOut, showShortcuts, showNever, showSessions, showPast, showAnalytics, showRecord, showBackends, showWebhooks, showNotices}`. Returns `render(state)`. */
export function createAccountMenu({ dispatch, signOut, showShortcuts, showNever, showSessions, showPast, showAnalytics, showRecord, showBackends, showWebhooks, showNotices }) {
  const device = byId('device-id');
  const themes = THEMES.map((name) => document.querySelector(`[data-theme-choice="${name}"]`));

  createMenu(byId('account'), byId('account-menu'), () => {
    showTheme();
    showNotices();
  });

  function showTheme() {
    const { theme } = document.documentElement.dataset;
    for (const item of themes) setAttr(item, 'aria-checked', item.dataset.themeChoice === theme);
  }

  const tell = (text) => dispatch({ name: 'local/banner', data: { tone: 'info', text } });

  device.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(device.dataset.id);
      tell(words.account.copied);
    } catch {
      tell(words.account.thisDevice(device.dataset.id)); // no clipboard outside a secure context
    }
  });
  for (const item of themes) {
    item.addEventListener('click', () => {
      setTheme(item.dataset.themeChoice);
      showTheme();
    });
  }
  byId('shortcuts-open').addEventListener('click', showShortcuts);
  byId('sessions-open').addEventListener('click', showSessions);
  byId('past-open').addEventListener('click', showPast);
  byId('analytics-open').addEventListener('click', showAnalytics);
  byId('backends-open').addEventListener('click', showBackends);
  byId('webhooks-open').addEventListener('click', showWebhooks);
  byId('record-open').addEventListener('click', showRecord);
  byId('never-open').addEventListener('click', showNever);
  byId('sign-out').addEventListener('click', signOut);

  let shown; // the device that stands there: storage is not asked with each draw
  return ({ device: known }) => {
    if (known === shown) return;
    shown = known;
    setText(byId('account-email'), session.get()?.email ?? words.account.label);
    if (known === null) return;
    device.dataset.id = known.id;
    setText(byId('device-name'), known.name);
    setText(byId('device-short'), words.account.id(shortOf(known.id)));
  };
}
