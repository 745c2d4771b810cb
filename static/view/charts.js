// Bars of days, drawn by uPlot. It is loaded when somebody wants to see the first ones; the service worker does not keep it, as
// without a network there are no figures.

import { fileOf } from '../shell.js';
import { element } from './dom.js';
import { paintOf, paintSample } from './paint.js';

const LABEL = { width: 5.4, height: 2.1 }; // em for each below the bars
const DIGIT = 0.63; // em of each at the side
const BAR = { factor: 0.8, most: 44 }; // of the room that a bar has, and px
const ABOVE = 1.08; // what there is above the highest bar, as a part of it
const STEPS = [1, 2, 5].map((step) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((power) => step * 10 ** power)).flat().sort((a, b) => a - b);
const THEMES = ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)'].map((query) => matchMedia(query));

let library = null; // as it is being loaded, or has been

function styled() {
  const link = element('link', '', '', { rel: 'stylesheet', href: fileOf('vendor/uPlot.min.css') });
  const loaded = new Promise((resolve, reject) => {
    link.addEventListener('load', resolve);
    link.addEventListener('error', () => {
      link.remove();
      reject(new Error('no styles for charts'));
    });
  });
  document.head.append(link);
  return loaded;
}

/** Load uPlot. Rejects where that fails; the next time it is tried anew. */
export function loadCharts() {
  if (library === null) {
    library = import(fileOf('vendor/uPlot.esm.js')).then(async (module) => {
      await styled();
      return module.default;
    });
    library.catch(() => {
      library = null;
    });
  }
  return library;
}

/** The upper ends of each series upon those before it. */
function stacked(series) {
  const sums = [];
  for (const { values } of series) sums.push(values.map((value, at) => (sums.length === 0 ? value : sums.at(-1)[at] + value)));
  return sums;
}

/** Which bars have a label, where there is room for so many: from the last one on. */
function labelled(number, most) {
  const every = Math.ceil(number / Math.max(1, Math.floor(most)));
  return Array.from({ length: Math.ceil(number / every) }, (_, index) => number - 1 - index * every).reverse();
}

function optionsOf(uPlot, { node, figure, legend }) {
  const { periods, text, counts } = figure;
  const styles = () => getComputedStyle(node);
  const { fontSize, fontFamily } = styles();
  const em = parseFloat(fontSize);
  const axis = {
    font: `${fontSize} ${fontFamily}`,
    stroke: () => styles().color,
    ticks: { show: false },
    gap: 4,
  };
  const bars = uPlot.paths.bars({ size: [BAR.factor, BAR.most] });
  const drawn = legend.samples.map((sample) => ({ paths: bars, width: 0, fill: () => paintOf(sample), points: { show: false } }));
  return {
    ...sizeOf(node),
    padding: [8, 2 * em, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: false, y: false, setScale: false },
      move: (chart, left, top) => [left < 0 ? left : chart.valToPos(chart.posToIdx(left), 'x'), top],
    },
    scales: {
      x: { time: false, range: () => [-0.5, periods.length - 0.5] },
      y: { range: (_, least, most) => [0, most > 0 ? most * ABOVE : 1] },
    },
    axes: [
      {
        ...axis,
        size: LABEL.height * em,
        grid: { show: false },
        splits: (chart) => labelled(periods.length, chart.bbox.width / devicePixelRatio / (LABEL.width * em)),
        values: (_, splits) => splits.map((at) => periods[at].short),
      },
      {
        ...axis,
        size: (_, values) => Math.max(...(values ?? ['']).map((value) => value.length)) * DIGIT * em + 12,
        grid: { stroke: () => styles().borderTopColor, width: 1 },
        ...(counts && { incrs: STEPS }),
        values: (_, splits) => splits.map(text),
      },
    ],
    series: [{}, ...drawn],
    bands: drawn.slice(1).map((_, at) => ({ series: [at + 2, at + 1] })), // each begins where the one below it ends
    hooks: { setCursor: [({ cursor: { idx } }) => legend.show(idx ?? null)] },
  };
}

const sizeOf = (node) => ({ width: node.clientWidth, height: node.clientHeight });

/**
 * Returns `{draw(uPlot, parts), clear()}`; a part is `{node, figure, legend}`: where it is drawn, a figure of analytics.js, and its
 * legend. What is not in the page any more is left out.
 */
export function createCharts() {
  let charts = [];
  let parts = [];

  function samples() {
    for (const { legend } of parts) for (const sample of legend.samples) paintSample(sample);
  }

  function repaint() {
    samples();
    for (const chart of charts) chart.redraw();
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) charts[parts.findIndex(({ node }) => node === target)]?.setSize(sizeOf(target));
  });
  for (const theme of THEMES) theme.addEventListener('change', repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ['data-theme'] });

  return {
    draw(uPlot, wanted) {
      parts = wanted.filter(({ node }) => node.isConnected);
      samples();
      charts = parts.map((part) => new uPlot(optionsOf(uPlot, part), [part.figure.periods.map((_, at) => at), ...stacked(part.figure.series)], part.node));
      for (const { node } of parts) sizes.observe(node);
    },
    clear() {
      sizes.disconnect();
      for (const chart of charts) chart.destroy();
      charts = parts = [];
    },
  };
}
