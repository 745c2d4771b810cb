// The account's record of who did what, in a dialog of its own: newest first, by action, operator and days, and as a file.

import { ApiError } from '../api.js';
import { loadWords } from '../failures.js';
import { aboutOf, actionOf, byOf, queryOf } from '../record.js';
import { exact, moment } from '../times.js';
import { words } from '../words.js';
import { $, byId, clone, element, setAttr, setBlocked, setHidden, setText } from './dom.js';
import { downloads } from './download.js';

const say = words.record;
const KNOWN_MAX = 50; // operators that are offered

/**
 * `page(query)` and `file(query, report)` ask the server; `ended(error)`, whether a call failed because one has to sign in
 * again, as in account.js; `names` as of record.js. Returns `{open, close}`.
 */
export function createRecord({ page, file, ended, names }) {
  const dialog = byId('record');
  const [note, list, empty, more] = ['note', 'list', 'empty', 'more'].map((name) => byId(`record-${name}`));
  const [form, action, who, from, to] = ['form', 'action', 'who', 'from', 'to'].map((name) => byId(`record-${name}`));
  const [refresh, save] = ['refresh', 'save'].map((name) => byId(`record-${name}`));
  const operators = new Set(); // seen here
  let shown = null; // the query of what stands there, as text
  let next = null; // where the next page begins
  let asked = 0; // the newest question: what answers an older one is not shown

  action.append(...Object.entries(say.actions).map(([value, text]) => element('option', '', text, { value })));

  function tell(text, tone = '') {
    setText(note, text);
    note.dataset.tone = tone;
  }

  const wanted = () => queryOf({ action: action.value, who: who.value.trim(), from: from.value, to: to.value });

  function failed(error) {
    if (!(error instanceof ApiError)) throw error;
    if (ended(error)) return dialog.close();
    setHidden(empty, true); // that is not known
    tell(error.code === 'not_allowed' ? say.notAllowed : loadWords(say.subject, error), 'error');
  }

  function rowOf(entry) {
    const row = clone('record-row');
    row.dataset.action = entry.action;
    setText($('.record-action', row), actionOf(entry));
    const about = aboutOf(entry, names);
    setText($('.record-about', row), about);
    setHidden($('.record-about', row), about === '');
    setText($('.record-by', row), byOf(entry, names));
    const time = $('time', row);
    setText(time, moment(entry.at));
    setAttr(time, 'title', exact(entry.at));
    setAttr(time, 'datetime', new Date(entry.at).toISOString());
    return row;
  }

  function offer(entries) {
    for (const { operatorId } of entries) if (operatorId !== '' && operators.size < KNOWN_MAX) operators.add(operatorId);
    byId('record-operators').replaceChildren(...[...operators].map((value) => element('option', '', '', { value })));
  }

  function clear() {
    next = null;
    list.replaceChildren();
    for (const node of [more, empty]) setHidden(node, true);
  }

  /** The first page, or the one behind those that are shown. */
  async function read(further = false) {
    asked += 1;
    const mine = asked;
    const query = wanted();
    const text = JSON.stringify(query);
    if (text !== shown) clear(); // nothing stands there that was not asked for
    shown = text;
    tell(words.loading);
    for (const button of [more, refresh]) setBlocked(button, true);
    try {
      const answer = await page(further ? { ...query, cursor: next } : query);
      if (mine === asked) show(answer, further, text === '{}');
    } catch (error) {
      if (mine === asked) failed(error);
    } finally {
      if (mine === asked) for (const button of [more, refresh]) setBlocked(button, false);
    }
  }

  function show(answer, further, all) {
    const rows = answer.entries.map(rowOf);
    if (further) list.append(...rows);
    else list.replaceChildren(...rows);
    offer(answer.entries);
    next = answer.next;
    const none = list.children.length === 0;
    setText(more, rows.length === 0 ? say.searchOn : say.more);
    if (next === null && document.activeElement === more) list.focus(); // the button goes
    setHidden(more, next === null);
    setText(empty, next !== null ? say.notYet : all ? say.empty : say.nothing);
    setHidden(empty, !none);
    tell(none ? '' : say.shown(list.children.length, next !== null));
  }

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('change', () => {
    setAttr(from, 'max', to.value || null);
    setAttr(to, 'min', from.value || null);
    void read();
  });
  more.addEventListener('click', () => more.getAttribute('aria-disabled') || void read(true));
  refresh.addEventListener('click', () => refresh.getAttribute('aria-disabled') || void read());
  downloads(save, {
    begin() {
      const query = wanted();
      return { name: 'record.csv', parts: (report) => file(query, report), shown: () => dialog.open };
    },
    tell,
    failed,
  });
  byId('record-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    asked += 1;
    shown = null;
    operators.clear();
    clear();
  });

  return {
    open() {
      form.reset();
      for (const [field, bound] of [[from, 'max'], [to, 'min']]) setAttr(field, bound, null);
      dialog.showModal();
      byId('record-close').focus();
      void read();
    },
    close: () => dialog.close(),
  };
}
