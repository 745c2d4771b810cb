// Whether somebody is at work in a list right now: nothing in it may change place under their pointer, finger or focus.

const TOUCH_GRACE = 1_500; // ms after a finger or the wheel has moved the list, until somebody is done looking

/** Watch `list`; `released` is called when nobody is at work there any more. Returns whether somebody is. */
export function watchHeld(list, released) {
  let pointer = false;
  let moved = null;

  const focused = () => list.querySelector(':focus-visible') !== null;
  const held = () => pointer || moved !== null || focused();
  const look = () => {
    if (!held()) released();
  };

  function stillMoves() {
    clearTimeout(moved);
    moved = setTimeout(() => {
      moved = null;
      look();
    }, TOUCH_GRACE);
  }

  list.addEventListener('pointerenter', ({ pointerType }) => {
    pointer = pointerType === 'mouse'; // a finger is not seen until it touches
  });
  list.addEventListener('pointerleave', () => {
    pointer = false;
    look();
  });
  list.addEventListener('focusout', () => queueMicrotask(look)); // once the focus is where it goes
  for (const name of ['touchstart', 'touchmove', 'wheel']) list.addEventListener(name, stillMoves, { passive: true });
  return held;
}
