// One row of the list: who it is, the runs as rings round the picture, one sentence about now, at most one mark. It is made
// once, and touched only where something of its own has changed.

import { icon } from '../icons.js';
import { keyOf, TYPES } from '../keys.js';
import { fold } from '../names.js';
import { hashOf } from '../place.js';
import { ringOf } from '../rings.js';
import { factsOf, lineOf, markOf } from '../rows.js';
import { moment } from '../times.js';
import { words } from '../words.js';
import { $, about, clone, element, setAttr, setAvatar, setText } from './dom.js';
import { setRings } from './rings.js';

/** What of a row's facts decides where it stands, and whether it is shown. */
const PLACING = ['running', 'needs', 'draft', 'activity'];
const NOTHING = factsOf('', { runs: {}, plans: {}, drafts: {}, offers: {}, uncertain: {}, devices: {} });

/** A row of a profile; `index` is its place in the answer of the backend. */
export function createRow(profile, index) {
  const id = profile.external_id;
  const item = clone('person-row');
  const link = $('a', item);
  const frame = $('.ringed', item);
  const avatar = $('.avatar', item);
  const line = $('.row-line', item);
  const mark = $('.row-mark', item);
  let pin = null; // made for those that are pinned: of hundreds of rows few are
  let clock = null; // the same, of those with a plan
  let pen = null; // and of those whose text somebody else is typing
  const person = about(profile);
  let folded = null;

  link.href = hashOf(id);
  link.dataset.testid = `profile-item-${id}`;
  link.tabIndex = -1;
  setText($('.row-name', item), profile.name);
  setText(line, person);

  function showMark(found) {
    const number = found?.number ?? 0;
    if (mark.dataset.kind === found?.kind && Number(mark.dataset.number ?? 0) === number) return;
    setAttr(mark, 'data-kind', found?.kind ?? null);
    setAttr(mark, 'data-number', number > 0 ? number : null);
    const said = number > 0 ? words.list.needs(number) : words.list.draft;
    const digits = element('span', '', number > 0 ? String(number) : '', { 'aria-hidden': 'true' });
    mark.replaceChildren(...(found === null ? [] : [digits, element('span', 'vh', said)]));
  }

  function showPlan(plan) {
    const said = plan ? words.list.planned(moment(plan.startAt)) : '';
    if ((clock?.title ?? '') === said) return;
    clock?.remove();
    clock = plan ? element('span', 'row-plan', '', { title: said }) : null;
    if (clock === null) return;
    clock.append(icon('clock'), element('span', 'vh', said));
    $('.row-head', item).append(clock);
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
      showPlan(row.facts.plan);
      return PLACING.some((name) => before[name] !== row.facts[name]);
    },

    /** Say who types there; '' for nobody. */
    typing(said) {
      pen?.remove();
      pen = said === '' ? null : element('span', 'row-pen', '', { title: said });
      if (pen === null) return;
      pen.append(icon('pen'), element('span', 'vh', said));
      $('.row-head', item).append(pen);
    },

    /** Draw the picture, once it is about to be seen. */
    picture: () => setAvatar(avatar, profile),

    select: (selected) => setAttr(link, 'aria-current', selected ? 'true' : null),

    /** While profiles are being selected a row is an option, and no link: `selecting` whether they are, `chosen` whether it is. */
    choose(selecting, chosen) {
      setAttr(item, 'role', selecting ? 'none' : null);
      setAttr(link, 'role', selecting ? 'option' : null);
      setAttr(link, 'aria-selected', selecting ? chosen : null);
    },
    pin(pinned) {
      if (pinned === (pin !== null)) return;
      if (pinned) {
        pin = element('span', 'row-pin');
        pin.append(icon('pin'), element('span', 'vh', words.list.pinned));
        $('.row-head', item).append(pin);
      } else {
        pin.remove();
        pin = null;
      }
    },
  };
  return row;
}
