// A list in a dialog that is read from the server page by page, newest first: by a form of filters with two days among them, anew,
// further, and as a file.

import { ApiError } from '../api.js';
import { words } from '../words.js';
import { byId, setAttr, setBlocked, setHidden, setText } from './dom.js';
import { downloads } from './download.js';

/**
 *   name             what the ids of its dialog and of the parts begin with in index.html
 *   say              its words: `{more, searchOn, empty, nothing, notYet, shown(number, further)}`
 *   wanted()         the query that the form says
 *   page(query, current)   asks the server for one: `{next, ...}`; `current()`: whether it is still wanted
 *   rowsOf(answer)   its rows
 *   file             `{name, of(query, report)}`: all of it, as api.js puts it together
 *   ended(error)     whether a call failed because one has to sign in again, as in account.js
 *   why(error)       why another one did, in words
 *   close()          closes the dialog, with what is in front of it
 *   closed()         it is closed
 * Returns `{open, read, tell, failed, reads}`: `failed(error)` says in it that a call failed, and whether one has to sign in again;
 * `reads()`: whether somebody has read on, or down.
 */
export function createPaged({ name, say, wanted, page, rowsOf, file, ended, why, close, closed }) {
  const dialog = byId(name);
  const [note, list, empty, form, from, to] = ['note', 'list', 'empty', 'form', 'from', 'to'].map((part) => byId(`${name}-${part}`));
  const [more, refresh, save] = ['more', 'refresh', 'save'].map((part) => byId(`${name}-${part}`));
  let shown = null; // the query of what stands there, as text
  let next = null; // where the next page begins
  let pages = 0; // how many stand there
  let asked = 0; // the newest question: what answers an older one is not shown

  function tell(text, tone = '') {
    setText(note, text);
    note.dataset.tone = tone;
  }

  function failed(error) {
    if (!(error instanceof ApiError)) throw error;
    if (ended(error)) {
      close();
      return true;
    }
    setHidden(empty, true); // that is not known
    tell(why(error), 'error');
    return false;
  }

  function clear() {
    next = null;
    list.replaceChildren();
    for (const node of [more, empty]) setHidden(node, true);
  }

  /** The days bound each other. */
  function bound() {
    setAttr(from, 'max', to.value || null);
    setAttr(to, 'min', from.value || null);
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
      const answer = await page(further ? { ...query, cursor: next } : query, () => mine === asked);
      if (mine === asked) show(answer, further, text === '{}');
    } catch (error) {
      if (mine === asked) failed(error);
    } finally {
      if (mine === asked) for (const button of [more, refresh]) setBlocked(button, false);
    }
  }

  function show(answer, further, all) {
    const focus = list.contains(document.activeElement);
    const rows = rowsOf(answer);
    if (further) list.append(...rows);
    else list.replaceChildren(...rows);
    pages = further ? pages + 1 : 1;
    next = answer.next;
    const none = list.children.length === 0;
    setText(more, rows.length === 0 ? say.searchOn : say.more);
    const goes = next === null && document.activeElement === more; // the button
    if (goes || (focus && !list.contains(document.activeElement))) list.focus();
    setHidden(more, next === null);
    setText(empty, next !== null ? say.notYet : all ? say.empty : say.nothing);
    setHidden(empty, !none);
    tell(none ? '' : say.shown(list.children.length, next !== null));
  }

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('change', () => {
    bound();
    void read();
  });
  more.addEventListener('click', () => more.getAttribute('aria-disabled') || void read(true));
  refresh.addEventListener('click', () => refresh.getAttribute('aria-disabled') || void read());
  downloads(save, {
    begin() {
      const query = wanted();
      return { name: file.name, parts: (report) => file.of(query, report), shown: () => dialog.open };
    },
    tell,
    failed,
  });
  byId(`${name}-close`).addEventListener('click', close);
  dialog.addEventListener('close', () => {
    asked += 1;
    shown = null;
    clear();
    closed();
  });

  return {
    open() {
      form.reset();
      bound();
      dialog.showModal();
      byId(`${name}-close`).focus();
      void read();
    },
    read,
    tell,
    failed,
    reads: () => pages > 1 || list.scrollTop > 0,
  };
}
