// What keeps a draw cheap: of a state that is never changed in place, what is the same object needs no second look.

/** `draw(state)` where some of `shown(state)`, a list of what it shows of the state, is another than at its last draw. */
export function whenChanged(shown, draw) {
  let last = null;
  return (state) => {
    const now = shown(state);
    if (last !== null && now.every((value, index) => value === last[index])) return;
    last = now;
    draw(state);
  };
}

/** The keys, in either of two objects, whose values are not the same. */
export function changedKeys(before, after) {
  if (before === after) return [];
  const found = Object.keys(after).filter((key) => after[key] !== before[key]);
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) found.push(key);
  return found;
}
