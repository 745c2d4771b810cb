// Several profiles at once: how rows are selected, and the bar at the foot of the list, with what can be done with them and
// what became of it.

import { DOINGS, fitting, sourcesOf, summaryOf } from '../batch.js';
import { icon } from '../icons.js';
import { COMMANDS, may } from '../rights.js';
import { ended, ranged, SELECTED_MAX, toggled, touching, withAll } from '../selection.js';
import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { byId, element, setAttr, setBlocked, setHidden, setText } from './dom.js';

const says = words.many;
const ICONS = { start: 'play', stop: 'stop', pause: 'pause', resume: 'play' };

/** What a press or a key on a row is to do with the selection: 'toggle', 'range' or nothing. */
function wish(event, { on, touch }) {
  const { type, key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (type === 'click') {
    if (!event.isTrusted) return null; // j and k go to a profile
    if (shiftKey) return 'range';
    return ctrlKey || metaKey || touch ? 'toggle' : null;
  }
  if (ctrlKey || metaKey || altKey) return null;
  if (key === 'X') return 'range';
  return key === 'x' || (on && key === ' ') ? 'toggle' : null;
}

/**
 * `parts`: `{state(), dispatch, shown(), batch, start(type, ids), copy(type, ids)}`, `shown` being the ids in the list and
 * `batch` that of batch.js. Returns `{press, touch, all, escape, render}`: `press(event, id, shown)` tells whether an event on
 * a row was about the selection.
 */
export function createSelecting({ state, dispatch, shown, batch, start, copy }) {
  const [bar, mode, halt, again] = [byId('many'), byId('many-mode'), byId('many-halt'), byId('many-again')];
  const become = (selection) => dispatch({ name: 'local/selection', data: { selection } });
  const buttons = DOINGS.map((does) => {
    const button = element('button', `button small${does === 'stop' ? ' danger' : ''}`, '', { type: 'button', 'data-testid': `many-${does}` });
    button.append(icon(ICONS[does]), element('span'));
    button.addEventListener('click', () => doing(does));
    return [does, button];
  });
  byId('many-doings').prepend(...buttons.map(([, button]) => button));

  function doing(does) {
    const { selection, profiles, batch: going } = state();
    if (going?.over === false) return;
    const { type, ids } = selection;
    const fits = new Set(fitting(state(), ids, type)[does]);
    if (does === 'start') start(type, [...ids]);
    else void batch.begin(does, type, profiles.items.filter(({ external_id: id }) => fits.has(id)).map(({ external_id: profileId, name }) => ({ profileId, name })));
  }

  function end() {
    if (bar.contains(document.activeElement)) document.querySelector('#people [tabindex="0"]')?.focus();
    become(ended(state().selection));
    batch.dismiss();
  }

  mode.addEventListener('click', () => (state().selection.on ? end() : become(touching(state().selection))));
  byId('many-end').addEventListener('click', end);
  byId('many-all').addEventListener('click', () => become(withAll(state().selection, shown())));
  byId('many-copy').addEventListener('click', () => copy(state().selection.type, [...state().selection.ids]));
  bar.addEventListener('change', ({ target }) => become({ ...state().selection, type: target.value }));
  bar.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault(); // a choice of the bar is no box to leave
    end();
  });
  halt.addEventListener('click', batch.halt);
  again.addEventListener('click', () => void batch.again());

  /** A button that goes leaves the focus in the bar. */
  function hide(button, hidden) {
    if (hidden && button === document.activeElement) byId('many-end').focus();
    setHidden(button, hidden);
  }

  function showDoings(now) {
    const { selection: { ids, type }, runs, who, batch: going } = now;
    const fits = fitting({ runs, who }, ids, type);
    for (const [does, button] of buttons) {
      const number = fits[does].length;
      setText(button.lastElementChild, says.does[does](number));
      setAttr(button, 'aria-label', says.doesLabel[does](says.runs[type](number)));
      setBlocked(button, going?.over === false);
      hide(button, number === 0);
    }
    hide(byId('many-copy'), ids.size === 0 || sourcesOf(now, ids, type).length === 0);
  }

  function showBatch(going) {
    const under = going?.over === false;
    setHidden(byId('many-going'), !under);
    setHidden(byId('many-told'), going?.over !== true);
    const tried = under ? going.done + going.refused.length : 0;
    setText(byId('many-progress'), under ? says.doing[going.does](going.done, going.all) : '');
    byId('many-meter').max = going?.all || 1;
    byId('many-meter').value = tried;
    const summary = going?.over ? summaryOf(going) : { text: '', groups: [] };
    setText(byId('many-summary'), summary.text);
    byId('many-groups').replaceChildren(...summary.groups.map(({ text, names }) => {
      const item = element('li', '', '', { dir: 'auto' });
      item.append(element('b', '', text), ` ${names}`);
      return item;
    }));
    const refused = going?.over ? going.refused.length : 0;
    setText(again.lastElementChild, says.again(refused));
    hide(again, refused === 0);
    if (going !== null) bar.scrollTop = bar.scrollHeight; // with large text not all of it is in sight
  }

  const drawDoings = whenChanged(({ selection, selected, runs, who, drafts, batch: going }) => [selection, selected, runs, who, drafts, going?.over], showDoings);
  const drawBatch = whenChanged(({ batch: going }) => [going], ({ batch: going }) => showBatch(going));
  const drawCount = whenChanged(
    ({ now, seen }) => [now.selection, seen.join()],
    ({ now: { selection: { on, ids, full, type } }, seen }) => {
      const unseen = ids.size - seen.filter((id) => ids.has(id)).length;
      setText(byId('many-count'), words.join([says.selected(ids.size), unseen > 0 ? says.unseen(unseen) : '']));
      setText(byId('many-full'), full ? says.full(SELECTED_MAX) : '');
      setText(byId('many-all'), says.all(seen.length));
      hide(byId('many-all'), !on || ids.size === SELECTED_MAX || seen.every((id) => ids.has(id)));
      for (const choice of ['chat', 'mail']) byId(`many-${choice}`).checked = type === choice;
    },
  );

  return {
    press(event, id, standing) {
      const { selection, selected, who } = state();
      const wanted = may(who, COMMANDS.startProcessing) ? wish(event, selection) : null;
      if (wanted === null) return false;
      event.preventDefault();
      become(wanted === 'range' ? ranged(selection, id, standing(), selected) : toggled(selection, id));
      return true;
    },

    touch: () => become(touching(state().selection)),
    all: () => become(withAll(state().selection, shown())),

    /** End the selection; whether there was one. */
    escape() {
      if (!state().selection.on && state().batch?.over !== true) return false;
      end();
      return true;
    },

    render(now) {
      const { selection, batch: going } = now;
      setHidden(bar, !selection.on && going === null);
      setAttr(mode, 'aria-pressed', selection.on);
      setAttr(byId('people'), 'data-selecting', selection.on ? 'true' : null);
      setHidden(byId('many-choice'), !selection.on);
      if (bar.hidden) return;
      drawCount({ now, seen: shown() });
      drawDoings(now);
      drawBatch(going === null ? { batch: null } : now);
    },
  };
}
