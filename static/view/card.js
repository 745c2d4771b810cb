// One card: the message of one type, what can be done with it, and the run. It is made of four parts, each in a module of
// its own: the text, the line under it, the run and the actions.

import { itemsOf } from '../attachments.js';
import { keyOf } from '../keys.js';
import { COMMANDS, may } from '../rights.js';
import { pageOf, unsentOf } from '../unsent.js';
import { words } from '../words.js';
import { createActions } from './actions.js';
import { createChips } from './attachments.js';
import { whenChanged } from './changes.js';
import { $, clone, setAttr, setText } from './dom.js';
import { createLine } from './line.js';
import { createPlans } from './plans.js';
import { createRun } from './run.js';
import { createText } from './text.js';
import { createUncertain } from './uncertain.js';
import { createUnsent } from './unsent.js';
import { createTakeBack } from './versions.js';

const PARTS = {
  text: 'textarea',
  origin: '.origin',
  'cut-off': '.cut-off',
  earlier: '.earlier',
  'earlier-text': '.earlier-text',
  counter: '.counter',
  conflict: '.conflict',
  offer: '.offer',
  status: '.status',
  pace: '.pace',
  progress: '.progress',
  detail: '.detail',
  notice: '.notice',
  go: '.go',
  hold: '.hold',
  later: '.later',
  'later-item': '.later-item',
  plans: '.plans',
  why: '.why',
  detach: '.detach',
  rhythm: '.rhythm',
  take: '.take',
  more: '.more',
  menu: '.menu',
  'show-versions': '.show-versions',
  'take-back': '.take-back',
  clear: '.clear',
  messaged: '.menu-item.messaged',
  'clear-blocklist': '.clear-blocklist',
};

/** Give the parts of a card their names, labels and test hooks. */
function prepare(type) {
  const node = clone('message-card');
  const parts = {};
  for (const [name, selector] of Object.entries(PARTS)) {
    parts[name] = $(selector, node);
    parts[name].dataset.testid = `${type}-${name}`;
  }
  node.id = `card-${type}`;
  node.dataset.testid = node.id;
  node.dataset.type = type;
  node.setAttribute('aria-label', words[type]);
  $('h2 use', node).setAttribute('href', `#i-${type}`);
  setText($('h2 span', node), words[type]);
  setText($('label', node), words.card.label[type]);
  parts.text.id = `${type}-text`;
  parts.counter.id = `${type}-counter`;
  $('label', node).htmlFor = parts.text.id;
  parts.progress.setAttribute('aria-label', words.card.progress[type]);
  parts.why.id = `${type}-why`;
  parts.go.setAttribute('aria-describedby', parts.why.id);
  parts.menu.id = `${type}-menu`;
  parts.menu.setAttribute('aria-label', words.card.more[type]);
  setText($('.vh', parts.more), words.card.more[type]);
  return { node, parts };
}

/**
 * `actions`: `{commands, confirmBlocklist(profile, type), confirmCancel(profile, type, plan), showVersions(profile, type), showMessaged(profile, type), pick(profile),
 * planLater(profile, type, {message, plan}), detach(profileId, link), begin(profileId, type, only)}`: the last asks before it starts.
 * Returns `{node, render(state, profile)}`.
 */
export function createCard(type, { commands, confirmBlocklist, confirmCancel, showVersions, showMessaged, planLater, pick, detach, begin }) {
  const { node, parts } = prepare(type);
  let profile = null;
  let profileId = null;
  let last = [];

  const text = createText(parts.text, type, commands, () => profileId);
  const line = createLine(parts, type, {
    choose: (keep) => commands.choose(profileId, type, keep),
    takeOffer(use) {
      text.finishLetter();
      commands.takeOffer(profileId, type, use);
      parts.text.focus(); // the pressed button is gone
    },
  });
  const showRun = createRun(parts);
  const drawRun = whenChanged(({ state: { device, devices }, run }) => [run, device, devices], ({ state, run }) => showRun(state, run));
  const showActions = createActions(parts, type, {
    start() {
      text.finishLetter();
      begin(profileId, type);
    },
    stop: () => commands.stop(profileId, type),
    pause: () => commands.pause(profileId, type),
    resume: () => commands.resume(profileId, type),
    later() {
      text.finishLetter();
      planLater(profile, type, { message: parts.text.value });
    },
    takeOver: () => commands.takeOver(profileId, type),
    detach: commands.detach,
    keepTime: commands.keepTime,
    clearMessage() {
      text.finishLetter();
      commands.clearMessage(profileId, type);
    },
    showVersions() {
      text.finishLetter();
      showVersions(profile, type);
    },
    showMessaged: () => showMessaged(profile, type),
    clearBlocklist: () => confirmBlocklist(profile, type),
    countBlocklist: () => commands.countBlocklist(profileId, type),
  });
  const uncertain = createUncertain(node, type, (action, recipientId) =>
    commands.resolveUncertain(profileId, type, action, recipientId),
  );
  const showUnsent = createUnsent(node, type, {
    again() {
      text.finishLetter();
      begin(profileId, type, 'failed');
    },
    more: () => commands.moreUnsent(profileId, type),
  });
  const drawUnsent = whenChanged(
    ({ unsent, run }) => [unsent, run],
    ({ unsent, run }) => showUnsent(pageOf(unsent, run), unsentOf(unsent, run), unsent?.named ?? 0, run?.status === 'running'),
  );
  const showPlans = createPlans(parts.plans, type, {
    change: (plan) => planLater(profile, type, { plan }),
    cancel: (plan) => confirmCancel(profile, type, plan),
  }, parts.later);
  const takeBack = createTakeBack(parts['take-back'], (version) => {
    void commands.takeBack(profileId, type, version);
    parts.text.focus(); // the pressed button is gone
  });
  const chips = withAttachments();

  /** Only a mail takes attachments. */
  function withAttachments() {
    if (type !== 'mail') {
      $('.attach', node).remove();
      return () => {};
    }
    $('[data-testid="attach"]', node).addEventListener('click', () => pick(profile));
    return createChips(node, (link) => detach(profileId, link));
  }

  /** A text that is not theirs to write is there to be read. */
  function showRole(who) {
    const reads = !may(who, COMMANDS.updateMessage);
    text.lock(reads);
    setAttr(parts.text, 'placeholder', reads ? words.rights.empty : words.card.placeholder[type]);
    setAttr(parts.text, 'aria-describedby', reads ? `${parts.counter.id} ${parts.why.id}` : parts.counter.id);
  }

  function render(state, shownProfile) {
    const id = shownProfile.external_id;
    const key = keyOf(id, type);
    const [run, draft, notice, busy] = [state.runs[key], state.drafts[key], state.notices[key], state.busy[key]];
    const [list, offers, typists] = [state.uncertain[key], state.offers[key], state.typists[key]];
    const [sent, cleared, unsent] = [state.sends[key], state.cleared[key], state.unsent[key]];
    const about = [shownProfile, run, state.plans[key], draft, notice, busy, list, offers, typists, sent, cleared, unsent];
    const now = [...about, state.device, state.devices, state.who, state.connection, state.detaching, state.rhythm, state.attachments[id]];
    if (now.every((value, index) => value === last[index]) && last.length > 0) return;
    last = now;
    const switched = profileId !== id;
    if (switched) text.leave();
    profile = shownProfile;
    profileId = id;
    const message = draft?.message ?? '';

    showRole(state.who);
    text.show(message, draft?.caret ?? null, switched);
    line(state, { draft, message, offer: offers?.[0], typists, run, sent, switched });
    takeBack(message, draft?.deviceId === state.device?.id ? cleared : undefined);
    showActions(state, { profileId, run, message, notice, busy });
    drawRun({ state, run });
    showPlans(state.plans[key], state.who);
    uncertain(list?.recipients, list?.more, busy === 'resolveUncertain');
    drawUnsent({ unsent, run });
    chips(itemsOf(state.attachments, id));
  }

  return { node, render };
}
