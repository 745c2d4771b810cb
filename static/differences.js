// What was changed from one text to another, as the fewest stretches that explain it. Pure.
//
// A stretch is {at, until, text}: what stood in [at, until) of the former text has become `text`. Stretches are in
// order and do not touch. Typing changes one stretch; several are found where more than one hand was at work, or one
// for a while: letter by letter, in a long text by words first.

// As the server's: a character of a script that writes no spaces is a word by itself.
const WORDS = /[\u2e80-\ud7ff]\s*|[^\s\u2e80-\ud7ff]+\s*|\s+/g;
// Of the table that compares letters: of a whole change, of each of many. Beyond that the letters in common are found
// where they were only put in, or only taken away; else a stretch counts as written anew.
const CELLS_MAX = 100_000;
const CELLS_EACH_MAX = 10_000;
const PAIRS_MAX = 1e8; // of words or letters, as two texts of the greatest length have; 12 MB for a moment
const NEVER = 1e6; // what costs as much is not done
const OPENING = 3; // what a further stretch costs, in letters: words stay in one piece

const isHigh = (code) => code >= 0xd800 && code < 0xdc00;
const isLow = (code) => code >= 0xdc00 && code < 0xe000;
/** Whether a text may be cut here: not between the two halves of an emoji. */
const mayCut = (text, at) => !(isLow(text.charCodeAt(at)) && isHigh(text.charCodeAt(at - 1)));

/** How many letters two texts have in common, at the end of them that `cut(length, text)` names; found by halving. */
function commonLength(one, other, cut) {
  let [low, high] = [0, Math.min(one.length, other.length)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (one.slice(...cut(middle, one)) === other.slice(...cut(middle, other))) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The one stretch between two texts, from the first letter that differs to the last one; null when none does. */
export function changedStretch(before, after) {
  if (before === after) return null;
  let head = commonLength(before, after, (length) => [0, length]);
  while (!mayCut(before, head) || !mayCut(after, head)) head -= 1;
  const [old, now] = [before.slice(head), after.slice(head)];
  let tail = commonLength(old, now, (length, { length: all }) => [all - length, all]);
  while (tail > 0 && !(mayCut(before, before.length - tail) && mayCut(after, after.length - tail))) tail -= 1;
  return { at: head, until: before.length - tail, text: after.slice(head, after.length - tail) };
}

/** All stretches between two texts. */
export function changes(before, after) {
  const whole = changedStretch(before, after);
  if (whole === null) return [];
  const cells = (whole.until - whole.at + 1) * (whole.text.length + 1);
  if (cells <= CELLS_MAX) return within(before, whole, letterChanges);
  const byWords = within(before, whole, wordChanges).flatMap((part) => within(before, part, partChanges));
  if (byWords.every(({ at, until }) => at === until) || byWords.every(({ text }) => text === '')) return byWords;
  // A word that several hands have changed may pass for one that stands elsewhere.
  const byLetters = within(before, whole, oneWayChanges);
  return byLetters.length > 1 && cost(byLetters) < cost(byWords) ? byLetters : byWords;
}

const cost = (stretches) => stretches.reduce((sum, { at, until, text }) => sum + until - at + text.length + OPENING, 0);

/** What `compare` finds inside of one stretch. */
function within(before, { at, until, text }, compare) {
  if (at === until || text === '') return [{ at, until, text }];
  const found = compare(before.slice(at, until), text);
  return found.map((part) => ({ at: part.at + at, until: part.until + at, text: part.text }));
}

const wordChanges = (before, after) => commonChanges(before.match(WORDS), after.match(WORDS));

const commonChanges = (old, now) => asStretches(old, now, old.length * now.length > PAIRS_MAX ? [] : inCommon(old, now));

/**
 * Pairs [x, y] of what two lists have in common, as many as there can be: of 32 places at once it is known how many
 * there are up to them. (Hyyrö, "Bit-Parallel LCS-length Computation Revisited", 2004)
 */
function inCommon(old, now) {
  const bits = bitsOf(old);
  const nowhere = new Uint32Array(Math.ceil(old.length / 32));
  const rows = [nowhere.map(() => 0xffffffff)]; // a bit is 0 where the number grows
  for (const word of now) {
    const last = rows[rows.length - 1];
    const here = bits.get(word);
    rows.push(here === undefined ? last : rowAfter(last, here));
  }
  return walkedBack(rows, old.length, now.length);
}

/** By word, a bit for each of its places, in numbers of 32; those that are 0 are left out: [which, number]. */
function bitsOf(words) {
  const bits = new Map();
  words.forEach((word, place) => {
    const [which, bit] = [place >>> 5, 1 << (place & 31)];
    const found = bits.get(word) ?? [];
    if (found.length > 0 && found[found.length - 2] === which) found[found.length - 1] |= bit;
    else found.push(which, bit);
    bits.set(word, found);
  });
  return bits;
}

function rowAfter(last, here) {
  const row = last.slice();
  for (let next = 0, place = 0, carry = 0; next < here.length || carry > 0; place += 1) {
    if (carry === 0) place = here[next];
    if (place >= last.length) break;
    const bits = here[next] === place ? here[next + 1] : 0;
    if (bits !== 0) next += 2;
    const sum = last[place] + ((last[place] & bits) >>> 0) + carry;
    row[place] = sum | (last[place] & ~bits);
    carry = sum > 0xffffffff ? 1 : 0;
  }
  return row;
}

function walkedBack(rows, oldLength, nowLength) {
  const grows = (x, y) => ((rows[y][x >>> 5] >>> (x & 31)) & 1) === 0;
  const pairs = [];
  let [x, y] = [oldLength, nowLength];
  while (x > 0 && y > 0) {
    if (!grows(x - 1, y)) x -= 1;
    else if (y > 1 && grows(x - 1, y - 1)) y -= 1;
    else pairs.push([(x -= 1), (y -= 1)]);
  }
  return pairs.reverse();
}

/** The stretches between pieces of text of which the `pairs` [x, y] are the same. */
function asStretches(old, now, pairs) {
  const found = [];
  let [x, y, at] = [0, 0, 0];
  for (const [nextX, nextY] of [...pairs, [old.length, now.length]]) {
    const until = at + old.slice(x, nextX).join('').length;
    const text = now.slice(y, nextY).join('');
    if (until > at || text !== '') found.push({ at, until, text });
    at = until + (old[nextX]?.length ?? 0);
    [x, y] = [nextX + 1, nextY + 1];
  }
  return found;
}

/** Whether all letters of `some` are in `all`, in their order. */
function isWithin(some, all) {
  let found = 0;
  for (const letter of all) if (letter === some[found]) found += 1;
  return found === some.length;
}

/**
 * Compare letter by letter, so that as few stretches as can be explain it: two insertions rather than twenty. Where
 * letters were only put in, or only taken away, no letter counts as replaced by the same one.
 */
function letterChanges(before, after) {
  const [old, now] = [[...before], [...after]];
  const [rows, columns] = [old.length + 1, now.length + 1];
  const onlyPut = isWithin(old, now);
  const cost = { take: onlyPut ? NEVER : 1, put: !onlyPut && isWithin(now, old) ? NEVER : 1 };
  // What the cheapest way from here to the end costs, with a stretch open or not.
  const shut = new Int32Array(rows * columns);
  const open = new Int32Array(rows * columns);
  for (let x = rows - 1; x >= 0; x -= 1) {
    for (let y = columns - 1; y >= 0; y -= 1) {
      const cell = x * columns + y;
      if (x === rows - 1 && y === columns - 1) continue;
      const take = x < rows - 1 ? open[cell + columns] + cost.take : NEVER;
      const put = y < columns - 1 ? open[cell + 1] + cost.put : NEVER;
      const same = x < rows - 1 && y < columns - 1 && old[x] === now[y] ? shut[cell + columns + 1] : NEVER;
      open[cell] = Math.min(take, put, same, NEVER);
      shut[cell] = Math.min(take + OPENING, put + OPENING, same, NEVER);
    }
  }
  return asStretches(old, now, cheapest(old, now, { shut, open, cost }));
}

/** Compare letter by letter, in one of many parts. */
function partChanges(before, after) {
  const cells = (before.length + 1) * (after.length + 1);
  return cells <= CELLS_EACH_MAX ? letterChanges(before, after) : oneWayChanges(before, after);
}

/** Compare letter by letter, if letters were only put in, or only taken away. */
function oneWayChanges(before, after) {
  const [old, now] = [[...before], [...after]];
  return isWithin(old, now) || isWithin(now, old) ? commonChanges(old, now) : [changedStretch(before, after)];
}

/** Pairs [x, y] of letters that are the same on the cheapest way through the table of `letterChanges`. */
function cheapest(old, now, { shut, open, cost }) {
  const columns = now.length + 1;
  const pairs = [];
  let [x, y, isOpen] = [0, 0, false];
  while (x < old.length || y < now.length) {
    const cell = x * columns + y;
    const rest = isOpen ? open[cell] : shut[cell];
    const opening = isOpen ? 0 : OPENING;
    if (x < old.length && y < now.length && old[x] === now[y] && rest === shut[cell + columns + 1]) {
      pairs.push([x, y]);
      [x, y, isOpen] = [x + 1, y + 1, false];
    } else if (x < old.length && rest === open[cell + columns] + cost.take + opening) {
      [x, isOpen] = [x + 1, true];
    } else {
      [y, isOpen] = [y + 1, true];
    }
  }
  return pairs;
}
