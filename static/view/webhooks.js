// Webhooks, in a dialog of their own, for admins: addresses of other software that is told how runs end. One makes them here,
// sees their secret once, tries them, switches them off and on, and removes them. What became of telling one: attempts.js.

import { ApiError } from '../api.js';
import { loadWords } from '../failures.js';
import { isolated, plain } from '../names.js';
import { exact } from '../times.js';
import { aboutOf, EVENTS, eventOf, isOff, lineOf, PING, placeOf, refusedWords, stateOf, trialOf, trialRefused, trialWords } from '../webhooks.js';
import { words } from '../words.js';
import { createAttempts } from './attempts.js';
import { whenChanged } from './changes.js';
import { $, byId, clone, element, hold, setAttr, setHidden, setText } from './dom.js';
import { createSecret } from './secret.js';

const say = words.webhooks;

/**
 * `api`: as `webhooks` of api.js; `ended(error)`, whether a call failed because one has to sign in again, as in account.js;
 * `ask` as of confirm.js; `names`: `{profile(id)}`. Returns `{open, render(state)}`.
 */
export function createWebhooks({ api, ended, ask, names }) {
  const dialog = byId('webhooks');
  const list = byId('webhooks-list');
  const form = byId('webhooks-form');
  const [note, empty, refresh, close] = ['note', 'empty', 'refresh', 'close'].map((part) => byId(`webhooks-${part}`));
  const [address, events, make, why] = ['address', 'events', 'make', 'why'].map((part) => byId(`webhooks-${part}`));
  const secret = createSecret('webhooks', say.copied, (text) => tell(text));
  const attempts = createAttempts({ api, ended, names, closed: () => dialog.open && void load() });
  const rows = new Map(); // id: {row, webhook, tried, busy}; `busy`: whether it is being switched or removed
  let live = true; // whether there is a connection
  let asked = 0; // the newest question: what answers an older one is not shown

  for (const event of EVENTS) {
    const label = element('label', 'webhook-event');
    label.append(element('input', '', '', { type: 'checkbox', value: event, checked: '', 'data-testid': `webhooks-${event}` }), element('span', '', eventOf(event)));
    events.append(label);
  }

  /** `about`: `list` for how its loading goes and `failed` for why it did not, over once it has been loaded; else what was done. */
  function tell(text, about = '') {
    setText(note, text);
    note.dataset.about = about;
  }

  /** Say at the form why nothing is made; `field` has the focus then. */
  function tellForm(text, field = null) {
    setText(why, text);
    setAttr(address, 'aria-invalid', field === address ? 'true' : null);
    field?.focus();
    if (text !== '') why.scrollIntoView({ block: 'nearest' });
  }

  function tellRow(id, text) {
    if (rows.has(id)) setText($('.webhook-said', rows.get(id).row), text);
  }

  /** Say that a call failed, with `place(text)`; `words` of it. */
  function failed(error, place, wordsOf = refusedWords) {
    if (!(error instanceof ApiError)) throw error;
    if (ended(error)) return shut();
    place(wordsOf(error));
    if (error.code === 'unknown_webhook' && dialog.open) void load();
  }

  function shut() {
    attempts.close();
    dialog.close();
  }

  async function load() {
    asked += 1;
    const mine = asked;
    if (!live) return tell(words.run.offline, 'failed');
    try {
      const { webhooks } = await api.list();
      if (mine === asked) show(webhooks);
    } catch (error) {
      if (mine === asked) failed(error, (text) => tell(text, 'failed'), (failure) => loadWords(say.subject, failure));
    }
  }

  function show(webhooks) {
    const ids = new Set(webhooks.map(({ id }) => id));
    for (const [id, { row }] of rows) {
      if (ids.has(id)) continue;
      if (row.contains(document.activeElement)) close.focus(); // of one that somebody else has removed
      row.remove();
      rows.delete(id);
    }
    for (const webhook of webhooks) {
      if (rows.has(webhook.id)) rows.get(webhook.id).webhook = webhook;
      else rows.set(webhook.id, { row: rowOf(webhook), webhook, tried: false, busy: false });
      showRow(webhook.id);
    }
    setHidden(empty, webhooks.length > 0);
    if (note.dataset.about !== '') tell('');
  }

  /** Its parts stay the same: who has a button under the finger keeps it. */
  function rowOf({ id, url }) {
    const row = clone('webhook-row');
    row.dataset.testid = `webhook-${id}`;
    setText($('.webhook-url', row), plain(url));
    setAttr($('.webhook-url', row), 'title', plain(url)); // a very long one is cut
    const doings = { test: tryOne, attempts: showAttempts, switch: switchOne, remove: removeOne };
    for (const [name, doing] of Object.entries(doings)) {
      const button = $(`.webhook-${name}`, row);
      button.addEventListener('click', () => (button.title === '' ? void doing(id) : tellRow(id, button.title)));
    }
    list.append(row);
    return row;
  }

  function showRow(id) {
    const { row, webhook, tried, busy } = rows.get(id);
    const place = isolated(placeOf(webhook.url));
    const off = isOff(webhook);
    row.dataset.state = stateOf(webhook);
    setText($('.badge', row), say.states[row.dataset.state] ?? '');
    const about = $('.device-line', row);
    setText(about, aboutOf(webhook, names));
    setAttr(about, 'title', exact(webhook.madeAt));
    const line = $('.webhook-line', row);
    setText(line, lineOf(webhook));
    setHidden(line, line.textContent === '');
    setText($('.webhook-switch', row), off ? say.switchOn : say.switchOff);
    const labels = { test: say.testLabel, attempts: say.attemptsLabel, switch: off ? say.switchOnLabel : say.switchOffLabel, remove: say.removeLabel };
    for (const [name, label] of Object.entries(labels)) setAttr($(`.webhook-${name}`, row), 'aria-label', label(place));
    const waits = live ? '' : words.why.offline;
    hold($('.webhook-attempts', row), waits);
    for (const name of ['switch', 'remove']) hold($(`.webhook-${name}`, row), waits || (busy ? say.underWay : ''));
    hold($('.webhook-test', row), waits || (off ? say.switchFirst : tried ? say.trial.underWay : ''));
  }

  /** Do something about one, and look what there is then. */
  async function carryOut(id, doing, wordsOf = refusedWords) {
    if (!rows.has(id)) return; // it went while one was asked about it
    const { url } = rows.get(id).webhook;
    tellRow(id, '');
    try {
      await doing();
    } catch (error) {
      if (error.code === 'unknown_webhook') tell(say.goneMeanwhile(isolated(placeOf(url)))); // its row goes
      failed(error, (text) => tellRow(id, text), wordsOf);
    }
    if (dialog.open) await load();
  }

  /** `what`: `{tried}` or `{busy}`. */
  function mark(id, what) {
    if (!rows.has(id)) return;
    Object.assign(rows.get(id), what);
    showRow(id);
  }

  /** Do it, and not once more before it is done: a slow server has been told of it. */
  async function carryOutOnce(id, doing) {
    mark(id, { busy: true });
    await carryOut(id, doing);
    mark(id, { busy: false });
    if (rows.has(id) && $('.webhook-said', rows.get(id).row).textContent === say.underWay) tellRow(id, '');
  }

  async function tryOne(id) {
    const { row } = rows.get(id);
    const current = () => dialog.open && rows.get(id)?.row === row;
    mark(id, { tried: true });
    await carryOut(id, async () => {
      tellRow(id, say.trial.underWay);
      const attempt = await trialOf({ attempts: () => api.attempts(id), post: () => api.ping(id), isIt: ({ event }) => event === PING, current });
      if (current()) tellRow(id, trialWords(attempt));
    }, trialRefused);
    if (current()) mark(id, { tried: false });
  }

  const showAttempts = (id) => attempts.open(rows.get(id).webhook);

  const switchOne = (id) => carryOutOnce(id, () => api.switch(id, isOff(rows.get(id).webhook)));

  async function removeOne(id) {
    const place = isolated(placeOf(rows.get(id).webhook.url));
    if (!(await ask({ title: say.removeTitle(place), text: say.removeText, ok: say.remove }))) return;
    await carryOutOnce(id, async () => {
      await api.remove(id);
      tell(say.removed(place));
      close.focus(); // the button that had it goes
      secret.forget(); // which may be of this one
    });
  }

  async function makeOne() {
    const url = address.value.trim();
    const boxes = [...events.querySelectorAll('input')];
    const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
    if (url === '') return tellForm(say.address.none, address);
    if (chosen.length === 0) return tellForm(say.noEvents, boxes[0]);
    hold(make, words.loading);
    try {
      const answer = await api.make({ url, events: chosen });
      if (!dialog.open) return;
      form.reset();
      tellForm('');
      tell(say.isMade(isolated(placeOf(url))));
      secret.show(answer.secret);
    } catch (error) {
      failed(error, (text) => tellForm(text, error.code === 'invalid_payload' ? address : null), (failure) => refusedWords(failure, url, rows.size));
    } finally {
      hold(make, live ? '' : words.why.offline);
    }
    if (dialog.open) void load();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (make.title === '') void makeOne();
    else tellForm(make.title);
  });
  refresh.addEventListener('click', async () => {
    if (refresh.title === '') {
      hold(refresh, words.loading);
      await load();
      hold(refresh, live ? '' : words.why.offline);
    } else if (!live) tell(refresh.title, 'failed');
    if (note.dataset.about === 'failed') note.scrollIntoView({ block: 'nearest' }); // who asks may be far below it
  });
  close.addEventListener('click', shut);
  dialog.addEventListener('close', () => {
    asked += 1;
    list.replaceChildren();
    rows.clear();
    secret.forget();
  });

  return {
    open() {
      form.reset();
      tellForm('');
      secret.forget();
      setHidden(empty, true);
      tell(words.loading, 'list');
      dialog.showModal();
      close.focus();
      void load();
    },

    /** What there was when the connection broke stays to be read, and waits. */
    render: whenChanged(({ connection }) => [connection.status === 'connected'], ({ connection }) => {
      live = connection.status === 'connected';
      dialog.dataset.live = String(live);
      for (const button of [make, refresh]) hold(button, live ? '' : words.why.offline);
      for (const [id, { row }] of rows) {
        showRow(id);
        if (live && $('.webhook-said', row).textContent === words.why.offline) tellRow(id, '');
      }
      attempts.render(live);
      if (!dialog.open) return;
      if (live) tellForm('');
      void load();
    }),
  };
}
