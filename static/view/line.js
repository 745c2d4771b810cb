// What is true about the text of a card: one line under it, and what asks the operator about it.

import { knownName } from '../devices.js';
import { inConflict, isTooLong, isUnsaved } from '../drafts.js';
import { measure } from '../limits.js';
import { isKnown } from '../runtexts.js';
import { day } from '../times.js';
import { typistWords } from '../typists.js';
import { words } from '../words.js';
import { $, setAttr, setHidden, setText } from './dom.js';

// On a fast line a text is saved before one could read that it is being saved, and each change of words has the page
// laid out again.
const SAVING_UNSAID = 300; // ms

/** `{text, tone, soon}`: the one thing to know about the text; tone is '', 'other' or 'warn'; soon: it may be over soon. */
function originOf(state, draft, typists, connected) {
  const says = words.draft;
  const me = state.device?.id ?? null;
  const one = (text, tone = '') => ({ text, tone });
  if (isTooLong(draft)) return one(says.tooLong, 'warn');
  if (inConflict(draft)) return one(says.twoTexts, 'warn');
  if (isUnsaved(draft) && (!draft.sent || draft.sent.lost)) return one(says.unsaved, connected ? '' : 'warn');
  if (!connected) return one(says.notConnected, 'warn');
  if (typists.length > 0) return one(typistWords(state, typists), 'other');
  if (draft?.sent) return { ...one(says.saving), soon: true };
  if (!draft) return one('');
  if (draft.deviceId === me) return one(draft.message ? says.saved : '');
  const name = knownName(state, draft.deviceId);
  if (name) return one(draft.message ? says.typedOn(name) : says.clearedOn(name), 'other');
  return one(draft.message ? says.typedElsewhere : says.clearedElsewhere, 'other');
}

/** The text that the run sends, where that is known and not the one in the box; else null. */
function earlierText(run, sent, message) {
  const sends = run?.status === 'running' && isKnown(run, sent);
  return sends && sent.message !== message ? sent.message : null;
}

/**
 * `parts` are those of card.js, `actions`: `{choose(keep), takeOffer(use)}`. Returns
 * `render(state, {draft, message, offer, typists, run, sent, switched})`; sent: the text of the last start here;
 * switched: another profile is shown than before.
 */
export function createLine(parts, type, { choose, takeOffer }) {
  const show = $('button', parts.earlier);
  const number = $('span', parts.counter);
  const earlierBox = parts['earlier-text'];
  let open = false; // whether the earlier text is seen
  let saying = null; // the timer of what is said if it is not over by then

  parts.conflict.addEventListener('click', ({ target }) => {
    if (target.dataset.keep) choose(target.dataset.keep);
  });
  parts.offer.addEventListener('click', ({ target }) => {
    if (target.dataset.offer) takeOffer(target.dataset.offer === 'use');
  });

  show.addEventListener('click', () => unfold(!open));

  function say({ text, tone }) {
    clearTimeout(saying);
    saying = null;
    setText(parts.origin, text);
    setAttr(parts.origin, 'data-tone', tone);
  }

  function sayUnlessOver(origin, switched) {
    if (!origin.soon || switched) say(origin);
    else saying ??= setTimeout(() => say(origin), SAVING_UNSAID);
    setAttr(parts.origin, 'data-saving', Boolean(origin.soon));
  }

  function unfold(wanted) {
    open = wanted;
    setText(show, open ? words.draft.hideEarlier : words.draft.showEarlier);
    setAttr(show, 'aria-expanded', open);
    setHidden(earlierBox, !open);
  }

  function showEarlier(text) {
    setHidden(parts.earlier, text === null);
    unfold(open && text !== null);
    setText(earlierBox, text ?? '');
  }

  function showOffer(offer, message) {
    const hidden = !offer || offer.message === message;
    setHidden(parts.offer, hidden);
    if (hidden) return;
    setText($('p', parts.offer), offer.replaced ? words.card.replaced : words.card.offer(day(offer.at)));
    setText($('blockquote', parts.offer), offer.message);
  }

  return (state, { draft, message, offer, typists, run, sent, switched }) => {
    const connected = state.connection.status === 'connected';
    const { state: size, text } = measure(type, message);
    setText(number, text);
    setAttr(parts.counter, 'data-room', text.replace(/\d/g, '0'));
    setAttr(parts.counter, 'data-size', message === '' ? 'empty' : size);
    sayUnlessOver(originOf(state, draft, typists ?? [], connected), switched);
    setHidden(parts['cut-off'], connected || !isUnsaved(draft));
    showEarlier(earlierText(run, sent, message));
    setHidden(parts.conflict, !inConflict(draft));
    if (inConflict(draft)) setText($('blockquote', parts.conflict), draft.conflict.message || words.card.empty);
    showOffer(offer, message);
  };
}
