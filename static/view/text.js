// The text box of a card. The textarea lives as long as the page; only its text changes, with the caret kept where the
// operator has it, and never while a letter is being composed in it.

import { moveCaret } from '../caret.js';

/**
 * `commands`: those of commands.js. Returns `{finishLetter, leave, show}`; `shownId()` names the profile of the card.
 */
export function createText(area, type, commands, shownId) {
  let composing = null; // the profile for which a letter is being composed
  let shown = ''; // the text that the state is known to have

  area.addEventListener('input', () => {
    shown = area.value;
    commands.type(shownId(), type, shown);
  });
  area.addEventListener('compositionstart', () => {
    composing = shownId();
    commands.hold(composing, type);
  });
  area.addEventListener('compositionend', composed);

  /** Not every browser tells of the last letter before this. */
  function composed() {
    if (composing === null) return;
    const id = composing;
    composing = null;
    if (area.value !== shown) commands.type(id, type, area.value);
    commands.release(id, type);
  }

  return {
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

    /** Show a text; `switched` when it is another profile's than before. */
    show(text, switched) {
      shown = text;
      if (composing !== null || area.value === text) return;
      if (switched || document.activeElement !== area) {
        area.value = text;
        return;
      }
      const { value, selectionStart, selectionEnd, scrollTop } = area;
      area.value = text;
      area.setSelectionRange(moveCaret(value, text, selectionStart), moveCaret(value, text, selectionEnd));
      area.scrollTop = scrollTop;
    },
  };
}
