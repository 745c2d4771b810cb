// The figures of the account, in a dialog of its own: of the last days in the time zone of this device, as charts and tables.

import { ApiError } from '../api.js';
import { answerIn, figuresOf, sumsOf } from '../analytics.js';
import { loadWords } from '../failures.js';
import { zoneAt } from '../times.js';
import { words } from '../words.js';
import { createCharts, loadCharts } from './charts.js';
import { byId, element, setAttr, setBlocked, setHidden, setText } from './dom.js';
import { figureOf } from './figures.js';

const say = words.analytics;

/**
 * `figures(days, zone)` asks the server; `ended(error)`, whether a call failed because one has to sign in again, as in
 * account.js; `names` as of analytics.js. Returns `{open}`.
 */
export function createAnalytics({ figures, ended, names }) {
  const dialog = byId('analytics');
  const [note, form, place, empty, refresh] = ['note', 'form', 'figures', 'empty', 'refresh'].map((part) => byId(`analytics-${part}`));
  const charts = createCharts();
  const open = new Set(); // the figures whose table is open
  let asked = 0; // the newest question: what answers an older one is not shown
  let shown = null; // of how many days the figures are that stand there

  function tell(text, tone = '') {
    setText(note, text);
    note.dataset.tone = tone;
  }

  function failed(error) {
    if (!(error instanceof ApiError)) throw error;
    if (ended(error)) return dialog.close();
    tell(error.code === 'not_allowed' ? say.notAllowed : loadWords(say.subject, error), 'error');
  }

  function clear() {
    shown = null;
    charts.clear();
    place.replaceChildren();
    setHidden(empty, true);
  }

  async function read() {
    asked += 1;
    const mine = asked;
    const days = new FormData(form).get('days');
    tell(words.loading);
    setBlocked(refresh, true);
    setAttr(place, 'aria-busy', days === shown ? null : 'true'); // what stands there is of other days
    try {
      const answer = await answerIn(zoneAt(Date.now()).name, days, figures);
      if (mine === asked) show(answer, days);
    } catch (error) {
      if (mine !== asked) return;
      if (shown !== null) form.elements.days.value = shown; // what stands there stays to be read
      failed(error);
    } finally {
      if (mine === asked) {
        setBlocked(refresh, false);
        setAttr(place, 'aria-busy', null);
      }
    }
  }

  function show(answer, days) {
    clear();
    shown = days;
    const found = figuresOf(answer, names);
    tell(say.about(answer.zone));
    setHidden(empty, found.some((figure) => !figure.empty));
    if (found.every((figure) => figure.empty)) return;
    const told = { tell, failed, shown: () => shown === days };
    const made = found.map((figure) => figureOf(figure, { days, open, ...told }));
    place.append(sumsList(answer), ...made.map(({ section }) => section));
    loadCharts().then(
      (uPlot) => charts.draw(uPlot, made.flatMap(({ chart }) => chart ?? [])),
      () => shown === days && tell(say.noCharts, 'error'),
    );
  }

  function sumsList(answer) {
    const list = element('dl', 'sums');
    for (const [heading, text] of sumsOf(answer)) {
      const sum = element('div');
      sum.append(element('dt', '', heading), element('dd', '', text));
      list.append(sum);
    }
    return list;
  }

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('change', () => void read());
  refresh.addEventListener('click', () => refresh.getAttribute('aria-disabled') || void read());
  byId('analytics-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    asked += 1;
    open.clear();
    clear();
  });

  return {
    open() {
      form.reset();
      loadCharts().catch(() => {}); // said when there is something to draw
      dialog.showModal();
      byId('analytics-close').focus();
      void read();
    },
  };
}
