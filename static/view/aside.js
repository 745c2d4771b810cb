// The right column: what happens, who could not be messaged, who waits for a decision, and the runs that are over. A drawer
// where there is no room for it. Only what is open is drawn, and only when it has changed.

import { activityOf, countsOf, failedOf, historyOf, namesOf, TABS, uncertainOf } from '../tidings.js';
import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { byId, element, setAttr, setText } from './dom.js';
import { activityRow, failedGroup, historyRow, uncertainGroup } from './tidings.js';

const THIRD = matchMedia('(min-width: 87.5em)'); // as in css/aside.css: a column of its own
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
const ASKED_MAX = 20; // lists of people that are asked for at once

const NONE = Object.freeze({ failed: Object.freeze([]), uncertain: Object.freeze([]) });

const MODELS = { activity: activityOf, failed: failedOf, uncertain: uncertainOf, history: historyOf };
const ROWS = { activity: activityRow, failed: failedGroup, uncertain: uncertainGroup, history: historyRow };

/** `actions`: `{open(profileId), again(key), more(key), decide(key, action, recipientId)}`. Returns `{render(state), show(tab),
 * looked}`; `looked()`: `{failed, uncertain}`, the keys whose people are looked at. */
export function createAside(actions) {
  const aside = byId('aside');
  const toggle = byId('aside-toggle');
  const panel = byId('aside-panel');
  let current = TABS[0];
  let drawn = ''; // what stands in the panel
  let looked = NONE;
  let last = null;
  let names = { items: null, of: null };

  const isOpen = () => THIRD.matches || aside.dataset.open === 'true';

  const tabs = Object.fromEntries(
    TABS.map((name) => {
      const tab = element('button', 'aside-tab', '', { type: 'button', role: 'tab', id: `aside-tab-${name}`, 'aria-controls': panel.id });
      tab.dataset.testid = `aside-${name}`;
      tab.append(element('span', '', words.aside.tabs[name]), element('b', 'aside-count'));
      tab.addEventListener('click', () => choose(name));
      return [name, tab];
    }),
  );
  byId('aside-tabs').append(...Object.values(tabs));
  byId('aside-tabs').addEventListener('keydown', (event) => {
    const at = TABS.indexOf(current);
    const step = STEPS[event.key];
    const to = { Home: 0, End: TABS.length - 1 }[event.key] ?? (step && (at + step + TABS.length) % TABS.length);
    if (to === undefined) return;
    event.preventDefault();
    choose(TABS[to]);
    tabs[TABS[to]].focus();
  });

  function place() {
    for (const name of TABS) {
      setAttr(tabs[name], 'aria-selected', name === current);
      tabs[name].tabIndex = name === current ? 0 : -1;
    }
    setAttr(panel, 'aria-labelledby', `aside-tab-${current}`);
  }

  function choose(name) {
    current = name;
    place();
    panel.scrollTop = 0;
    if (last !== null) render(last);
  }

  function setOpen(open) {
    aside.dataset.open = String(open);
    setAttr(toggle, 'aria-expanded', open);
    if (open && last !== null) render(last);
  }

  function close() {
    setOpen(false);
    toggle.focus();
  }

  toggle.addEventListener('click', () => (aside.dataset.open === 'true' ? close() : show(current)));
  byId('aside-close').addEventListener('click', close);
  aside.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || THIRD.matches) return;
    event.preventDefault();
    close();
  });
  THIRD.addEventListener('change', () => last !== null && render(last));

  panel.addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (!button || button.getAttribute('aria-disabled') === 'true') return;
    const { profile, again, more, decide, key, recipient } = button.dataset;
    if (profile) {
      if (!THIRD.matches) setOpen(false);
      actions.open(profile);
    } else if (again) {
      if (!THIRD.matches) setOpen(false);
      actions.again(again);
    } else if (more) {
      actions.more(more);
    } else if (decide) {
      actions.decide(key, decide, recipient);
    }
  });

  /** A pressed button may be gone with its row: the focus stays in the panel. */
  function fill(model) {
    const inside = panel.contains(document.activeElement);
    const { testid } = document.activeElement.dataset;
    if (model.length === 0) panel.replaceChildren(element('p', 'aside-empty', words.aside.empty[current]));
    else panel.replaceChildren(...model.map(ROWS[current]));
    if (inside) (panel.querySelector(`[data-testid="${CSS.escape(testid ?? '')}"]`) ?? panel).focus();
  }

  function render(state) {
    last = state;
    const counts = countsOf(state);
    for (const name of TABS) setText(tabs[name].lastChild, counts[name] > 0 ? String(counts[name]) : '');
    setAttr(toggle, 'data-count', counts.failed + counts.uncertain > 0 ? counts.failed + counts.uncertain : null);
    if (!isOpen()) {
      looked = NONE;
      return;
    }
    if (names.items !== state.profiles.items) names = { items: state.profiles.items, of: namesOf(state.profiles.items) };
    const model = MODELS[current](state, names.of);
    looked = current in NONE ? { ...NONE, [current]: model.slice(0, ASKED_MAX).map(({ key }) => key) } : NONE;
    const now = current + JSON.stringify(model);
    if (now === drawn) return;
    drawn = now;
    fill(model);
  }

  /** Open it, where it is a drawer, and go there. */
  function show(name = current) {
    setOpen(true);
    choose(name);
    tabs[name].focus();
  }

  place();
  const shown = ({ runs, uncertain, unsent, journal, busy, profiles, devices, device }) => [runs, uncertain, unsent, journal, busy, profiles, devices, device];
  return { render: whenChanged(shown, render), show: () => show(), looked: () => looked };
}
