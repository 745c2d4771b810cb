// The buttons of a card, and the notice that says what became of a press.

import { noticeOf, startOf, startProblem } from '../status.js';
import { setAttr, setBlocked, setText } from './dom.js';

/**
 * `parts` are those of card.js, `actions`: `{start, stop, clearMessage, clearBlocklist}`, without arguments. Returns
 * `render(state, {profileId, run, message, notice, busy})`.
 */
export function createActions(parts, type, { start, stop, clearMessage, clearBlocklist }) {
  parts.start.addEventListener('click', ({ detail }) => {
    if (detail < 2) start(); // not the rest of a double click
  });
  parts.stop.addEventListener('click', ({ detail }) => {
    if (detail < 2 && parts.stop.getAttribute('aria-disabled') !== 'true') stop();
  });
  parts.clear.addEventListener('click', clearMessage);
  parts['clear-blocklist'].addEventListener('click', clearBlocklist);

  return (state, { profileId, run, message, notice, busy }) => {
    const start = startOf(state, profileId, type, message);
    const said = noticeOf(notice, start);
    setBlocked(parts.start, busy === 'startProcessing' || startProblem(start) !== '');
    setBlocked(parts.stop, run?.status !== 'running' || busy === 'stopProcessing');
    setAttr(parts.start, 'aria-busy', busy === 'startProcessing' ? 'true' : null);
    setText(parts.notice, said?.text ?? '');
    parts.notice.dataset.tone = said?.tone ?? '';
    setAttr(parts.notice, 'title', said?.hint || null);
  };
}
