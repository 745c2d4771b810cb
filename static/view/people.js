// The list of profiles. A draw touches only rows of which something has changed, so that hundreds stay cheap; rows change
// their places only while nobody is at work in the list.

import { createShelf, ordered, tally } from '../filters.js';
import { matcher } from '../names.js';
import { tellsOfText } from '../rows.js';
import { LANGUAGE, words } from '../words.js';
import { changedKeys } from './changes.js';
import { byId, element, setAttr } from './dom.js';
import { watchHeld } from './held.js';
import { createListTools } from './listtools.js';
import { createRow } from './row.js';
import { createTyping } from './typing.js';

const STEPS = { ArrowDown: 1, ArrowUp: -1 };
const SHOWN_OF = ['runs', 'plans', 'offers', 'uncertain']; // what of the state a row shows, beside what it tells of texts
const ROW = 56; // px, at which a row is at least as high
const FIRST = 16; // rows that a changed filter shows at once, with their pictures: more than fit on a phone
const PAUSE = 500; // ms until the others follow: who goes on typing in the search has no use for them
const NEXT = 250; // rows that follow with each frame then: a key that is pressed meanwhile waits for no more
/** Whether the browser tells when a row is about to be seen: pictures of hundreds of others need not be drawn. */
const SEEN = 'ContentVisibilityAutoStateChangeEvent' in globalThis;
const SKELETONS = 8; // rows that stand there while the profiles are loading

/**
 * `actions`: `{dispatch, arrange, pin, press, open, reload}`, `press(event, id, shown)` being that of selecting.js,
 * `open(id)` that of turning.js. Returns `{render(state), counts(), shown()}`: how many profiles fit each filter, and the ids of those that are shown.
 */
export function createPeople(actions) {
  const list = byId('people');
  const shelf = createShelf();
  const tools = createListTools(actions, () => focusOn(0), () => shown.length > 0 && actions.open(shown[0].id));
  const typing = createTyping((id, said) => byId_.get(id)?.typing(said));
  const held = watchHeld(list, () => {
    if (stale) requestAnimationFrame(() => place(last, false));
  });
  let rows = []; // in the order of the backend
  let byId_ = new Map();
  let byKey = new Map(); // of what the state holds for each type
  let byItem = new Map();
  let shown = []; // rows as they stand there
  let counts = tally([]);
  let rank = null; // id -> place by name; null until somebody sorts by it
  let last = null; // the state as it is drawn
  let stale = false; // whether some row is not where it belongs
  let order = null; // all rows as they are to stand; null where that has changed
  let standing = 0; // how many of `shown` stand there already, and in their order
  let next = 0; // the frame in which more do
  let pause = 0; // the timer until then
  let stop = null; // the one row that the Tab key stops at; arrows go on from there
  let pressed = null; // the profile that was chosen by pressing its row

  list.addEventListener('keydown', (event) => {
    const at = shown.findIndex(({ link }) => link === document.activeElement);
    if (at >= 0 && actions.press(event, shown[at].id, ids)) return;
    if (event.key === 'p' && at >= 0 && !event.ctrlKey && !event.metaKey && !event.altKey) actions.pin(shown[at].id);
    const step = STEPS[event.key];
    const to = { Home: 0, End: shown.length - 1 }[event.key] ?? (step && at + step);
    if (to === undefined || !shown[to]) return;
    event.preventDefault();
    focusOn(to);
  });
  list.addEventListener('focusin', ({ target }) => {
    const row = shown.find(({ link }) => link === target);
    if (row) stopAt(row);
  });
  list.addEventListener('click', (event) => {
    const id = byItem.get(event.target.closest('li'))?.id ?? null;
    if (id !== null && actions.press(event, id, ids)) return;
    if (event.detail > 0) pressed = id; // not by the Enter key
  });
  list.addEventListener('mousedown', (event) => {
    if (event.shiftKey) event.preventDefault(); // it selects rows, and no text
  });

  if (SEEN) {
    list.addEventListener('contentvisibilityautostatechange', ({ target, skipped }) => {
      if (!skipped) byItem.get(target)?.picture();
    });
  }

  document.addEventListener('scroll', standMore, { capture: true, passive: true });

  /** How many fill the window. */
  const first = () => Math.max(FIRST, Math.ceil(innerHeight / ROW));

  const ids = () => shown.map(({ id }) => id);

  function focusOn(at) {
    stand(shown.length);
    shown[at]?.link.focus();
  }

  function stopAt(row) {
    if (stop !== null) setAttr(stop.link, 'tabindex', -1);
    stop = row;
    if (row !== null) setAttr(row.link, 'tabindex', 0);
  }

  function build({ items }) {
    rows = items.map(createRow);
    byId_ = new Map(rows.map((row) => [row.id, row]));
    byKey = new Map(rows.flatMap((row) => row.keys.map((key) => [key, row])));
    byItem = new Map(rows.map((row) => [row.item, row]));
    if (!SEEN) for (const row of rows) row.picture();
    shown = [];
    order = null;
    rank = null;
    stop = null;
    typing.anew();
    list.replaceChildren();
  }

  function showLoading({ status }) {
    const loading = status === 'loading';
    setAttr(list, 'aria-busy', loading ? 'true' : null);
    if (rows.length > 0) return;
    const blank = () => element('li', 'skeleton', '', { 'aria-hidden': 'true' });
    if (!loading) list.replaceChildren();
    else if (list.childElementCount === 0) list.append(...Array.from({ length: SKELETONS }, blank));
  }

  /** Rows of which something has changed, without a look at the others. */
  function touched(state, before) {
    const anew = before === null || state.device?.id !== before.device?.id || state.profiles.items !== before.profiles.items;
    if (anew) return rows;
    const texts = changedKeys(before.drafts, state.drafts).filter((key) => tellsOfText(key, before, state));
    const keys = [...texts, ...SHOWN_OF.flatMap((name) => changedKeys(before[name], state[name]))];
    const found = new Set(keys.map((key) => byKey.get(key)));
    found.delete(undefined); // of no profile that is listed
    if (state.devices !== before.devices) for (const row of rows) if (row.facts.running) found.add(row);
    return found;
  }

  /** Say in them what is new; whether a row may have to go elsewhere. */
  function update(state, before) {
    let moved = false;
    for (const row of touched(state, before)) if (row.update(state)) moved = true;
    return moved;
  }

  function rankOf({ id }) {
    if (rank === null) {
      const { compare } = new Intl.Collator(LANGUAGE, { numeric: true });
      const sorted = [...rows].sort((one, other) => compare(one.name, other.name) || one.index - other.index);
      rank = new Map(sorted.map((row, at) => [row.id, at]));
    }
    return rank.get(id);
  }

  /** Put the rows where they belong; `anew` when the filter was touched, `wait` ms until all of them follow. */
  function place(state, anew, wait = 0) {
    stale = false;
    const { text, show } = state.filter;
    const matches = matcher(text);
    const wanted = shelf.choose(rows, { show, found: (row) => row.found(matches), anew });
    const visible = new Set(wanted);
    order ??= ordered(rows, { ...state.arrangement, rank: rankOf });
    const focus = list.contains(document.activeElement) ? document.activeElement : null;
    for (const row of shown) if (!visible.has(row)) row.item.remove(); // hiding it would cost ten times as much
    shown = order.filter((row) => visible.has(row));
    standing = 0;
    stand(anew ? first() : shown.length, wait);
    for (const row of shown.slice(0, FIRST)) row.picture();
    if (focus !== null && focus !== document.activeElement) focus.focus({ preventScroll: true });
    if (stop === null || !visible.has(stop)) stopAt(shown.find(({ id }) => id === state.selected) ?? shown[0] ?? null);
  }

  /** Have as many of the rows to show stand there, in their order; the others follow after `wait` ms, some with each frame. */
  function stand(number, wait = 0) {
    clearTimeout(pause);
    cancelAnimationFrame(next);
    let at = standing === 0 ? list.firstChild : shown[standing - 1].item.nextSibling;
    const added = shown.slice(standing, number);
    standing += added.length;
    if (at === null) {
      list.append(...added.map(({ item }) => item));
    } else {
      for (const { item } of added) {
        if (item === at) {
          at = at.nextSibling;
        } else if (item === at?.nextSibling) {
          at = item.nextSibling; // the one between goes down, and is moved when its turn comes
        } else {
          list.insertBefore(item, at);
        }
      }
    }
    if (standing === shown.length) return;
    if (wait > 0) pause = setTimeout(standMore, wait);
    else next = requestAnimationFrame(standMore);
  }

  function standMore() {
    if (standing < shown.length) stand(standing + NEXT);
  }

  function select(state, before) {
    byId_.get(before?.selected)?.select(false);
    const row = byId_.get(state.selected);
    if (!row) return;
    row.select(true);
    if (!row.item.isConnected && shown.includes(row)) stand(shown.length);
    if (row.item.isConnected && pressed !== row.id) row.item.scrollIntoView({ block: 'nearest' });
    pressed = null;
  }

  function showPins({ pins }, before) {
    for (const id of before?.pins ?? []) byId_.get(id)?.pin(false);
    for (const id of pins) byId_.get(id)?.pin(true);
  }

  /** Say in the rows which of them are selected. */
  function showSelection({ on, ids: chosen }, before) {
    const begins = on !== (before?.on ?? false);
    if (begins) {
      setAttr(list, 'role', on ? 'listbox' : null);
      setAttr(list, 'aria-multiselectable', on ? 'true' : null);
      setAttr(list, 'aria-label', on ? words.list.label : null);
    }
    const both = begins ? rows : [...chosen, ...(before?.ids ?? [])].map((id) => byId_.get(id));
    for (const row of both) row?.choose(on, chosen.has(row.id));
  }

  function render(state) {
    const before = last;
    last = state;
    const rebuilt = state.profiles.items !== before?.profiles.items;
    if (rebuilt) build(state.profiles);
    showLoading(state.profiles);
    if (update(state, before)) {
      counts = tally(rows.map(({ facts }) => facts));
      stale = true;
      order = null;
    }
    if (rebuilt) counts = tally(rows.map(({ facts }) => facts));
    typing.render(state);
    const arranged = state.arrangement !== before?.arrangement;
    if (rebuilt || arranged) showPins(state.arrangement, before?.arrangement);
    if (arranged) {
      stale = true;
      order = null;
    }
    if (rebuilt || state.selection !== before?.selection) showSelection(state.selection, rebuilt ? null : before?.selection);
    const filtered = rebuilt || state.filter !== before?.filter;
    const searched = !rebuilt && state.filter.text !== before?.filter.text;
    if (filtered || (stale && !held())) place(state, filtered, searched ? PAUSE : 0);
    if (rebuilt || state.selected !== before?.selected) select(state, rebuilt ? null : before);
    tools({ state, counts, shown: shown.length });
  }

  return { render, counts: () => counts, shown: ids };
}
