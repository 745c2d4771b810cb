// A list of recipients, in a dialog of its own: who was messaged for a profile and type, or whom not to contact. One
// searches it, goes on to older ones, takes somebody off, and has it as a file; the latter takes new ones, too.

import { ApiError } from '../api.js';
import { isolated } from '../names.js';
import { refusal } from '../status.js';
import { exact } from '../times.js';
import { words } from '../words.js';
import { $, byId, element, setAttr, setBlocked, setHidden, setText } from './dom.js';
import { downloads } from './download.js';

const say = words.recipients;
const SEARCH_PAUSE = 250; // ms without a key until it is searched

/**
 * Returns `open(source)` and `note(event)`, which is told of each event. A source: `{title, empty, read(cursor, find),
 * line(entry, page), at(entry), remove(entry), removed(entry), takes, concerns(event), file(report), name, add(id, note),
 * bring(file)}`, the last two only where the list takes new ones; `read`, `remove` and `add` resolve to acks, and `takes` is
 * the right that it takes to remove somebody.
 */
export function createRecipients() {
  const dialog = byId('recipients');
  const [title, note, list, more] = ['title', 'note', 'list', 'more'].map((name) => byId(`recipients-${name}`));
  const [find, form, file, save, bring] = ['find', 'form', 'file', 'save', 'bring'].map((name) => byId(`recipients-${name}`));
  const wrong = byId('recipients-wrong');
  let source = null; // of what is shown
  let next = null; // where the next page begins
  let asked = 0; // the newest question: what answers an older one is not shown
  let pause = null;
  let known = null; // how many are on the list, as far as it is shown

  function tell(text, tone = '') {
    setText(note, text);
    note.dataset.tone = tone;
  }

  /** What was done, and how many are on the list then. */
  const told = (what, number) => tell(`${what} ${say.number(number)}`.trim());

  function row(entry, page) {
    const node = element('li', 'recipient', '', { 'data-id': entry.id });
    const about = element('div', 'recipient-about');
    about.append(element('bdi', 'recipient-id', entry.id, { title: entry.id }));
    about.append(element('span', 'recipient-line', source.line(entry, page), { dir: 'auto', title: exact(source.at(entry)) }));
    const button = element('button', 'button small recipient-remove', say.remove, { type: 'button', 'data-takes': source.takes });
    setAttr(button, 'aria-label', source.removeLabel(isolated(entry.id)));
    button.addEventListener('click', () => void turn(entry, button));
    node.append(about, button);
    return node;
  }

  /** A row stays where it is: the next one would else come under the pointer, and be taken off by a second press. */
  function mark(node, button, gone) {
    node.dataset.gone = gone;
    const [text, label] = !gone ? [say.remove, source.removeLabel] : source.add ? [say.putBack, say.putBackLabel] : [say.removed, say.removedLabel];
    setText(button, text);
    setAttr(button, 'aria-label', label(isolated(node.dataset.id)));
    setBlocked(button, gone && !source.add);
  }

  /** Take somebody off, or put who was taken off back. */
  async function turn(entry, button) {
    if (button.getAttribute('aria-disabled')) return;
    const of = source;
    const node = button.closest('li');
    const back = node.dataset.gone === 'true';
    setBlocked(button, true);
    const ack = await (back ? of.add(entry.id, entry.note) : of.remove(entry));
    if (of !== source) return;
    setBlocked(button, false);
    if (!ack.ok) return tell(refusal(ack), 'error');
    known = ack.count;
    mark(node, button, !back);
    told((back ? say.added : of.removed)(isolated(entry.id)), ack.count);
  }

  /** To its button, or where the role has none to the row itself. */
  function goTo(node) {
    const button = $('.recipient-remove', node);
    const to = button.checkVisibility() ? button : node;
    if (to === node) node.tabIndex = -1;
    to.focus();
  }

  /** The first page, or the one behind those that are shown. */
  async function read(further = false) {
    const [of, number] = [source, (asked += 1)];
    const wanted = find.value.trim();
    if (!further) {
      tell(words.loading);
      setHidden(wrong, true);
    }
    setBlocked(more, true);
    const ack = await of.read(further ? next : null, wanted);
    if (of !== source || number !== asked) return;
    setBlocked(more, false);
    if (!ack.ok) return tell(refusal(ack), 'error');
    const rows = ack.recipients.map((entry) => row(entry, ack));
    if (further) list.append(...rows);
    else list.replaceChildren(...rows);
    [next, known] = [ack.next, ack.count];
    setHidden(more, next === null);
    setText(more, wanted !== '' && rows.length === 0 ? say.searchOn : say.more);
    tell(say.number(ack.count));
    setText(byId('recipients-empty'), wanted !== '' ? (next === null ? say.nothing : say.notYet) : of.empty);
    setHidden(byId('recipients-empty'), list.children.length > 0);
    if (further && rows.length > 0) goTo(rows[0]);
  }

  /** What went wrong over HTTP, and which lines of a file. */
  function failed(error) {
    if (!(error instanceof ApiError)) throw error;
    tell(say.failures[error.code] ?? say.failed, 'error');
    const lines = Array.isArray(error.body?.lines) ? error.body.lines : [];
    wrong.replaceChildren(...lines.map(({ line, code }) => element('li', '', say.line(line, say.wrong[code] ?? say.wrong.other))));
    if (error.body?.more > 0) wrong.append(element('li', '', say.linesMore(error.body.more)));
    setHidden(wrong, lines.length === 0);
  }

  find.addEventListener('input', () => {
    clearTimeout(pause);
    pause = setTimeout(() => void read(), SEARCH_PAUSE);
  });
  byId('recipients-search').addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(pause);
    void read();
  });
  more.addEventListener('click', () => more.getAttribute('aria-disabled') || void read(true));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const of = source;
    const [id, why] = [...form.elements].filter(({ type }) => type === 'text');
    const wanted = id.value.trim();
    if (wanted === '') return id.focus();
    const ack = await of.add(wanted, why.value.trim());
    if (of !== source) return;
    if (!ack.ok) return tell(refusal(ack), 'error');
    [id.value, why.value, find.value] = ['', '', ''];
    await read();
    if (of !== source) return;
    told((ack.added ? say.added : say.already)(isolated(wanted)), ack.count);
    id.focus();
  });
  bring.addEventListener('click', () => file.click());
  file.addEventListener('change', async () => {
    const [chosen] = file.files;
    const of = source;
    file.value = ''; // the same file can be chosen once more
    if (!chosen) return;
    setHidden(wrong, true);
    tell(say.importing);
    try {
      const { added, already } = await of.bring(chosen);
      if (of !== source) return;
      find.value = '';
      await read();
      tell(say.imported(added, already));
    } catch (error) {
      if (of === source) failed(error);
    }
  });
  downloads(save, {
    begin() {
      const of = source;
      return { name: of.name, parts: of.file, shown: () => of === source };
    },
    tell,
    failed,
  });
  byId('recipients-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    clearTimeout(pause);
    source = null;
  });

  return {
    open(of) {
      source = of;
      next = null;
      find.value = '';
      form.reset();
      setText(title, of.title);
      setHidden(form, !of.add);
      setHidden(bring, !of.bring);
      setHidden(wrong, true);
      setHidden(more, true);
      setHidden(byId('recipients-empty'), true);
      list.replaceChildren();
      dialog.showModal();
      find.focus();
      void read();
    },

    /** Nothing moves under the pointer: what others change is said, and who is gone goes. */
    note({ name, data }) {
      if (source === null || !source.concerns(name, data)) return;
      if (name === 'blocklistCleared') void read();
      else if (data.count !== known) tell(say.changed(data.count));
    },
  };
}
