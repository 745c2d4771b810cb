// The text box of a card. The textarea lives as long as the page; only its text changes, with selection and scroll
// kept where the operator has them, and never while a letter is being composed in it.

import { movePosition } from '../merging.js';
import { grow } from './grow.js';

/** 'undo' or 'redo' if the keys ask for it, on any keyboard: where there are no Latin letters the place of a key counts. */
function historyKey({ key, code, ctrlKey, metaKey, altKey, shiftKey }) {
  if (altKey || ctrlKey === metaKey) return null;
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : code.replace(/^Key/, '').toLowerCase();
  if (letter === 'z') return shiftKey ? 'redo' : 'undo';
  return letter === 'y' && ctrlKey && !shiftKey ? 'redo' : null;
}

const FROM_MENU = { historyUndo: 'undo', historyRedo: 'redo' };

/**
 * `commands`: those of commands.js. Returns `{lock, finishLetter, leave, show}`; `shownId()` names the profile of the card.
 */
export function createText(area, type, commands, shownId) {
  let composing = null; // the profile for which a letter is being composed
  let shown = ''; // the text in the box that the state has got, and that the next change is made from
  let wanted = { text: '', caret: null }; // what the box is to have, once no letter is composed in it
  let hand = null; // where in the box the operator's last change ends, if that is known

  function typed(id, isComposing) {
    const from = shown;
    shown = area.value;
    grow(area);
    hand = area.selectionEnd;
    wanted = { text: shown, caret: hand }; // until the state says otherwise
    commands.type(id, type, shown, { from, caret: hand, composing: isComposing });
  }

  area.addEventListener('input', () => typed(shownId(), composing !== null));
  area.addEventListener('compositionstart', () => {
    composing = shownId();
  });
  area.addEventListener('compositionend', composed);

  area.addEventListener('keydown', (event) => change(event, event.isComposing ? null : historyKey(event)));
  area.addEventListener('beforeinput', (event) => change(event, FROM_MENU[event.inputType] ?? null));

  /** Undo or redo in place of the browser, which knows nothing of what others type. */
  function change(event, which) {
    if (which === null || composing !== null || area.readOnly) return;
    event.preventDefault();
    const done = commands[which](shownId(), type);
    if (done === null) return;
    put(done.message, done.caret);
    area.setSelectionRange(done.caret, done.caret);
  }

  /** Not every browser tells of the last letter before this. */
  function composed() {
    if (composing === null) return;
    const id = composing;
    composing = null;
    if (area.value !== shown) typed(id, true);
    else if (wanted.text !== shown) put(wanted.text, wanted.caret);
  }

  /** Change the text under the operator's hands, who have written last in front of `caret`, if that is known. */
  function put(text, caret) {
    const before = hand;
    shown = text;
    hand = caret;
    wanted = { text, caret };
    if (area.value === text) return; // where it stands is not asked for with each draw: that has the page laid out
    const { value, selectionStart, selectionEnd, selectionDirection, scrollTop } = area;
    area.value = text;
    const places = [selectionStart, selectionEnd];
    const goesOn = caret !== null && places.every((place) => place === before);
    const [start, end] = goesOn ? [caret, caret] : places.map((place) => movePosition(value, text, place));
    area.setSelectionRange(start, end, selectionDirection);
    grow(area);
    area.scrollTop = scrollTop;
  }

  return {
    /** Whether it can only be read. */
    lock(readOnly) {
      if (area.readOnly !== readOnly) area.readOnly = readOnly;
    },

    /** What is being composed counts as it stands there. */
    finishLetter() {
      if (composing !== null) area.blur();
    },

    /** Before another profile is shown: what is composed is the one's that goes. */
    leave() {
      if (composing === null) return;
      area.blur();
      composed();
    },

    /** Show a text, and where its last change ends; `switched` when it is another profile's than before. */
    show(text, caret, switched) {
      if (switched) {
        shown = text;
        hand = caret;
        wanted = { text, caret };
        area.value = text;
        grow(area);
      } else if (composing === null) {
        put(text, caret);
      } else {
        wanted = { text, caret };
      }
    },
  };
}
