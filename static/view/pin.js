// The button that pins the profile in view to the top of the list.

import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { $, byId, setAttr, setText } from './dom.js';

/** `pin(profileId)` pins, or unpins. Returns `render(state)`. */
export function createPin(pin) {
  const button = byId('pin');
  let selected = null;
  button.addEventListener('click', () => pin(selected));

  return whenChanged(({ selected: id, arrangement }) => [id, arrangement], (state) => {
    selected = state.selected;
    const pinned = state.arrangement.pins.includes(selected);
    setAttr(button, 'aria-pressed', pinned);
    setAttr(button, 'title', pinned ? words.list.unpin : words.list.pin);
    setText($('.vh', button), words.list.pin);
  });
}
