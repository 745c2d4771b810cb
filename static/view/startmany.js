// What is asked before many runs start: whom they message in all, each with which text, and who is left out. It follows the
// texts and runs while it is open, and does not wait for the counting.

import { paced, startsOf, sumOf, withSomebody } from '../batch.js';
import { keyOf } from '../keys.js';
import { isolated } from '../names.js';
import { intervalWords, pauseWords } from '../rhythm.js';
import { words } from '../words.js';
import { byId, element, setAttr, setBlocked, setHidden, setText, untilReleased } from './dom.js';

const COUNTS_AT_ONCE = 3; // of the five that the server does for an account at a time: other devices count, too

const says = words.many;

/** `parts`: `{state(), commands, batch}`. Returns `{ask(type, ids), render(state)}`. */
export function createStartMany({ state, commands, batch }) {
  const dialog = byId('start-many');
  const [ok, list, same, detach] = [byId('start-many-ok'), byId('start-many-list'), byId('start-many-same'), byId('start-many-detach')];
  let asked = null; // {type, ids, source: {profileId, name} whose text may be for all, or null, counting: ids that were asked about}
  let starts = []; // as of batch.js, as they are shown
  let counts = new Map(); // profileId -> ack
  let rows = new Map(); // profileId -> its item

  const ready = () => starts.filter(({ why }) => why === '');

  function rowOf({ profileId, name }) {
    const row = element('li', 'start-one', '', { 'data-testid': `start-many-${profileId}` });
    row.append(element('bdi', 'start-name', name), element('span', 'start-people'), element('span', 'start-said soft', '', { dir: 'auto' }));
    return row;
  }

  function peopleOf(profileId) {
    const ack = counts.get(profileId);
    if (!ack) return words.counting;
    return ack.ok ? says.people(ack.toMessage) : says.notKnown;
  }

  function showRow({ profileId, message, why }) {
    const row = rows.get(profileId);
    const [, people, said] = row.children;
    setText(people, why ? says.leftOut : peopleOf(profileId));
    setText(said, why || message);
    setAttr(row, 'data-out', why ? 'true' : null);
  }

  /** How many there are to message, as far as that is known. */
  function peopleWords() {
    const { counted, people, unknown } = sumOf(ready(), counts);
    if (counted < ready().length) return says.counting(counted, ready().length);
    return says.sum(people, says.runs[asked.type](counted - unknown), unknown);
  }

  function show(now) {
    const { type, ids, source } = asked;
    const text = source && same.checked ? (now.drafts[keyOf(source.profileId, type)]?.message ?? '') : null;
    const { pause, interval } = now.rhythm;
    starts = startsOf(now, ids, type, text);
    if (pause === 0) starts = withSomebody(starts, counts); // one that is repeated may find somebody later
    starts.forEach(showRow);
    const some = ready().length > 0;
    const out = starts.filter(({ why }) => why !== '');
    const offline = now.connection.status !== 'connected';
    setText(byId('start-many-title'), some ? says.startTitle(says.runs[type](ready().length)) : says.noneReady);
    setText(byId('start-many-people'), some ? peopleWords() : '');
    setText(byId('start-many-out'), out.length > 0 ? says.out(says.names(out.map(({ name }) => isolated(name)))) : '');
    setText(byId('start-many-how'), words.join([pause > 0 ? pauseWords(pause) : '', interval > 0 ? intervalWords(interval) : '']));
    detach.checked = now.detaching;
    setText(ok, some ? says.startOk(says.runs[type](ready().length)) : says.startNone);
    setText(byId('start-many-notice'), offline ? words.run.offline : '');
    setBlocked(ok, offline || !some);
    count();
  }

  /** Ask for those that can be started, also for one that can be only now. */
  function count() {
    const mine = asked;
    const wanted = () => asked === mine;
    const more = ready().map(({ profileId }) => profileId).filter((profileId) => !mine.counting.has(profileId));
    for (const profileId of more) mine.counting.add(profileId);
    void paced(more, {
      atOnce: COUNTS_AT_ONCE,
      wanted,
      ask: (profileId) => commands.preview(profileId, mine.type, undefined, wanted),
      heard(profileId, ack) {
        if (!wanted()) return;
        counts.set(profileId, ack);
        show(state());
      },
    });
  }

  function close() {
    asked = null;
    if (dialog.open) dialog.close();
  }

  ok.addEventListener('click', ({ detail }) => {
    if (detail > 1 || asked === null) return; // the rest of the double click that opened it
    if (state().connection.status !== 'connected' || ready().length === 0) return;
    const { type } = asked;
    const refused = starts.filter(({ locked }) => locked).map((start) => ({ ...start, text: words.fixed.locked }));
    const going = ready();
    close();
    void batch.begin('start', type, going, refused);
  });
  untilReleased(ok);
  byId('start-many-cancel').addEventListener('click', close);
  dialog.addEventListener('close', () => dialog.open || close());
  same.addEventListener('change', () => show(state()));
  detach.addEventListener('change', () => commands.detach(detach.checked));

  return {
    ask(type, ids) {
      const { selected, profiles, drafts } = state();
      const open = profiles.items.find(({ external_id: id }) => id === selected);
      const source = open && drafts[keyOf(selected, type)]?.message ? { profileId: selected, name: open.name } : null;
      const all = startsOf(state(), ids, type).sort((one, other) => Number(one.why !== '') - Number(other.why !== ''));
      asked = { type, ids: all.map(({ profileId }) => profileId), source, counting: new Set() };
      counts = new Map();
      same.checked = false;
      setHidden(same.parentElement, source === null);
      setText(byId('start-many-whose'), source ? says.same(isolated(source.name)) : '');
      rows = new Map(all.map((start) => [start.profileId, rowOf(start)]));
      list.replaceChildren(...rows.values());
      show(state());
      if (!dialog.open) dialog.showModal();
      ok.focus();
    },

    render(now) {
      if (asked !== null) show(now);
    },
  };
}
