// The planned runs of a card: when, what, and what can be done about each.

import { icon } from '../icons.js';
import { COMMANDS, isTheirs, NOBODY } from '../rights.js';
import { rhythmOf } from '../status.js';
import { exact, moment } from '../times.js';
import { words } from '../words.js';
import { $, element, setHidden } from './dom.js';

const say = words.plans;

function buttons(plan, type, at, { change, cancel }) {
  const changing = element('button', 'button small', say.change, { type: 'button', 'aria-label': say.changeLabel[type](at) });
  const cancelling = element('button', 'button small', say.cancel, { type: 'button', 'aria-label': say.cancelLabel[type](at) });
  changing.addEventListener('click', () => change(plan));
  cancelling.addEventListener('click', () => cancel(plan));
  return [changing, cancelling];
}

function row(plan, type, who, actions) {
  const at = moment(plan.startAt);
  const item = element('li', 'plan', '', { 'data-testid': `${type}-plan`, 'data-plan': plan.planId });
  if (plan.waitingFor) item.dataset.tone = 'warn';
  const about = element('span', 'plan-about', '', { title: exact(plan.startAt) });
  about.append(
    element('b', '', say.at(at)),
    element('span', 'plan-rhythm', rhythmOf(plan)),
    element('span', 'plan-words', plan.waitingFor ? (say.waits[plan.waitingFor] ?? '') : plan.message, { dir: 'auto' }),
  );
  const does = element('span', 'plan-does', '', { 'data-takes': COMMANDS.changePlan });
  if (isTheirs(who, plan)) does.append(...buttons(plan, type, at, actions));
  else does.append(element('span', 'soft', words.rights.othersPlan));
  item.append(icon('clock'), about, does);
  return item;
}

/** `actions`: `{change(plan), cancel(plan)}`; `otherwise`: what has the focus when the row that had it is gone. Returns `render(plans, who)`. */
export function createPlans(list, type, actions, otherwise) {
  let shown = null;
  let seenBy = null; // whose rights they are shown with
  list.setAttribute('aria-label', say.label[type]);

  return (plans = [], who = NOBODY) => {
    setHidden(list, plans.length === 0);
    if (who === seenBy && (plans === shown || (plans.length === 0 && shown?.length === 0))) return;
    [shown, seenBy] = [plans, who];
    const { activeElement: had } = document;
    const of = had?.closest('.plan')?.dataset.plan;
    const at = [...(had?.parentElement.children ?? [])].indexOf(had);
    const inside = list.contains(had);
    list.replaceChildren(...plans.map((plan) => row(plan, type, who, actions)));
    if (!inside) return;
    const same = [...list.children].find((item) => item.dataset.plan === of);
    ((same && $('.plan-does', same).children[at]) || otherwise).focus();
  };
}
