// What is true about the text of a card: one line under it, and what asks the operator about it.

import { inConflict, isTooLong, isUnsaved } from '../drafts.js';
import { measure } from '../limits.js';
import { day } from '../times.js';
import { words } from '../words.js';
import { $, setHidden, setText } from './dom.js';

function originWords(draft, me, typists = []) {
  const says = words.draft;
  if (isTooLong(draft)) return says.tooLong;
  if (inConflict(draft)) return says.twoTexts;
  if (isUnsaved(draft) && (!draft.sent || draft.sent.lost)) return says.unsaved;
  if (typists.length > 0) return says.types(typists.length);
  if (draft?.sent) return says.saving;
  if (!draft) return '';
  if (draft.deviceId === me) return draft.message ? says.saved : '';
  return draft.message ? says.typedElsewhere : says.clearedElsewhere;
}

/**
 * `parts` are those of card.js, `actions`: `{choose(keep), takeOffer(use)}`. Returns
 * `render(state, {draft, message, offer, typists})`.
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
    setText($('p', parts.offer), offer.replaced ? words.card.replaced : words.card.offer(day(offer.at)));
    setText($('blockquote', parts.offer), offer.message);
  }

  return (state, { draft, message, offer, typists }) => {
    const { state: size, text } = measure(type, message);
    setText(parts.counter, text);
    parts.counter.dataset.size = message === '' ? 'empty' : size;
    setText(parts.origin, originWords(draft, state.device?.id ?? null, typists));
    setHidden(parts.conflict, !inConflict(draft));
    if (inConflict(draft)) setText($('blockquote', parts.conflict), draft.conflict.message || words.card.empty);
    showOffer(offer, message);
  };
}
