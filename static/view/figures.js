// One of the figures of an account: its heading, what is drawn of it, and its numbers as a table and as a file.

import { csvOf } from '../csv.js';
import { words } from '../words.js';
import { $, clone, element, setAttr, setHidden, setText } from './dom.js';
import { downloads } from './download.js';
import { createLegend } from './legend.js';

const say = words.analytics;

function headOf(texts) {
  const [head, row] = [element('thead'), element('tr')];
  row.append(...texts.map((text) => element('th', '', text, { scope: 'col' })));
  head.append(row);
  return head;
}

/** All numbers; the first column is what a row is about. */
function tableOf({ title, head, rows }) {
  const table = element('table', 'figure-table');
  table.append(element('caption', 'vh', title));
  const body = element('tbody');
  for (const [first, ...rest] of rows) {
    const row = element('tr');
    row.append(element('th', '', first, { scope: 'row' }), ...rest.map((text) => element('td', '', text)));
    body.append(row);
  }
  table.append(headOf(head), body);
  const scroll = element('div', 'figure-scroll', '', { tabindex: '0', role: 'group', 'aria-label': say.tableOf(title) });
  scroll.append(table);
  return scroll;
}

/** The first of a list, each with a bar: a table of its own. */
function barsOf({ title, head, tone, bars }) {
  const table = element('table', 'figure-bars');
  const body = element('tbody');
  for (const { name, text, part } of bars) {
    const row = element('tr');
    const [cell, number] = [element('td'), element('div', 'figure-number', text)];
    const bar = element('i', 'figure-bar', '', { 'data-tone': tone });
    bar.style.inlineSize = `${part * 100}%`;
    number.append(bar);
    cell.append(number);
    row.append(element('th', '', name, { scope: 'row' }), cell);
    body.append(row);
  }
  table.append(element('caption', 'vh', title), headOf(head), body);
  return table;
}

/** Each hour of the week as a dot, which is the larger the more there was in it. */
function dotsOf({ title, label, days, hours, cells }) {
  const grid = element('div', 'dots', '', { role: 'img', 'aria-label': words.join([title, label]) });
  const texts = cells.map((day, index) => day.map(({ text }, hour) => say.inHour(days[index], hours[hour], text)));
  grid.append(
    ...cells.flatMap((day, index) => [
      element('span', 'dots-day', days[index]),
      ...day.map(({ level }, hour) => element('i', 'dots-cell', '', { 'data-level': level, title: texts[index][hour] })),
    ]),
    element('span', 'dots-day'),
    ...[0, 6, 12, 18].map((hour) => element('span', 'dots-hour', hours[hour])),
  );
  return [grid, element('p', 'soft figure-note', label)];
}

/** Where the bars of days are drawn, with what stands above: charts.js draws them once the dialog has them. */
function chartOf(figure) {
  const legend = createLegend(figure);
  const told = figure.series.map(({ title, total }) => `${title} ${total}`);
  const node = element('div', 'chart', '', { role: 'img', 'aria-label': words.join([figure.title, figure.span, ...told]) });
  return { nodes: [...legend.nodes, node], chart: { node, figure, legend } };
}

const DRAWN = {
  days: chartOf,
  hours: (figure) => ({ nodes: dotsOf(figure) }),
  list: (figure) => ({ nodes: [barsOf(figure)] }),
};

/**
 * A figure of analytics.js: `{section}`, its element, and `chart`, what charts.js draws in it, if it does. `days` is for how many it is; `open` holds the names of those whose table is open;
 * `tell` and `failed` as of download.js, `shown()` whether the figure still stands there.
 */
export function figureOf(figure, { days, open, tell, failed, shown }) {
  const { name, kind, title, empty } = figure;
  const section = clone('figure');
  section.dataset.testid = `figure-${name}`;
  section.dataset.kind = kind;
  const heading = $('.figure-title', section);
  setText(heading, title);
  setText($('.figure-none', section), say.none[name]);
  setHidden($('.figure-none', section), !empty);
  setHidden($('.figure-tools', section), empty);
  if (empty) return { section };

  const { nodes, chart } = DRAWN[kind](figure);
  $('.figure-drawing', section).append(...nodes);
  const numbers = $('.figure-numbers', section);
  const whole = kind === 'list';
  setHidden(numbers, whole && !figure.more); // all of it stands there
  setText($('summary', numbers), whole ? say.all(figure.rows.length) : say.table);
  setAttr($('summary', numbers), 'aria-label', words.join([title, $('summary', numbers).textContent]));
  numbers.addEventListener('toggle', () => {
    if (numbers.open) open.add(name);
    else open.delete(name);
    if (numbers.open && numbers.children.length === 1) numbers.append(tableOf(figure));
  });
  numbers.open = open.has(name);
  const button = $('.figure-csv', section);
  setAttr(button, 'aria-label', say.csvOf(title));
  downloads(button, {
    begin: () => ({ name: `${name}-${days}-days.csv`, parts: async () => [csvOf(figure.file)], shown }),
    tell,
    failed,
  });
  return { section, chart };
}
