// One row of the list: who it is, the runs as rings round the picture, one sentence about now, at most one mark. It is made
// once, and touched only where something of its own has changed.

import { keyOf, TYPES } from '../keys.js';
import { fold } from '../names.js';
import { hashOf } from '../place.js';
import { ringOf } from '../rings.js';
import { factsOf, lineOf, markOf } from '../rows.js';
import { words } from '../words.js';
import { $, about, clone, setAttr, setAvatar, setHidden, setText } from './dom.js';
import { setRings } from './rings.js';

/** What of a row's facts decides where it stands, and whether it is shown. */
const PLACING = ['running', 'needs', 'draft', 'activity'];
const NOTHING = factsOf('', { runs: {}, drafts: {}, offers: {}, uncertain: {} });

/** A row of a profile; `index` is its place in the answer of the backend. */
export function createRow(profile, index) {
  const id = profile.external_id;
  const item = clone('person-row');
  const link = $('a', item);
  const frame = $('.ringed', item);
  const line = $('.row-line', item);
  const mark = $('.row-mark', item);
  const pin = $('.row-pin', item);
  const person = about(profile);
  let folded = null;

  link.href = hashOf(id);
  link.dataset.testid = `profile-item-${id}`;
  link.tabIndex = -1;
  setText($('.row-name', item), profile.name);
  setText(line, person);
  setAvatar($('.avatar', item), profile);

  function showMark(found) {
    setAttr(mark, 'data-kind', found?.kind ?? null);
    setText($('[aria-hidden]', mark), found?.kind === 'needs' ? String(found.number) : '');
    setText($('.vh', mark), found === null ? '' : found.kind === 'needs' ? words.list.needs(found.number) : words.list.draft);
  }

  const row = {
    id,
    index,
    keys: TYPES.map((type) => keyOf(id, type)), // under which the state holds what it shows
    name: profile.name,
    item,
    link,
    facts: NOTHING,

    /** Whether it has the words that are searched, of `matcher`. */
    found(matches) {
      folded ??= fold([profile.name, id, profile.country_name, profile.age].join(' '));
      return matches(folded);
    },

    /** Say what is new; whether that may change its place, or whether it is shown. */
    update(state) {
      const before = row.facts;
      const me = state.device?.id ?? null;
      row.facts = factsOf(id, state);
      const said = lineOf(row.facts, me);
      setText(line, said?.text ?? person);
      setAttr(line, 'data-tone', said?.tone ?? null);
      const rings = row.facts.sides.map(({ type, run, uncertain }) => [type, ringOf(run, me, uncertain)]);
      setRings(frame, Object.fromEntries(rings));
      showMark(markOf(row.facts));
      return PLACING.some((name) => before[name] !== row.facts[name]);
    },

    select: (selected) => setAttr(link, 'aria-current', selected ? 'true' : null),
    pin: (pinned) => setHidden(pin, !pinned),
  };
  return row;
}
