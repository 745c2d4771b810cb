// What stands above the list: search, order, filters with their counts; and what is said when there is nothing to show.

import { FILTERS } from '../filters.js';
import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { $, byId, element, setAttr, setHidden, setText } from './dom.js';

/** `actions`: `{dispatch, arrange, reload}`; `enter` goes to the first row, `open` opens it. Returns `render({state, counts, shown})`. */
export function createListTools({ dispatch, arrange, reload }, enter, open) {
  const search = byId('filter');
  const sort = byId('sort');
  const note = byId('side-note');
  const all = byId('show-all');
  const change = (data) => dispatch({ name: 'local/filter', data });
  const buttons = FILTERS.map((name) => {
    const button = element('button', 'filter', '', { type: 'button', 'data-testid': `show-${name}` });
    button.append(element('b', 'filter-count'), element('span', '', words.list.filters[name]));
    button.addEventListener('click', () => change({ show: name }));
    return [name, button];
  });
  let byName = false;

  byId('filters').append(...buttons.map(([, button]) => button));
  search.addEventListener('input', () => change({ text: search.value }));
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && search.value.trim() !== '' && !event.isComposing) {
      event.preventDefault();
      requestAnimationFrame(open); // what is found with the last letter is drawn in this frame
    }
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    enter();
  });
  sort.addEventListener('click', () => arrange({ sort: byName ? 'activity' : 'name' }));
  all.addEventListener('click', () => {
    change({ text: '', show: 'all' });
    search.focus();
  });
  byId('profiles-retry').addEventListener('click', reload);

  /** `[what is said, whether it stands in place of rows]`. */
  function said({ profiles }, shown) {
    const { items, status, message } = profiles;
    if (status === 'loading') return [words.list.loading, false]; // rows without a word stand there
    if (status === 'failed') return [message, true];
    if (items.length === 0) return [words.list.none, true];
    if (shown === 0) return [words.list.noneFits, true];
    return [shown === items.length ? words.list.all(shown) : words.list.some(shown, items.length), false];
  }

  const parts = ({ state: { filter, arrangement, profiles }, counts, shown }) => [filter, arrangement, profiles, counts, shown];
  return whenChanged(parts, ({ state, counts, shown }) => {
    const { text, show } = state.filter;
    if (search.value !== text) search.value = text;
    for (const [name, button] of buttons) {
      setText($('b', button), String(counts[name]));
      setAttr(button, 'aria-pressed', show === name);
      setAttr(button, 'data-some', counts[name] > 0 ? 'true' : null);
    }
    byName = state.arrangement.sort === 'name';
    setAttr(sort, 'title', byName ? words.list.sortByActivity : words.list.sortByName);
    setText($('.vh', sort), byName ? words.list.sortByActivity : words.list.sortByName);
    setAttr(sort, 'data-sort', state.arrangement.sort);
    const [what, instead] = said(state, shown);
    setText(note, what);
    setAttr(note, 'class', instead ? 'side-note' : 'vh'); // else the rows and the filters' counts say it to the eye
    setHidden(all, !(state.profiles.status === 'ready' && state.profiles.items.length > 0 && shown === 0));
    setHidden(byId('profiles-retry'), state.profiles.status !== 'failed');
  });
}
