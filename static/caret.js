// Where the caret belongs when text changes under it.

/**
 * Map a caret position from `before` to `after`, taking the change to be one replaced stretch: a caret in front of
 * it stays, one behind it moves along, one inside goes to its end.
 */
export function moveCaret(before, after, position) {
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shortest - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  if (position <= head) return position;
  if (position >= before.length - tail) return position + after.length - before.length;
  return after.length - tail;
}

/** Text as a textarea holds it: it knows one kind of line end only. */
export const asTyped = (text) => text.replace(/\r\n?/g, '\n');
