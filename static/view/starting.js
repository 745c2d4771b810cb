// What is asked before a run starts: whom it messages, with what, and for how long. It follows the text and the run
// while it is open, and does not wait for the counting.

import { itemsOf } from '../attachments.js';
import { keyOf } from '../keys.js';
import { isolated } from '../names.js';
import { othersOf, peopleOf } from '../preview.js';
import { intervalWords, pauseWords } from '../rhythm.js';
import { startOf, startProblem } from '../status.js';
import { words } from '../words.js';
import { byId, setBlocked, setHidden, setText, untilReleased } from './dom.js';

const says = words.starting;

/** `parts`: `{state(), commands}`. Returns `{ask(profileId, type, only), render(state)}`; `only` as of commands.js. */
export function createStarting({ state, commands }) {
  const dialog = byId('starting');
  const [ok, text] = [byId('starting-ok'), byId('starting-text')];
  let asked = null; // {profileId, type, only, message: as it is shown, first: as it was}
  let preview = null; // what was counted: an ack, null until then

  const draftOf = ({ drafts }, { profileId, type }) => drafts[keyOf(profileId, type)]?.message ?? '';
  const problemOf = (now, { profileId, type, message }) => startProblem(startOf(now, profileId, type, message));

  /** How often and how fast it goes, as far as that was chosen. */
  const rhythmOf = ({ pause, interval }) => [pause > 0 && !asked.only ? pauseWords(pause) : '', interval > 0 ? intervalWords(interval) : ''];

  function show(now) {
    const { profileId, type, message, first } = asked;
    const problem = problemOf(now, asked);
    const items = type === 'mail' ? itemsOf(now.attachments, profileId) : [];
    setText(text, message);
    setText(byId('starting-attached'), items.length > 0 ? says.attached(items.map(({ title }) => isolated(title))) : '');
    setText(byId('starting-how'), words.join([now.detaching ? says.detached : says.attachedToDevice, ...rhythmOf(now.rhythm)]));
    setText(byId('starting-people'), preview === null ? words.counting : peopleOf(preview));
    setText(byId('starting-others'), preview === null ? '' : othersOf(preview));
    setText(byId('starting-notice'), problem || (message === first ? '' : says.changed));
    byId('starting-notice').dataset.tone = problem ? 'error' : 'info';
    setHidden(text, message === '');
    setBlocked(ok, problem !== '');
  }

  async function count() {
    const mine = asked;
    const found = await commands.preview(mine.profileId, mine.type, mine.only, () => asked === mine);
    if (asked !== mine) return;
    preview = found;
    show(state());
  }

  function close() {
    asked = null;
    if (dialog.open) dialog.close();
  }

  ok.addEventListener('click', ({ detail }) => {
    if (detail > 1 || asked === null) return; // the rest of the double click that opened it
    if (problemOf(state(), asked) !== '') return;
    const { profileId, type, message, only } = asked;
    close();
    commands.start(profileId, type, message, only);
  });
  untilReleased(ok);
  byId('starting-cancel').addEventListener('click', close);
  dialog.addEventListener('close', () => dialog.open || close()); // the Escape key; it may be open anew by then

  return {
    ask(profileId, type, only) {
      const message = draftOf(state(), { profileId, type });
      if (problemOf(state(), { profileId, type, message })) {
        commands.start(profileId, type, message, only); // which says why it does nothing
        return;
      }
      const profile = state().profiles.items.find(({ external_id: id }) => id === profileId);
      const name = isolated(profile?.name ?? profileId);
      asked = { profileId, type, only, message, first: message };
      preview = null;
      setText(byId('starting-title'), (only ? says.again : says.title)[type](name));
      setText(ok, only ? says.okAgain : says.ok[type]);
      show(state());
      void count();
      if (!dialog.open) dialog.showModal();
      ok.focus();
    },

    render(now) {
      if (asked === null) return;
      asked.message = draftOf(now, asked);
      show(now);
    },
  };
}
