// One text by many hands: what two sides have made of the same text comes together, and a place in a text goes along
// when the text changes around it. Pure.

import { changedStretch, changes } from './differences.js';

/** Text as a textarea holds it: it knows one kind of line end only. */
export const asTyped = (text) => text.replace(/\r\n?/g, '\n');

/**
 * What `theirs` and `mine`, both made from `base`, are together. All that either side has inserted stands, what either
 * has taken away is gone. Where both have inserted at one place, mine comes first: what is typed on goes on with it.
 */
export function merge(base, theirs, mine) {
  if (mine === base) return theirs;
  if (theirs === base) return mine;
  return together(base, changes(base, theirs), changes(base, mine), false);
}

/** `base` after the stretches of both sides; `inFront`: theirs come first where both have inserted. */
function together(base, their, our, inFront) {
  const places = [...new Set([...our, ...their].flatMap(({ at, until }) => [at, until]))].sort((a, b) => a - b);
  const [ourSide, theirSide] = [side(our), side(their)];
  let text = base.slice(0, places[0]);
  places.forEach((place, index) => {
    const [put, otherPut] = [ourSide(place), theirSide(place)];
    text += inFront ? otherPut.text + put.text : put.text + otherPut.text;
    if (!put.isGone && !otherPut.isGone) text += base.slice(place, places[index + 1] ?? base.length);
  });
  return text;
}

/** What a side has inserted at a place, and whether it has taken away what stands there; places must come in order. */
function side(stretches) {
  let next = 0;
  return (place) => {
    while (next < stretches.length && Math.max(stretches[next].until, stretches[next].at + 1) <= place) next += 1;
    const { at, until, text } = stretches[next] ?? { at: Infinity };
    return { text: at === place ? text : '', isGone: at <= place && place < until };
  };
}

/** The stretches from one text to another. A single insertion ends at `caret`, where that makes the same text. */
export function changesTo(before, after, caret) {
  const whole = changedStretch(before, after);
  if (whole === null || whole.at < whole.until || !Number.isInteger(caret)) return changes(before, after);
  return [slid(before, whole, caret - whole.text.length)];
}

/** Of a letter that stands twice a comparison cannot tell which one is new. */
function slid(before, { at, text }, place) {
  if (place < 0 || place > before.length) return { at, until: at, text };
  const between = before.slice(Math.min(at, place), Math.max(at, place));
  const both = place < at ? between + text : text + between;
  const put = place < at ? both.slice(0, text.length) : both.slice(between.length);
  const isSame = place < at ? both.endsWith(between) : both.startsWith(between);
  return isSame ? { at: place, until: place, text: put } : { at, until: at, text };
}

/**
 * What becomes of `mine` {message, caret}, made from `base`, where others have done `their` stretches to that. `caret`:
 * where mine was changed last, or null. Others' letters go behind it where both are at one place, or `inFront`.
 */
export function moveOver(base, their, { message, caret }, inFront = false) {
  if (their.length === 0) return { message, caret }; // as with most keys
  const our = changesTo(base, message, caret);
  const text = together(base, their, our, inFront);
  if (caret === null) return { message: text, caret };
  const [own] = our;
  const isTyped = our.length === 1 && own.at === own.until && own.at + own.text.length === caret;
  const [place, ahead] = isTyped ? [own.at, own.text.length] : [our.length === 0 ? caret : null, 0];
  if (place === null) return { message: text, caret: movePosition(message, text, caret) };
  return { message: text, caret: shifted(their, place, inFront) + ahead };
}

/** What others did to a text of which the part in front of `at` has become the one in front of `to`. */
export const changesAround = (before, at, after, to) => [
  changes(before.slice(0, at), after.slice(0, to)),
  changes(before.slice(at), after.slice(to)).map((part) => ({ ...part, at: part.at + to, until: part.until + to })),
];

/**
 * Where a position in `before` is in `after`: one in front of what was inserted stays there, one in what was replaced
 * goes to the end of what has replaced it.
 */
export const movePosition = (before, after, position) => shifted(changes(before, after), position, false);

/** The same by the stretches; `behind`: what was inserted right there comes in front of it. */
function shifted(stretches, position, behind) {
  let moved = position;
  for (const { at, until, text } of stretches) {
    if (position < at || (position === at && !behind)) break;
    moved += position >= until ? text.length - (until - at) : at + text.length - position;
  }
  return moved;
}
