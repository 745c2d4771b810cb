// One dialog that asks before something that cannot be taken back.

import { words } from '../words.js';
import { byId, setText } from './dom.js';

/**
 * Returns `ask({title, text, ok, no})`, which resolves to whether it was confirmed. `text` may be a promise of a string:
 * it says that it counts until that is known. `no`: the other button, where that is not to say Cancel.
 */
export function createConfirm() {
  const dialog = byId('confirm');
  const body = byId('confirm-text');
  let answer = null;

  function finish(value) {
    const resolve = answer;
    answer = null;
    if (dialog.open) dialog.close();
    resolve?.(value);
  }

  byId('confirm-ok').addEventListener('click', () => finish(true));
  byId('confirm-cancel').addEventListener('click', () => finish(false));
  dialog.addEventListener('close', () => finish(false)); // the Escape key

  return ({ title, text, ok, no = words.cancel }) =>
    new Promise((resolve) => {
      finish(false); // an earlier question is taken back
      answer = resolve;
      setText(byId('confirm-title'), title);
      setText(byId('confirm-ok'), ok);
      setText(byId('confirm-cancel'), no);
      setText(body, typeof text === 'string' ? text : words.counting);
      dialog.showModal();
      byId('confirm-cancel').focus();
      void Promise.resolve(text).then((known) => {
        if (answer === resolve) setText(body, known);
      });
    });
}
