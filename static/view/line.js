// What is true about the text of a card: one line under it, and what asks the operator about it.

import { inConflict } from '../drafts.js';
import { measure, tooLongToSync } from '../limits.js';
import { day } from '../times.js';
import { $, setHidden, setText } from './dom.js';

function originWords(draft, me) {
  if (draft?.dirty && tooLongToSync(draft.message)) return 'Too long to sync: only on this device';
  if (inConflict(draft)) return 'Not saved: there are two texts';
  if (draft?.dirty) return draft.pending > 0 ? 'Saving…' : 'Not saved yet';
  if (!draft) return '';
  if (draft.deviceId === me) return draft.message ? 'Saved on all devices' : '';
  return draft.message ? 'Typed on another device' : 'Cleared on another device';
}

/**
 * `parts` are those of card.js, `actions`: `{choose(keep), takeOffer(use)}`. Returns
 * `render(state, {draft, message, offer})`.
 */
export function createLine(parts, type, { choose, takeOffer }) {
  parts.conflict.addEventListener('click', ({ target }) => {
    if (target.dataset.keep) choose(target.dataset.keep);
  });
  parts.offer.addEventListener('click', ({ target }) => {
    if (target.dataset.offer) takeOffer(target.dataset.offer === 'use');
  });

  function showOffer(offer, message) {
    const hidden = !offer || offer.message === message;
    setHidden(parts.offer, hidden);
    if (hidden) return;
    setText($('p', parts.offer), `Typed here on ${day(offer.at)} and never saved:`);
    setText($('blockquote', parts.offer), offer.message);
  }

  return (state, { draft, message, offer }) => {
    const { state: size, text } = measure(type, message);
    setText(parts.counter, text);
    parts.counter.dataset.size = message === '' ? 'empty' : size;
    setText(parts.origin, originWords(draft, state.device?.id ?? null));
    setHidden(parts.conflict, !inConflict(draft));
    if (inConflict(draft)) setText($('blockquote', parts.conflict), draft.remote.message || '(empty)');
    showOffer(offer, message);
  };
}
