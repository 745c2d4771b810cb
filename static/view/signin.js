// The sign-in form.

import { isSandbox, login } from '../api.js';
import { byId, setHidden, setText } from './dom.js';

/** `signedIn(session)` is called with what the server answered. Returns `{show, hide}`. */
export function createSignIn(signedIn) {
  const page = byId('signin');
  const form = byId('signin-form');
  const email = byId('email');
  const password = byId('password');
  const error = byId('signin-error');
  const button = form.querySelector('[data-testid="sign-in"]');
  let asked = false;

  byId('demo-fill').addEventListener('click', () => {
    email.value = 'demo@example.com';
    password.value = 'demo';
    button.focus();
  });

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    setText(error, '');
    try {
      const answer = await login(email.value.trim(), password.value);
      password.value = '';
      signedIn(answer);
    } catch (failure) {
      setText(error, failure.message);
      (email.value ? password : email).focus();
    } finally {
      button.removeAttribute('aria-busy');
    }
  });

  return {
    show(message = '') {
      setHidden(page, false);
      setText(error, message);
      document.title = 'Sign in · alphasync';
      (email.value ? password : email).focus();
      if (asked) return;
      asked = true;
      void isSandbox().then((sandbox) => setHidden(byId('demo-hint'), !sandbox));
    },
    hide: () => setHidden(page, true),
  };
}
