// The history of runs, in a dialog of its own: the last that ended first, with filters and as a file; and one run in another
// one in front of it, with its text and whom it could not message.

import { loadWords } from '../failures.js';
import { byOf, outcomeOf, queryOf, whoseOf } from '../pastruns.js';
import { exact, moment } from '../times.js';
import { words } from '../words.js';
import { $, byId, clone, element, setAttr, setText } from './dom.js';
import { createPaged } from './paged.js';
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
 * content)` puts its `{message, attachments}` into their box. Returns `{open, note(event)}`, the last being told of each event.
 */
export function createPastRuns({ api, ended, names, profiles, sendAgain }) {
  const dialog = byId('past');
  const fields = Object.fromEntries(FIELDS.map((name) => [name, byId(`past-${name}`)]));
  let quiet = 0; // the timer of what has ended

  const one = createPastRun({
    api,
    names,
    failed: (error) => paged.failed(error),
    sendAgain(run, content) {
      dialog.close();
      sendAgain(run, content);
    },
  });

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

  /** An answer with a run in it, if there is one: of very many the server looks at some at a time. */
  async function found(query, current) {
    let answer = { next: query.cursor ?? null };
    for (let asks = 0; asks < SEARCHES_MAX && current(); asks += 1) {
      answer = await api.page(answer.next === null ? query : { ...query, cursor: answer.next });
      if (answer.runs.length > 0 || answer.next === null) break;
    }
    return answer;
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

  const paged = createPaged({
    name: 'past',
    say,
    wanted: () => queryOf(Object.fromEntries(FIELDS.map((name) => [name, fields[name].value.trim()])), profiles()),
    page: found,
    rowsOf: ({ runs }) => runs.map(rowOf),
    file: { name: 'runs.csv', of: api.file },
    ended,
    why: (error) => loadWords(say.subject, error),
    close,
    closed: () => clearTimeout(quiet),
  });

  return {
    open() {
      offer();
      byId('past-filters').open = WIDE.matches;
      paged.open();
    },
    note({ name }) {
      if (!dialog.open || !ENDS.has(name)) return;
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        // Who has read on, or down, keeps their place.
        if (paged.reads()) paged.tell(say.newer);
        else void paged.read();
      }, QUIET);
    },
  };
}
