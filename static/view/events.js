// The drawer with the raw events. Rows are made only while it is open, at most once per frame.

import { matches } from '../eventlog.js';
import { ofBrowser } from '../storage.js';
import { words } from '../words.js';
import { $, byId, element, setAttr, setHidden, setText } from './dom.js';

const SETTING = 'alphasync.events';
const STEPS = { ArrowDown: 1, ArrowUp: -1 };
const NEAR = 40; // px from the end within which the list follows new rows

const clock = (at) => {
  const date = new Date(at);
  return `${date.toLocaleTimeString('en-GB')}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};

function row({ id, at, direction, name, json }) {
  const item = element('li', 'event', '', { 'data-direction': direction, 'data-id': String(id) });
  item.append(
    element('time', '', clock(at)),
    element('span', 'direction', words.events.directions[direction]),
    element('button', 'event-name', name, { type: 'button', tabindex: '-1', 'aria-expanded': 'false' }),
    element('code', '', json),
  );
  return item;
}

/** `log` is an EventLog. */
export function createEvents(log) {
  const drawer = byId('events');
  const list = byId('events-list');
  const toggle = byId('events-toggle');
  const pause = byId('events-pause');
  const filter = byId('events-filter');
  let asked = 0;

  function draw() {
    asked = 0;
    if (drawer.hidden) return;
    const follow = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
    const wanted = log.entries.filter((entry) => matches(entry, filter.value));
    const first = wanted[0]?.id ?? Infinity;
    while (list.firstChild && Number(list.firstChild.dataset.id) < first) list.firstChild.remove();
    const newest = Number(list.lastChild?.dataset.id ?? 0);
    list.append(...wanted.filter(({ id }) => id > newest).map(row));
    if (follow) list.scrollTop = list.scrollHeight;
    const shown = words.events.shown(wanted.length, log.entries.length);
    setText(byId('events-count'), log.paused ? words.events.paused(shown, log.missed) : shown);
    setAttr(pause, 'aria-pressed', log.paused);
  }

  function drawSoon() {
    if (asked === 0 && !drawer.hidden) asked = requestAnimationFrame(draw);
  }

  /** A developer's view: it stays as it was left, over a reload. */
  function open(on) {
    setHidden(drawer, !on);
    document.documentElement.dataset.events = on ? 'open' : 'closed';
    setAttr(toggle, 'aria-checked', on);
    ofBrowser.write(SETTING, on);
    if (on) {
      draw();
      list.scrollTop = list.scrollHeight;
    }
  }

  log.onChange = drawSoon;
  open(ofBrowser.read(SETTING) === true);
  toggle.addEventListener('click', () => open(drawer.hidden));
  byId('events-close').addEventListener('click', () => {
    open(false);
    byId('account').focus();
  });
  pause.addEventListener('click', () => log.pause(!log.paused));
  byId('events-clear').addEventListener('click', () => log.clear());
  filter.addEventListener('input', () => {
    list.replaceChildren();
    draw();
  });
  // A row is one line until it is pressed.
  list.addEventListener('click', ({ target }) => {
    const pressed = getSelection().isCollapsed ? target.closest('.event') : null;
    if (!pressed) return;
    const opened = pressed.classList.toggle('open');
    setAttr($('.event-name', pressed), 'aria-expanded', opened);
    if (opened) pressed.scrollIntoView({ block: 'nearest' });
  });
  // The list is one stop of the Tab key; arrows go through its rows, from the newest.
  list.addEventListener('keydown', (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const at = document.activeElement.closest('.event');
    const to = at === null ? list.lastElementChild : step > 0 ? at.nextElementSibling : at.previousElementSibling;
    if (to) $('.event-name', to).focus();
  });
}
