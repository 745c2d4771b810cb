// One text by many hands: what two sides have made of the same text comes together, and a place in a text goes along
// when the text changes around it. Pure.

import { changes } from './differences.js';

/** Text as a textarea holds it: it knows one kind of line end only. */
export const asTyped = (text) => text.replace(/\r\n?/g, '\n');

/**
 * What `theirs` and `mine`, both made from `base`, are together. All that either side has inserted stands, what either
 * has taken away is gone. Where both have inserted at one place, mine comes first: what is typed on goes on with it.
 */
export function merge(base, theirs, mine) {
  if (mine === base) return theirs;
  if (theirs === base) return mine;
  const [our, their] = [changes(base, mine), changes(base, theirs)];
  const places = [...new Set([...our, ...their].flatMap(({ at, until }) => [at, until]))].sort((a, b) => a - b);
  const [ourSide, theirSide] = [side(our), side(their)];
  let text = base.slice(0, places[0]);
  places.forEach((place, index) => {
    const [put, otherPut] = [ourSide(place), theirSide(place)];
    text += put.text + otherPut.text;
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

/**
 * Where a position in `before` is in `after`: one in front of what was inserted stays there, one in what was replaced
 * goes to the end of what has replaced it.
 */
export function movePosition(before, after, position) {
  let moved = position;
  for (const { at, until, text } of changes(before, after)) {
    if (position <= at) break;
    moved += position >= until ? text.length - (until - at) : at + text.length - position;
  }
  return moved;
}
