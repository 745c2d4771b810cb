// The sign-in form.

import { about, ApiError, login } from '../api.js';
import { loginWords } from '../failures.js';
import { session } from '../session.js';
import { words } from '../words.js';
import { byId, setAttr, setHidden, setText } from './dom.js';

/** `signedIn(session)` is called with what the server answered. Returns `{show, hide}`. */
export function createSignIn(signedIn) {
  const page = byId('signin');
  const form = byId('signin-form');
  const email = byId('email');
  const password = byId('password');
  const error = byId('signin-error');
  const button = form.querySelector('[data-testid="sign-in"]');

  /** Said plainly, and before anybody has typed a password: the page may be one that was kept. */
  const showNetwork = () => setText(byId('signin-network'), navigator.onLine ? '' : words.signIn.offline);
  for (const name of ['online', 'offline']) addEventListener(name, showNetwork);
  showNetwork();

  // Also for who is signed in already: the header has a badge.
  void about().then((server) => {
    const sandbox = server?.sandbox ?? false;
    setHidden(byId('demo-hint'), !sandbox);
    setHidden(byId('sandbox'), !sandbox);
    byId('sandbox').parentElement.dataset.sandbox = String(sandbox);
  });

  byId('demo-fill').addEventListener('click', () => {
    email.value = 'demo@example.com';
    password.value = 'demo';
    button.focus();
  });

  /** A slow backend takes its seconds: say that it was heard. */
  function setBusy(busy) {
    setAttr(button, 'aria-busy', busy ? 'true' : null);
    setText(button, busy ? words.signIn.busy : words.signIn.button);
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.getAttribute('aria-busy') === 'true') return;
    if (!email.value.trim() || !password.value) {
      setText(error, words.signIn.missing);
      (email.value.trim() ? password : email).focus();
      return;
    }
    setBusy(true);
    setText(error, '');
    try {
      const answer = await login(email.value.trim(), password.value, session.get()?.earlier);
      password.value = '';
      signedIn(answer);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setText(error, loginWords(failure));
      (email.value ? password : email).focus();
    } finally {
      setBusy(false);
    }
  });

  return {
    /** `why` is a sentence; `address` is the e-mail of who was here. */
    show(why = '', address = '') {
      setHidden(page, false);
      setText(error, why);
      if (address) email.value = address;
      document.title = words.signIn.title;
      (email.value ? password : email).focus();
    },
    hide: () => setHidden(page, true),
  };
}
