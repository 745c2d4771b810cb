// Which profiles of the list are selected, to do something with all of them. Pure: (selection, ...) -> selection.
//
// {on, touch, ids, anchor, full, type}: on, while profiles are being selected; touch: a press on a row selects it, as on a
// phone, where there is no key to hold; ids in the order in which they were selected; anchor: the one from which a range
// goes; full: the last one that was wanted did not fit; type: 'chat' or 'mail', what is done is done with.

/** Most profiles at once: what is done with them is to be looked over by a person, and runs of an account are bounded. */
export const SELECTED_MAX = 200;

export const NONE_SELECTED = Object.freeze({ on: false, touch: false, ids: new Set(), anchor: null, full: false, type: 'chat' });

/** With these besides, as far as there is room. */
function added(selection, wanted, anchor) {
  const ids = new Set(selection.ids);
  for (const id of wanted) if (ids.size < SELECTED_MAX) ids.add(id);
  return { ...selection, on: true, ids, anchor, full: wanted.some((id) => !ids.has(id)) };
}

function without(selection, id) {
  const ids = new Set(selection.ids);
  ids.delete(id);
  return { ...selection, on: selection.touch || ids.size > 0, ids, anchor: id, full: false };
}

/** With one more, or one less. */
export const toggled = (selection, id) => (selection.ids.has(id) ? without(selection, id) : added(selection, [id], id));

/** With all from the anchor to this one, as they stand in `shown`, a list of ids; `open` stands in for an anchor. */
export function ranged(selection, id, shown, open) {
  const anchor = [selection.anchor, open, id].find((one) => shown.includes(one));
  const [from, to] = [shown.indexOf(anchor), shown.indexOf(id)].sort((one, other) => one - other);
  return added(selection, anchor === id ? [id] : shown.slice(from, to + 1), anchor);
}

/** With all of these. */
export const withAll = (selection, shown) => added(selection, shown, selection.anchor);

/** A press on a row selects it from now on. */
export const touching = (selection) => ({ ...selection, on: true, touch: true });

/** None, with what it is about as it was. */
export const ended = ({ type }) => ({ ...NONE_SELECTED, type });

/** Without those that are not among these profiles any more. */
export function amongThese(selection, items) {
  const known = new Set(items.map(({ external_id: id }) => id));
  const ids = new Set([...selection.ids].filter((id) => known.has(id)));
  if (ids.size === selection.ids.size) return selection;
  return { ...selection, on: selection.touch || ids.size > 0, ids, full: false };
}
