// What was changed from one text to another, as the fewest stretches that explain it. Pure.
//
// A stretch is {at, until, text}: what stood in [at, until) of the former text has become `text`. Stretches are in
// order and do not touch. Typing changes one stretch; several are found where more than one hand was at work, or one
// for a while: letter by letter, in a long text by words first.

const WORDS = /\S+\s*|\s+/g;
const STEPS_MAX = 200; // words that differ; beyond that it is another text, and taken for one changed stretch
const CELLS_MAX = 100_000; // of the table that compares letters; beyond that a stretch counts as written anew
const NEVER = 1e6; // what costs as much is not done
const OPENING = 3; // what a further stretch costs, in letters: words stay in one piece

const isHigh = (code) => code >= 0xd800 && code < 0xdc00;
const isLow = (code) => code >= 0xdc00 && code < 0xe000;
/** Whether a text may be cut here: not between the two halves of an emoji. */
const mayCut = (text, at) => !(isLow(text.charCodeAt(at)) && isHigh(text.charCodeAt(at - 1)));

/** The one stretch between two texts, from the first letter that differs to the last one; null when none does. */
export function changedStretch(before, after) {
  if (before === after) return null;
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && before[head] === after[head]) head += 1;
  while (!mayCut(before, head) || !mayCut(after, head)) head -= 1;
  let tail = 0;
  while (tail < shortest - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  while (tail > 0 && !(mayCut(before, before.length - tail) && mayCut(after, after.length - tail))) tail -= 1;
  return { at: head, until: before.length - tail, text: after.slice(head, after.length - tail) };
}

/** All stretches between two texts. */
export function changes(before, after) {
  const whole = changedStretch(before, after);
  if (whole === null) return [];
  if (hasTable(whole.until - whole.at, whole.text.length)) return within(before, whole, letterChanges);
  return within(before, whole, wordChanges).flatMap((part) => within(before, part, letterChanges));
}

const hasTable = (letters, others) => (letters + 1) * (others + 1) <= CELLS_MAX;

/** What `compare` finds inside of one stretch. */
function within(before, { at, until, text }, compare) {
  if (at === until || text === '') return [{ at, until, text }];
  const found = compare(before.slice(at, until), text);
  return found.map((part) => ({ at: part.at + at, until: part.until + at, text: part.text }));
}

/** Compare by words: the greedy way of Myers ("An O(ND) Difference Algorithm"), forward. */
function wordChanges(before, after) {
  const [old, now] = [before.match(WORDS), after.match(WORDS)];
  const furthest = new Map([[1, 0]]); // by diagonal: words of `old` that are passed
  const trace = [];
  for (let steps = 0; steps <= Math.min(STEPS_MAX, old.length + now.length); steps += 1) {
    trace.push(new Map(furthest));
    for (let k = -steps; k <= steps; k += 2) {
      const down = k === -steps || (k !== steps && furthest.get(k - 1) < furthest.get(k + 1));
      let x = down ? furthest.get(k + 1) : furthest.get(k - 1) + 1;
      while (x < old.length && x - k < now.length && old[x] === now[x - k]) x += 1;
      furthest.set(k, x);
      if (x >= old.length && x - k >= now.length) return asStretches(old, now, kept(trace, old.length, now.length));
    }
  }
  return [{ at: 0, until: before.length, text: after }];
}

/** Pairs [x, y] of words that are the same, walked back through what `wordChanges` has noted. */
function kept(trace, oldLength, nowLength) {
  const pairs = [];
  let [x, y] = [oldLength, nowLength];
  for (let steps = trace.length - 1; steps > 0; steps -= 1) {
    const furthest = trace[steps];
    const k = x - y;
    const down = k === -steps || (k !== steps && furthest.get(k - 1) < furthest.get(k + 1));
    const before = down ? k + 1 : k - 1;
    const [fromX, fromY] = [furthest.get(before), furthest.get(before) - before];
    while (x > fromX && y > fromY) pairs.push([(x -= 1), (y -= 1)]);
    [x, y] = [fromX, fromY];
  }
  while (x > 0 && y > 0) pairs.push([(x -= 1), (y -= 1)]);
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
  if (!hasTable(before.length, after.length)) return [changedStretch(before, after)];
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
