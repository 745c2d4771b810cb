// The history of runs, in a dialog of its own: the last that ended first, with filters and as a file; and one run in another
// one in front of it, with its text and whom it could not message.

import { ApiError } from '../api.js';
import { loadWords } from '../failures.js';
import { byOf, outcomeOf, queryOf, whoseOf } from '../pastruns.js';
import { exact, moment } from '../times.js';
import { words } from '../words.js';
import { $, byId, clone, element, setAttr, setBlocked, setHidden, setText } from './dom.js';
import { downloads } from './download.js';
import { createPastRun } from './pastrun.js';

const say = words.past;
const SEARCHES_MAX = 20; // answers that are waited for where little is found among very many
const WIDE = matchMedia('(min-width: 760px)'); // as in css/pastruns.css: there is room for all filters
const QUIET = 400; // ms after the last run that ended: of many at once the list is read once
const ENDS = new Set(['processingComplete', 'processingStopped', 'processingInterrupted', 'runSettled']);
const FIELDS = ['text', 'outcome', 'type', 'profile', 'who', 'from', 'to'];

/**
 * `api`: `{page(query), file(query, report), run(id), recipients(id, query)}`, which ask the server; `ended(error)`, whether a
 * call failed because one has to sign in again, as in account.js; `names` as of pastruns.js; `profiles()`; `sendAgain(run,
 * message)` puts a text into its box. Returns `{open, close, note(event)}`, the last being told of each event.
 */
export function createPastRuns({ api, ended, names, profiles, sendAgain }) {
  const dialog = byId('past');
  const [note, list, empty, more, form] = ['note', 'list', 'empty', 'more', 'form'].map((name) => byId(`past-${name}`));
  const [refresh, save] = ['refresh', 'save'].map((name) => byId(`past-${name}`));
  const fields = Object.fromEntries(FIELDS.map((name) => [name, byId(`past-${name}`)]));
  let shown = null; // the query of what stands there, as text
  let next = null; // where the next page begins
  let pages = 0; // how many stand there
  let asked = 0; // the newest question: what answers an older one is not shown
  let quiet = 0; // the timer of what has ended

  const one = createPastRun({
    api,
    names,
    failed,
    sendAgain(run, message) {
      dialog.close();
      sendAgain(run, message);
    },
  });

  function tell(text, tone = '') {
    setText(note, text);
    note.dataset.tone = tone;
  }

  const wanted = () =>
    queryOf(Object.fromEntries(FIELDS.map((name) => [name, fields[name].value.trim()])), profiles());

  /** Say in the dialog that a call failed; true where one has to sign in again, and both are closed. */
  function failed(error) {
    if (!(error instanceof ApiError)) throw error;
    if (ended(error)) {
      close();
      return true;
    }
    setHidden(empty, true); // that is not known
    tell(loadWords(say.subject, error), 'error');
    return false;
  }

  function rowOf(run) {
    const row = clone('past-row');
    row.dataset.outcome = run.outcome;
    const button = $('.past-open', row);
    setText(button, whoseOf(run, names));
    button.addEventListener('click', () => one.open(run));
    setText($('.past-outcome', row), outcomeOf(run));
    setText($('.record-by', row), byOf(run, names));
    setText($('.past-words', row), run.beginning);
    const time = $('time', row);
    setText(time, moment(run.endedAt));
    setAttr(time, 'title', exact(run.endedAt));
    setAttr(time, 'datetime', new Date(run.endedAt).toISOString());
    return row;
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
      const answer = await found(query, further ? next : null, () => mine === asked);
      if (mine === asked) show(answer, further, text === '{}');
    } catch (error) {
      if (mine === asked) failed(error);
    } finally {
      if (mine === asked) for (const button of [more, refresh]) setBlocked(button, false);
    }
  }

  /** An answer with a run in it, if there is one: of very many the server looks at some at a time. */
  async function found(query, cursor, current) {
    let answer = { next: cursor };
    for (let asks = 0; asks < SEARCHES_MAX && current(); asks += 1) {
      answer = await api.page(answer.next === null ? query : { ...query, cursor: answer.next });
      if (answer.runs.length > 0 || answer.next === null) break;
    }
    return answer;
  }

  function show(answer, further, all) {
    const focus = list.contains(document.activeElement);
    const rows = answer.runs.map(rowOf);
    if (further) list.append(...rows);
    else list.replaceChildren(...rows);
    pages = further ? pages + 1 : 1;
    next = answer.next;
    const none = list.children.length === 0;
    setText(more, rows.length === 0 ? say.searchOn : say.more);
    if ((next === null && document.activeElement === more) || (focus && !list.contains(document.activeElement))) list.focus();
    setHidden(more, next === null);
    setText(empty, next !== null ? say.notYet : all ? say.empty : say.nothing);
    setHidden(empty, !none);
    tell(none ? '' : say.shown(list.children.length, next !== null));
  }

  function offer() {
    const options = profiles().map(({ name }) => element('option', '', '', { value: name }));
    byId('past-profiles').replaceChildren(...options);
  }

  function close() {
    one.close();
    dialog.close();
  }

  WIDE.addEventListener('change', () => {
    byId('past-filters').open = WIDE.matches;
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('change', () => {
    setAttr(fields.from, 'max', fields.to.value || null);
    setAttr(fields.to, 'min', fields.from.value || null);
    void read();
  });
  more.addEventListener('click', () => more.getAttribute('aria-disabled') || void read(true));
  refresh.addEventListener('click', () => refresh.getAttribute('aria-disabled') || void read());
  downloads(save, {
    begin() {
      const query = wanted();
      return { name: 'runs.csv', parts: (report) => api.file(query, report), shown: () => dialog.open };
    },
    tell,
    failed,
  });
  byId('past-close').addEventListener('click', close);
  dialog.addEventListener('close', () => {
    asked += 1;
    clearTimeout(quiet);
    shown = null;
    clear();
  });

  return {
    open() {
      form.reset();
      offer();
      byId('past-filters').open = WIDE.matches;
      for (const [field, bound] of [[fields.from, 'max'], [fields.to, 'min']]) setAttr(field, bound, null);
      dialog.showModal();
      byId('past-close').focus();
      void read();
    },
    close,
    note({ name }) {
      if (!dialog.open || !ENDS.has(name)) return;
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        // Who has read on, or down, keeps their place.
        if (pages > 1 || list.scrollTop > 0) tell(say.newer);
        else void read();
      }, QUIET);
    },
  };
}
