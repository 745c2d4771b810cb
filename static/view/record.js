// The account's record of who did what, in a dialog of its own: newest first, by action, operator and days, and as a file.

import { loadWords } from '../failures.js';
import { aboutOf, actionOf, byOf, queryOf } from '../record.js';
import { exact, moment } from '../times.js';
import { words } from '../words.js';
import { $, byId, clone, element, setAttr, setHidden, setText } from './dom.js';
import { createPaged } from './paged.js';

const say = words.record;
const KNOWN_MAX = 50; // operators that are offered

/**
 * `page(query)` and `file(query, report)` ask the server; `ended(error)`, whether a call failed because one has to sign in
 * again, as in account.js; `names` as of record.js. Returns `{open}`.
 */
export function createRecord({ page, file, ended, names }) {
  const dialog = byId('record');
  const [action, who, from, to] = ['action', 'who', 'from', 'to'].map((name) => byId(`record-${name}`));
  const operators = new Set(); // seen here

  action.append(...Object.entries(say.actions).map(([value, text]) => element('option', '', text, { value })));

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

  const paged = createPaged({
    name: 'record',
    say,
    wanted: () => queryOf({ action: action.value, who: who.value.trim(), from: from.value, to: to.value }),
    page,
    rowsOf({ entries }) {
      offer(entries);
      return entries.map(rowOf);
    },
    file: { name: 'record.csv', of: file },
    ended,
    why: (error) => (error.code === 'not_allowed' ? say.notAllowed : loadWords(say.subject, error)),
    close: () => dialog.close(),
    closed: () => operators.clear(),
  });

  return { open: paged.open };
}
