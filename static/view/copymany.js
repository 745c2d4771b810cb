// What is asked before a text is copied to many profiles: whose it is, who gets it, and whose own it replaces. Each of them can
// take it back at its box, as anything that was typed there.

import { copiesOf, sourcesOf } from '../batch.js';
import { isolated } from '../names.js';
import { words } from '../words.js';
import { byId, element, setBlocked, setText, untilReleased } from './dom.js';

const says = words.many;

/** `parts`: `{state(), copy(profileId, type, text)}`. Returns `{ask(type, ids), render(state)}`. */
export function createCopyMany({ state, copy }) {
  const dialog = byId('copy-many');
  const [ok, from] = [byId('copy-many-ok'), byId('copy-many-from')];
  let asked = null; // {type, ids}
  let copies = null; // as of batch.js, as they are shown

  const namesOf = (profiles) => says.names(profiles.map(({ name }) => isolated(name)));

  function show(now) {
    const { type, ids } = asked;
    copies = copiesOf(now, ids, type, from.value);
    const { text, targets, replaced, apart } = copies;
    setText(byId('copy-many-text'), text);
    setText(byId('copy-many-to'), targets.length > 0 ? says.copyTo(namesOf(targets)) : says.copyNobody);
    setText(byId('copy-many-replaces'), replaced.length > 0 ? says.replaces(replaced.length, namesOf(replaced)) : '');
    setText(byId('copy-many-apart'), apart.length > 0 ? says.apart(namesOf(apart)) : '');
    setText(ok, says.copyOk(targets.length));
    setBlocked(ok, text === '' || targets.length === 0);
  }

  function close() {
    asked = null;
    if (dialog.open) dialog.close();
  }

  ok.addEventListener('click', ({ detail }) => {
    if (detail > 1 || asked === null) return; // the rest of the double click that opened it
    const { type } = asked;
    const { text, targets } = copies;
    if (text === '' || targets.length === 0) return;
    close();
    for (const { profileId } of targets) copy(profileId, type, text);
  });
  untilReleased(ok);
  byId('copy-many-cancel').addEventListener('click', close);
  dialog.addEventListener('close', () => dialog.open || close());
  from.addEventListener('change', () => show(state()));

  return {
    ask(type, ids) {
      asked = { type, ids };
      const options = sourcesOf(state(), ids, type).map(({ external_id: value, name }) => element('option', '', name, { value }));
      from.replaceChildren(...options);
      setText(byId('copy-many-title'), says.copyTitle[type]);
      show(state());
      if (!dialog.open) dialog.showModal();
      ok.focus();
    },

    render(now) {
      if (asked !== null) show(now);
    },
  };
}
