// What became of telling one webhook, in a dialog in front of that of the webhooks: the last attempts, newest first, with what
// was answered. What was told before is told once more from here.

import { ApiError } from '../api.js';
import { loadWords } from '../failures.js';
import { plain } from '../names.js';
import { exact, moment } from '../times.js';
import { detailsOf, eventOf, isOff, outcomeOf, refusedWords, trialOf, trialRefused, trialWords } from '../webhooks.js';
import { words } from '../words.js';
import { $, byId, clone, hold, setAttr, setHidden, setText } from './dom.js';

const say = words.webhooks;

/** As of webhooks.js; `closed()` is told that the dialog is. Returns `{open(webhook), close, render(live)}`. */
export function createAttempts({ api, ended, names, closed }) {
  const dialog = byId('attempts');
  const list = byId('attempts-list');
  const [url, note, empty, refresh, close] = ['url', 'note', 'empty', 'refresh', 'close'].map((part) => byId(`attempts-${part}`));
  let webhook = null; // the one that is looked at
  let live = true; // whether there is a connection
  let under = false; // whether something is told once more now
  let asked = 0; // the newest question: what answers an older one is not shown

  function tell(text, tone = '') {
    setText(note, text);
    note.dataset.tone = tone;
  }

  function failed(error, text) {
    if (!(error instanceof ApiError)) throw error;
    if (ended(error)) return dialog.close();
    tell(text, 'error');
  }

  /** `said`: what is to stand above it then, where that is not how many there are. */
  async function read(said = '') {
    asked += 1;
    const mine = asked;
    if (!live) return tell(words.run.offline, 'error');
    try {
      const [attempts, { webhooks }] = await Promise.all([api.attempts(webhook.id), api.list()]);
      if (mine !== asked) return;
      webhook = webhooks.find(({ id }) => id === webhook.id) ?? webhook;
      show(attempts);
      tell(said || (attempts.length === 0 ? '' : say.shown(attempts.length)));
    } catch (error) {
      if (mine === asked) failed(error, error.code === 'unknown_webhook' ? refusedWords(error) : loadWords(say.attemptsSubject, error));
    }
  }

  function show(attempts) {
    const focus = list.contains(document.activeElement);
    const shown = new Set();
    const nodes = attempts.map((attempt, at) => {
      const newest = !shown.has(attempt.id); // of what is told: the others were before it
      shown.add(attempt.id);
      const comes = at === 0 && attempt.outcome === 'failed' && !isOff(webhook) && webhook.failingSince !== null;
      return rowOf(attempt, newest && !comes, comes ? webhook.nextAt : null);
    });
    list.replaceChildren(...nodes);
    setHidden(empty, attempts.length > 0);
    if (focus) list.focus();
    showHeld();
  }

  /** `next`: when it is tried again by itself, ms; null where it is not. */
  function rowOf(attempt, repeats, next) {
    const row = clone('attempt-row');
    row.dataset.outcome = attempt.outcome;
    const event = eventOf(attempt.event);
    const { text, answer } = outcomeOf(attempt);
    setText($('.record-action', row), event);
    setText($('.attempt-outcome', row), text);
    for (const [selector, said] of [['.attempt-answer', answer], ['.record-by', detailsOf(attempt, names, next)]]) {
      setText($(selector, row), said);
      setHidden($(selector, row), said === '');
    }
    const time = $('time', row);
    setText(time, moment(attempt.at));
    setAttr(time, 'title', exact(attempt.at));
    setAttr(time, 'datetime', new Date(attempt.at).toISOString());
    const button = $('.attempt-again', row);
    setHidden(button, !repeats);
    setAttr(button, 'aria-label', say.againLabel(event, moment(attempt.at)));
    button.addEventListener('click', () => (button.title === '' ? void again(attempt) : tell(button.title, 'error')));
    return row;
  }

  function showHeld() {
    const waits = live ? '' : words.why.offline;
    hold(refresh, waits);
    const why = waits || (webhook !== null && isOff(webhook) ? say.switchFirst : under ? say.trial.underWay : '');
    for (const button of list.querySelectorAll('.attempt-again')) hold(button, why);
  }

  async function again({ id, webhookId }) {
    const of = webhook.id;
    const current = () => dialog.open && webhook?.id === of;
    under = true;
    showHeld();
    tell(say.trial.underWay);
    try {
      const attempt = await trialOf({ attempts: () => api.attempts(of), post: () => api.again(of, id), isIt: (each) => each.webhookId === webhookId, current });
      under = false;
      if (current()) await read(trialWords(attempt));
    } catch (error) {
      if (current()) failed(error, trialRefused(error));
    } finally {
      under = false;
      if (current()) showHeld();
    }
  }

  refresh.addEventListener('click', () => (refresh.title === '' ? void read() : tell(refresh.title, 'error')));
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    asked += 1;
    webhook = null;
    list.replaceChildren();
    closed();
  });

  return {
    open(of) {
      webhook = of;
      under = false;
      setText(url, plain(of.url));
      setHidden(empty, true);
      tell(words.loading);
      showHeld();
      dialog.showModal();
      close.focus();
      void read();
    },

    close: () => dialog.close(),

    render(now) {
      live = now;
      dialog.dataset.live = String(now);
      showHeld();
      if (dialog.open) void read();
    },
  };
}
