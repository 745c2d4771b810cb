// Undo and redo of what was typed here, and of nothing that others typed. A browser's own forgets everything once a
// page changes the text of a box.
//
// A step is {before, after}, the whole text on either side of it. To take it back is to move the way from `after` to
// `before` over what the text has become since.

import { changedStretch } from './differences.js';
import { merge, movePosition } from './merging.js';
import { SELECTED_MAX } from './selection.js';

const PAUSE = 500; // ms without a key, after which a new step begins
const STEPS_MAX = 100; // of one draft
const DRAFTS_MAX = SELECTED_MAX + 20; // whose steps are kept, those changed last: whatever one text is copied to, and a few

/** Where the change from one text to another ends, in the latter. */
function endOf(before, after) {
  const { at, text } = changedStretch(before, after);
  return at + text.length;
}

/** A step as if what others typed since had been there before it. */
function movedTo(step, text) {
  if (step.after === text) return step;
  const before = merge(step.after, text, step.before);
  return { ...step, before, after: text, end: movePosition(step.after, text, step.end) };
}

/** Where the caret is after one more letter at `end`, or one less, if that is all that was changed; else null. */
function nextEnd(end, before, after, takesAway) {
  const [size, tail] = [after.length - before.length, before.slice(end)];
  if (takesAway !== size < 0) return null;
  if (size < 0 && after === before.slice(0, end) + tail.slice(-size)) return end; // the Delete key
  const isThere = after.startsWith(before.slice(0, Math.min(end, end + size))) && after.endsWith(tail);
  return isThere ? end + size : null;
}

/** The last step with one more change in it; null where a new one begins: after a pause, elsewhere, at the next word. */
function extended(last, { before, after, at, composing }) {
  const { end, takesAway } = last;
  if (composing && last.composing) return { ...last, after, at, end: endOf(before, after) };
  const next = nextEnd(end, before, after, takesAway);
  const isWord = !takesAway && /\s/.test(before[end - 1] ?? '') && /^\S/.test(after.slice(end));
  if (composing || last.composing || at - last.at >= PAUSE || next === null || isWord) return null;
  return { ...last, after, at, end: next };
}

/** `now()` in ms. */
export function createUndo(now = Date.now) {
  const drafts = new Map(); // key -> {done, undone}, lists of steps

  function stepsOf(key) {
    const steps = drafts.get(key) ?? { done: [], undone: [] };
    drafts.delete(key); // the last one is that of the last use
    drafts.set(key, steps);
    if (drafts.size > DRAFTS_MAX) drafts.delete(drafts.keys().next().value);
    return steps;
  }

  /** Take the last step of a list back; steps of which nothing is left are passed over. */
  function revert(current, from, onto) {
    while (from.length > 0) {
      const { before, after } = from.pop();
      const message = merge(after, current, before);
      if (message === current) continue;
      onto.push({ before: current, after: message, at: 0, end: endOf(current, message) });
      return { message, caret: endOf(current, message) };
    }
    return null;
  }

  return {
    /** The operator has changed the text; `composing`: a letter is being composed. */
    note(key, before, after, composing = false) {
      if (before === after) return;
      const steps = stepsOf(key);
      const step = { before, after, at: now(), composing, end: endOf(before, after), takesAway: after.length < before.length };
      const last = steps.done.at(-1);
      const longer = last ? extended(movedTo(last, before), step) : null;
      if (longer === null) steps.done.push(step);
      else steps.done.splice(-1, 1, longer);
      if (steps.done.length > STEPS_MAX) steps.done.shift();
      steps.undone = [];
    },

    /** Take the last step back, or do again what was taken back: `{message, caret}`, or null when there is none. */
    undo(key, current) {
      const { done, undone } = stepsOf(key);
      return revert(current, done, undone);
    },
    redo(key, current) {
      const { done, undone } = stepsOf(key);
      return revert(current, undone, done);
    },

    forget: () => drafts.clear(),
  };
}
