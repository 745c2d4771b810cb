// The overview: one row per profile with the state of its runs, and with a mark where text waits for the operator. Rows are
// made once and only touched when one of their own runs or marks changed, so that hundreds of profiles stay cheap.

import { keyOf, TYPES } from '../keys.js';
import { fold, hasWords } from '../names.js';
import { hashOf } from '../place.js';
import { badge, textMark } from '../status.js';
import { words } from '../words.js';
import { $, about, byId, clone, element, setAttr, setAvatar, setHidden, setText } from './dom.js';

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** `actions`: `{dispatch, reload}`. Returns `render(state)`. */
export function createPeople({ dispatch, reload }) {
  const list = byId('people');
  const note = byId('side-note');
  const filter = byId('filter');
  const runningOnly = byId('running-only');
  const rows = new Map(); // profileId -> {item, link, badges, haystack, seen}
  let items = null;
  let stop = null; // the one row that the Tab key stops at; arrows go on from there

  const change = (data) => dispatch({ name: 'local/filter', data });
  filter.addEventListener('input', () => change({ text: filter.value }));
  runningOnly.addEventListener('click', () =>
    change({ runningOnly: runningOnly.getAttribute('aria-pressed') !== 'true' }),
  );
  byId('profiles-retry').addEventListener('click', reload);

  list.addEventListener('keydown', (event) => {
    const shown = [...rows.values()].filter(({ item }) => !item.hidden).map(({ link }) => link);
    const at = shown.indexOf(document.activeElement);
    const step = STEPS[event.key];
    const to = { Home: 0, End: shown.length - 1 }[event.key] ?? (step && at + step);
    if (to === undefined || !shown[to]) return;
    event.preventDefault();
    shown[to].focus();
  });
  list.addEventListener('focusin', ({ target }) => {
    const found = [...rows].find(([, { link }]) => link === target);
    if (found) stopAt(found[0]);
  });
  filter.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    list.querySelector('li:not([hidden]) a')?.focus();
  });

  function stopAt(id) {
    if (rows.has(stop)) setAttr(rows.get(stop).link, 'tabindex', -1);
    stop = id;
    if (id !== null) setAttr(rows.get(id).link, 'tabindex', 0);
  }

  /** Keep the tab stop on a row that is there to be seen. */
  function placeStop({ selected }) {
    const seen = (id) => id !== null && rows.get(id)?.item.hidden === false;
    if (seen(stop)) return;
    const first = [...rows.keys()].find(seen) ?? null;
    stopAt(seen(selected) ? selected : first);
  }

  function addRow(profile) {
    const id = profile.external_id;
    const item = clone('person-row');
    const link = $('a', item);
    link.href = hashOf(id);
    link.dataset.testid = `profile-item-${id}`;
    link.tabIndex = -1;
    setText($('.row-name', item), profile.name);
    setText($('.row-about', item), about(profile));
    setAvatar($('.avatar', item), profile);
    const haystack = fold([profile.name, id, profile.country_name, profile.age].join(' '));
    rows.set(id, { item, link, badges: $('.badges', item), haystack, seen: [] });
    return item;
  }

  function renderRow(id, row, state) {
    const keys = TYPES.map((type) => keyOf(id, type));
    const runs = keys.map((key) => state.runs[key]);
    const marks = keys.map((key) => textMark(state.drafts[key], state.offers[key]?.[0]));
    const now = [...runs, ...marks, state.device?.id];
    if (now.some((value, index) => value !== row.seen[index])) {
      row.seen = now;
      const found = TYPES.flatMap((type, index) => [
        badge(runs[index], state.device?.id ?? null, type),
        marks[index] && {
          tone: 'warn',
          text: words.list.mark(words[type], marks[index]),
          label: words.list.openForText,
        },
      ]).filter(Boolean);
      row.badges.replaceChildren(
        ...found.map(({ tone, text, label }) => element('span', 'badge', text, { 'data-tone': tone, title: label })),
      );
    }
    setAttr(row.link, 'aria-current', state.selected === id ? 'true' : null);
    const { text, runningOnly: only } = state.filter;
    const wanted = !only || runs.some((run) => run?.status === 'running');
    const hidden = !wanted || !hasWords(row.haystack, text);
    setHidden(row.item, hidden);
    return !hidden;
  }

  function summary({ profiles }, shown) {
    if (profiles.status === 'loading') return words.list.loading;
    if (profiles.status === 'failed') return profiles.message;
    if (profiles.items.length === 0) return words.list.none;
    if (shown === 0) return words.list.noneFits;
    const { length } = profiles.items;
    return shown === length ? words.list.all(shown) : words.list.some(shown, length);
  }

  return (state) => {
    if (items !== state.profiles.items) {
      items = state.profiles.items;
      rows.clear();
      stop = null;
      list.replaceChildren(...items.map(addRow));
    }
    let shown = 0;
    for (const [id, row] of rows) if (renderRow(id, row, state)) shown += 1;
    placeStop(state);
    if (filter.value !== state.filter.text) filter.value = state.filter.text;
    setAttr(runningOnly, 'aria-pressed', state.filter.runningOnly);
    setText(note, summary(state, shown));
    setHidden(byId('profiles-retry'), state.profiles.status !== 'failed');
  };
}
