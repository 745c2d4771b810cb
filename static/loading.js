// The profiles of who is signed in, as they are loaded.

import { ApiError } from './api.js';
import { loadWords } from './failures.js';
import { asProfiles } from './names.js';
import { words } from './words.js';

/**
 *   login()          the handle of the login of this tab; undefined where nobody is signed in
 *   fetch(login)     asks the server
 *   local(name, data)   dispatches
 *   loaded(items)    they are there
 *   ended(error)     whether it failed because one has to sign in again, as in account.js
 * Returns `load()`. What comes for a login that is another one by now is dropped, also that it has ended: it would end its
 * successor. That one loads its own.
 */
export function createLoading({ login, fetch, local, loaded, ended }) {
  return async () => {
    const whose = login();
    local('profiles', { status: 'loading' });
    try {
      const items = asProfiles(await fetch(whose ?? ''));
      if (login() !== whose) return;
      local('profiles', { status: 'ready', items });
      loaded(items);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (login() !== whose) return;
      if (!ended(error)) local('profiles', { status: 'failed', message: loadWords(words.list.what, error) });
    }
  };
}
