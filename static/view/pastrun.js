// One run of the history, in a dialog in front of the list: how it went, its text, and whom it could not message.

import { byOf, factsOf, outcomeOf, whoseOf } from '../pastruns.js';
import { words } from '../words.js';
import { $, byId, element, setBlocked, setHidden, setText } from './dom.js';
import { unsentRow } from './unsent.js';

const say = words.past;
const LISTS = ['failed', 'uncertain'];

/** `api`, `names` and `sendAgain` as of pastruns.js; `failed(error)` says why a call failed. Returns `{open(run), close}`. */
export function createPastRun({ api, names, failed, sendAgain }) {
  const dialog = byId('past-run');
  const [title, outcome, facts, text, attached, note] = ['title', 'outcome', 'facts', 'text', 'attached', 'note'].map((name) => byId(`past-run-${name}`));
  const again = byId('past-run-again');
  let run = null; // the one that is shown
  let content = null; // its text and attachments, once they are known

  for (const which of LISTS) {
    $('button', byId(`past-run-${which}`)).addEventListener('click', ({ currentTarget }) => void list(which, currentTarget.dataset.next));
  }
  again.addEventListener('click', () => {
    if (content === null) return;
    const [sent, before] = [content, run];
    dialog.close();
    sendAgain(before, sent);
  });
  byId('past-run-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    run = null;
  });

  /** What was asked for, if it is still wanted when it comes; else undefined. */
  async function answered(asking) {
    const mine = run;
    try {
      const answer = await asking;
      return mine === run ? answer : undefined;
    } catch (error) {
      if (mine === run && !failed(error)) setText(note, say.notRead);
      return undefined;
    }
  }

  async function read() {
    const answer = await answered(api.run(run.id));
    if (answer === undefined) return;
    const { message, attachments } = answer;
    content = { message, attachments };
    setText(text, message);
    setText(note, '');
    setBlocked(again, message === '');
    const titles = attachments.map((each) => each.title);
    setText(attached, titles.length > 0 ? words.starting.attached(titles) : '');
  }

  /** The recipients of one list, the first ones or those from a place on. */
  async function list(which, cursor = null) {
    const box = byId(`past-run-${which}`);
    const answer = await answered(api.recipients(run.id, { outcome: which, ...(cursor && { cursor }) }));
    if (answer === undefined) return;
    const rows = [...answer.recipients].sort((one, other) => one.at - other.at).map(unsentRow);
    const further = $('button', box);
    if (cursor === null) $('ul', box).replaceChildren(...rows);
    else $('ul', box).append(...rows);
    further.dataset.next = answer.next ?? '';
    setHidden(further, answer.next === null);
    const names_ = $('ul', box).children.length;
    setText($('.past-unnamed', box), answer.next === null && answer.unnamed > 0 ? words.unsent.unlisted(answer.unnamed) : '');
    setHidden(box, names_ === 0 && answer.unnamed === 0 && answer.next === null);
  }

  return {
    open(chosen) {
      run = chosen;
      content = null;
      setText(title, whoseOf(run, names));
      setText(outcome, outcomeOf(run));
      outcome.dataset.outcome = run.outcome;
      setText(byId('past-run-by'), byOf(run, names));
      facts.replaceChildren(
        ...factsOf(run, names).flatMap(([heading, value]) => [element('dt', '', heading), element('dd', '', value)]),
      );
      setText(text, run.beginning);
      setText(attached, '');
      setText(note, words.loading);
      setBlocked(again, true);
      for (const which of LISTS) setHidden(byId(`past-run-${which}`), true);
      dialog.showModal();
      byId('past-run-close').focus();
      void read();
      if (run.failed > 0 || run.totals !== null) void list('failed');
      if (run.uncertain > 0 || run.totals !== null) void list('uncertain');
    },
    close: () => dialog.close(),
  };
}
