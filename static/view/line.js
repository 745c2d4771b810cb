// What is true about the text of a card: one line under it, and what asks the operator about it.

import { inConflict } from '../drafts.js';
import { measure, tooLongToSync } from '../limits.js';
import { day } from '../times.js';
import { words } from '../words.js';
import { $, setHidden, setText } from './dom.js';

function originWords(draft, me) {
  const says = words.draft;
  if (draft?.dirty && tooLongToSync(draft.message)) return says.tooLong;
  if (inConflict(draft)) return says.twoTexts;
  if (draft?.dirty) return draft.pending > 0 ? says.saving : says.unsaved;
  if (!draft) return '';
  if (draft.deviceId === me) return draft.message ? says.saved : '';
  return draft.message ? says.typedElsewhere : says.clearedElsewhere;
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
    setText($('p', parts.offer), words.card.offer(day(offer.at)));
    setText($('blockquote', parts.offer), offer.message);
  }

  return (state, { draft, message, offer }) => {
    const { state: size, text } = measure(type, message);
    setText(parts.counter, text);
    parts.counter.dataset.size = message === '' ? 'empty' : size;
    setText(parts.origin, originWords(draft, state.device?.id ?? null));
    setHidden(parts.conflict, !inConflict(draft));
    if (inConflict(draft)) setText($('blockquote', parts.conflict), draft.remote.message || words.card.empty);
    showOffer(offer, message);
  };
}
