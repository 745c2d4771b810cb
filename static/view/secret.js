// A secret that was just made: it is shown once, to be copied, and forgotten.

import { words } from '../words.js';
import { byId, setHidden } from './dom.js';

/** `name`: what the ids of its parts begin with in index.html; `tell(text)` says what came of copying it, `copied` where it could be. Returns `{show(value), forget()}`. */
export function createSecret(name, copied, tell) {
  const [made, secret, copy] = ['made', 'secret', 'copy'].map((part) => byId(`${name}-${part}`));

  function choose() {
    secret.focus();
    secret.select();
  }

  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(secret.value);
      tell(copied);
    } catch {
      choose(); // no clipboard outside a secure context
      tell(words.secret.byHand);
    }
  });

  return {
    show(value) {
      secret.value = value;
      setHidden(made, false);
      choose();
    },
    forget() {
      secret.value = '';
      setHidden(made, true);
    },
  };
}
