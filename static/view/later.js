// The dialog that plans a run, and changes one that is planned.

import { lengthProblem, measure } from '../limits.js';
import { isolated } from '../names.js';
import { AHEAD_MAX, fieldOf, LATEST, offered, timeIn } from '../plans.js';
import { refusal, rhythmOf } from '../status.js';
import { roughly, zoneAt } from '../times.js';
import { words } from '../words.js';
import { $, byId, element, setBlocked, setText } from './dom.js';

const say = words.plans;

const OF_THE_TIME = new Set([say.noTime, say.past, say.tooFar]);

/** Why a run cannot be planned so, as a sentence; empty when it can. */
function problemOf(type, message, at, now) {
  if (Number.isNaN(at)) return say.noTime;
  if (at <= now) return say.past;
  if (at > now + AHEAD_MAX) return say.tooFar;
  if (message !== '' && message.trim() === '') return words.run.blank;
  return lengthProblem(type, message);
}

/** `commands` as of commands.js; `rhythm()`: the one that is chosen for what is started here. Returns `open(profile, type, {message, plan})`, with the plan that is to be changed, or a text. */
export function createLater({ commands, rhythm }) {
  const dialog = byId('later');
  const when = byId('later-when');
  const latest = byId('later-latest');
  const text = byId('later-text');
  const notice = byId('later-notice');
  const save = byId('later-save');
  let shown = null; // {profileId, type, plan}

  latest.append(...[...LATEST].sort((a, b) => a - b).map((ms) => element('option', '', say.latestBy(roughly(ms)), { value: ms })));

  const complain = (problem) => {
    setText(notice, problem);
    notice.dataset.tone = 'error';
  };

  function describe() {
    const at = timeIn(when.value);
    const ahead = at - Date.now();
    const { name, offset } = zoneAt(Number.isNaN(at) ? Date.now() : at);
    setText(byId('later-zone'), words.join([ahead > 0 && say.ahead(roughly(ahead)), say.zone(name, offset)]));
    const length = measure(shown.type, text.value);
    setText(byId('later-counter'), length.text);
    byId('later-counter').dataset.size = length.state;
    if (notice.textContent !== '') complain(problemOf(shown.type, text.value, at, Date.now()));
  }

  when.addEventListener('input', describe);
  text.addEventListener('input', describe);
  byId('later-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    shown = null;
  });

  $('form', dialog).addEventListener('submit', async (event) => {
    event.preventDefault();
    if (save.getAttribute('aria-disabled')) return;
    const asked = shown;
    const { profileId, type, plan } = asked;
    const startAt = timeIn(when.value);
    // A time that is not touched stays to the second, though the field has none.
    const same = plan && when.value === fieldOf(plan.startAt);
    const problem = problemOf(type, text.value, same ? Date.now() + 1 : startAt, Date.now());
    complain(problem);
    if (problem) {
      (OF_THE_TIME.has(problem) ? when : text).focus();
      return;
    }
    setBlocked(save, true);
    const wanted = { message: text.value, latest: Number(latest.value), ...(!same && { startAt }) };
    const ack = plan ? await commands.changePlan(profileId, type, plan.planId, wanted) : await commands.plan(profileId, type, wanted);
    if (asked !== shown) return;
    setBlocked(save, false);
    if (ack.ok) dialog.close();
    else complain(say.refused[ack.code] ?? refusal(ack));
  });

  return (profile, type, { message = '', plan = null }) => {
    shown = { profileId: profile.external_id, type, plan };
    const name = isolated(profile.name);
    setText(byId('later-title'), (plan ? say.changeTitle : say.title)[type](name));
    setText(save, plan ? say.save : say.plan);
    setBlocked(save, false);
    when.value = fieldOf(plan?.startAt ?? offered());
    when.min = fieldOf(Date.now());
    when.max = fieldOf(Date.now() + AHEAD_MAX);
    latest.value = String(LATEST.includes(plan?.latest) ? plan.latest : LATEST[0]);
    text.value = plan?.message ?? message;
    const { pause, interval } = rhythm();
    setText(byId('later-rhythm'), rhythmOf(plan ?? { every: pause, interval }));
    setText(notice, '');
    describe();
    dialog.showModal();
    when.focus();
  };
}
