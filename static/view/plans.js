// The planned runs of a card: when, what, and what can be done about each.

import { icon } from '../icons.js';
import { COMMANDS, isTheirs, NOBODY } from '../rights.js';
import { rhythmOf } from '../status.js';
import { exact, moment } from '../times.js';
import { words } from '../words.js';
import { element, setAttr, setHidden } from './dom.js';

const say = words.plans;

/** A row that stays while its plan does: a dialog gives the focus back to the button that opened it. */
function row(planId, type, { change, cancel }) {
  let plan = null;
  const item = element('li', 'plan', '', { 'data-testid': `${type}-plan`, 'data-plan': planId });
  const about = element('span', 'plan-about');
  const does = element('span', 'plan-does', '', { 'data-takes': COMMANDS.changePlan });
  const changing = element('button', 'button small', say.change, { type: 'button' });
  const cancelling = element('button', 'button small', say.cancel, { type: 'button' });
  const theirs = element('span', 'soft', words.rights.othersPlan);
  changing.addEventListener('click', () => change(plan));
  cancelling.addEventListener('click', () => cancel(plan));
  item.append(icon('clock'), about, does);

  return {
    item,
    set(to, who) {
      plan = to;
      const at = moment(plan.startAt);
      if (plan.waitingFor) item.dataset.tone = 'warn';
      else delete item.dataset.tone;
      setAttr(about, 'title', exact(plan.startAt));
      about.replaceChildren(
        element('b', '', say.at(at)),
        element('span', 'plan-rhythm', rhythmOf(plan)),
        element('span', 'plan-words', plan.waitingFor ? (say.waits[plan.waitingFor] ?? '') : plan.message, { dir: 'auto' }),
      );
      setAttr(changing, 'aria-label', say.changeLabel[type](at));
      setAttr(cancelling, 'aria-label', say.cancelLabel[type](at));
      const mine = isTheirs(who, plan);
      if (does.contains(changing) !== mine || !does.hasChildNodes()) does.replaceChildren(...(mine ? [changing, cancelling] : [theirs]));
    },
  };
}

/** `actions`: `{change(plan), cancel(plan)}`; `otherwise`: what has the focus when the row that had it is gone. Returns `render(plans, who)`. */
export function createPlans(list, type, actions, otherwise) {
  const rows = new Map(); // by the plan's id
  let shown = null;
  let seenBy = null; // whose rights they are shown with
  list.setAttribute('aria-label', say.label[type]);

  return (plans = [], who = NOBODY) => {
    setHidden(list, plans.length === 0);
    if (who === seenBy && (plans === shown || (plans.length === 0 && shown?.length === 0))) return;
    [shown, seenBy] = [plans, who];
    const had = list.contains(document.activeElement) ? document.activeElement : null;
    const before = new Map(rows);
    rows.clear();
    for (const plan of plans) {
      const kept = before.get(plan.planId) ?? row(plan.planId, type, actions);
      kept.set(plan, who);
      rows.set(plan.planId, kept);
    }
    before.forEach(({ item }, planId) => rows.has(planId) || item.remove());
    [...rows.values()].forEach(({ item }, at) => list.children[at] === item || list.insertBefore(item, list.children[at] ?? null));
    if (had && had !== document.activeElement) (list.contains(had) ? had : otherwise).focus(); // moved, or gone
  };
}
