// Who is signed in, in a dialog of its own: each session with its device, from where and since when. One ends it there.

import { ApiError } from '../api.js';
import { doWords, loadWords } from '../failures.js';
import { isolated, plain } from '../names.js';
import { exact, when } from '../times.js';
import { words } from '../words.js';
import { $, byId, clone, setAttr, setHidden, setText } from './dom.js';

const say = words.sessions;

/**
 * `list(cursor)`, `end(id)`, where null is all others, and `ended(error)`, whether a call failed because one has to sign in
 * again, as in account.js; `operatorId()`, whose the page is; `ask` as of confirm.js. Returns `open()` and
 * `note(event)`, which is told of each event.
 */
export function createSessions({ list, end, ended, operatorId, ask }) {
  const dialog = byId('sessions');
  const rows = byId('sessions-list');
  const [title, note, more, others, close] = ['title', 'note', 'more', 'others', 'close'].map((name) => byId(`sessions-${name}`));
  let next = null; // where the next page begins
  let asked = 0; // the newest question: what answers an older one is not shown

  more.addEventListener('click', () => void load(next));
  others.addEventListener('click', () => void endOthers());
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    asked += 1;
    rows.replaceChildren();
  });

  /** `about`: `list` for how its loading goes, over once it has been loaded; else what was done. */
  function tell(text, about = '') {
    setText(note, text);
    note.dataset.about = about;
  }

  function failed(error, about) {
    if (!(error instanceof ApiError)) throw error;
    if (ended(error)) return dialog.close();
    if (error.code === 'unknown_session') return tell(say.gone);
    tell(about === 'list' ? loadWords(say.what, error) : doWords(error), about);
  }

  async function load(cursor = null) {
    asked += 1;
    const mine = asked;
    try {
      const answer = await list(cursor);
      if (mine === asked) show(answer, cursor !== null);
    } catch (error) {
      if (mine === asked) failed(error, 'list');
    }
  }

  function show(answer, further) {
    if (!further) rows.replaceChildren();
    rows.append(...answer.sessions.map(rowOf));
    next = answer.next;
    setHidden(more, next === null);
    setHidden(others, next === null && rows.querySelector('[data-other="own"]') === null); // a later page may have some
    setText(title, rows.querySelector('[data-other="mate"]') === null ? say.title : say.titleAll);
    if (note.dataset.about === 'list') tell('');
  }

  function rowOf(session) {
    const row = clone('device-row');
    for (const part of ['.device-rename', '.device-form']) $(part, row).remove(); // a session has no name of its own
    const name = plain(session.device || session.agent || say.unknown);
    const mate = session.operatorId !== operatorId();
    row.dataset.testid = `session-${session.id}`;
    row.dataset.id = session.id;
    row.dataset.state = session.here ? 'here' : 'out';
    row.dataset.other = session.current ? '' : mate ? 'mate' : 'own';
    setText($('.device-name', row), name);
    setText($('.device-own', row), say.own);
    setHidden($('.device-own', row), !session.current);
    const line = $('.device-line', row);
    const whose = mate && (session.email || session.operatorId);
    const agent = session.device && session.agent !== session.device && session.agent;
    setText(line, words.join([whose, agent, session.address].filter(Boolean).map(isolated)));
    setHidden(line, line.textContent === '');
    const times = $('.device-doing', row);
    setText(times, words.join([say.since(when(session.since)), session.here ? say.here : say.seen(when(session.lastSeen))]));
    setAttr(times, 'title', exact(session.since));
    const button = $('.device-sign-out', row);
    setHidden(button, session.current);
    setAttr(button, 'aria-label', say.endLabel(isolated(name)));
    button.addEventListener('click', () => void endOne(session.id, name));
    return row;
  }

  async function endOne(id, name) {
    const sure = await ask({ title: say.endTitle(isolated(name)), text: say.endText, ok: say.end });
    if (!sure) return;
    await carryOut(id, () => say.ended(isolated(name)));
  }

  async function endOthers() {
    if (!(await ask({ title: say.othersTitle, text: say.othersText, ok: say.others }))) return;
    await carryOut(null, (done) => say.endedOthers(done.ended));
  }

  async function carryOut(id, said) {
    try {
      tell(said(await end(id)));
    } catch (error) {
      failed(error, '');
    }
    if (!dialog.open) return; // closed meanwhile, or one has to sign in again
    close.focus(); // the button that had it goes
    void load();
  }

  return {
    open() {
      setText(title, say.title);
      tell(words.loading, 'list');
      for (const button of [more, others]) setHidden(button, true);
      dialog.showModal();
      close.focus();
      void load();
    },
    note({ name, data }) {
      if (!dialog.open || name !== 'sessionsEnded') return;
      const own = rows.querySelector('[data-other=""]')?.dataset.id;
      if (!data.sessions.includes(own)) void load(); // else nobody answers this page any more
    },
  };
}
