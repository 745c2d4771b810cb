// Who is signed in, in a dialog of its own: each session with its device, from where and since when. One ends it there.

import { ApiError } from '../api.js';
import { loadWords } from '../failures.js';
import { isolated, plain } from '../names.js';
import { exact, when } from '../times.js';
import { words } from '../words.js';
import { $, byId, clone, setAttr, setHidden, setText } from './dom.js';

const say = words.sessions;

/**
 * `list(cursor)`, `end(id)`, where null is all others, and `ended(error)`, whether a call failed because one has to sign in
 * again, as in account.js; `ask` as of confirm.js. Returns `open()` and `note(event)`, which is told of each event.
 */
export function createSessions({ list, end, ended, ask }) {
  const dialog = byId('sessions');
  const rows = byId('sessions-list');
  const [title, note, more, others, close] = ['title', 'note', 'more', 'others', 'close'].map((name) => byId(`sessions-${name}`));
  let next = null; // where the next page begins
  let asked = 0; // the newest question: what answers an older one is not shown
  let operatorId = null; // whose the session of this page is

  more.addEventListener('click', () => void load(next));
  others.addEventListener('click', () => void endOthers());
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    asked += 1;
    rows.replaceChildren();
  });

  /** A call's answer; null where it failed, which is said then. */
  async function answered(calling) {
    try {
      return await calling;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (ended(error)) dialog.close();
      else setText(note, error.code === 'unknown_session' ? say.gone : loadWords(say.what, error));
      return null;
    }
  }

  async function load(cursor = null) {
    asked += 1;
    const mine = asked;
    const answer = await answered(list(cursor));
    if (mine !== asked || answer === null) return;
    if (cursor === null) rows.replaceChildren();
    operatorId = answer.sessions.find(({ current }) => current)?.operatorId ?? operatorId;
    rows.append(...answer.sessions.map(rowOf));
    next = answer.next;
    setHidden(more, next === null);
    setHidden(others, rows.querySelector('[data-other="own"]') === null);
    setText(title, rows.querySelector('[data-other="mate"]') === null ? say.title : say.titleAll);
    if (note.textContent === say.loading) setText(note, '');
  }

  function rowOf(session) {
    const row = clone('session-row');
    const name = plain(session.device || session.agent || say.unknown);
    const mate = operatorId !== null && session.operatorId !== operatorId;
    row.dataset.testid = `session-${session.id}`;
    row.dataset.id = session.id;
    row.dataset.state = session.here ? 'here' : 'out';
    row.dataset.other = session.current ? '' : mate ? 'mate' : 'own';
    setText($('.device-name', row), name);
    setHidden($('.device-own', row), !session.current);
    const line = $('.device-line', row);
    const agent = session.device && session.agent !== session.device && isolated(session.agent);
    setText(line, words.join([mate && isolated(session.email || session.operatorId), agent, isolated(session.address)]));
    setHidden(line, line.textContent === '');
    const times = $('.device-doing', row);
    setText(times, words.join([say.since(when(session.since)), session.here ? say.here : say.seen(when(session.lastSeen))]));
    setAttr(times, 'title', exact(session.since));
    const button = $('.session-end', row);
    setHidden(button, session.current);
    setAttr(button, 'aria-label', say.endLabel(isolated(name)));
    button.addEventListener('click', () => void endOne(session.id, name));
    return row;
  }

  async function endOne(id, name) {
    const sure = await ask({ title: say.endTitle(isolated(name)), text: say.endText, ok: say.end });
    if (!sure) return;
    const done = await answered(end(id));
    if (done !== null) setText(note, say.ended(isolated(name)));
    close.focus(); // the button that had it goes with its row
    void load();
  }

  async function endOthers() {
    if (!(await ask({ title: say.othersTitle, text: say.othersText, ok: say.others }))) return;
    const done = await answered(end(null));
    if (done !== null) setText(note, say.endedOthers(done.ended));
    close.focus();
    void load();
  }

  return {
    open() {
      setText(title, say.title);
      setText(note, say.loading);
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
    close: () => dialog.close(),
  };
}
