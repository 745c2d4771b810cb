// What stands above a chart: which days, and each of its series with its number, over all of them or of the bar pointed at.

import { element, setText } from './dom.js';

/** `figure` is one of analytics.js with days. Returns `{nodes, samples, show(index)}`, the last with null for all. */
export function createLegend({ series, periods, span }) {
  const when = element('p', 'soft legend-when', span);
  const list = element('ul', 'legend');
  const numbers = series.map(({ total }) => element('b', '', total));
  const samples = series.map(({ tone }) => element('canvas', 'sample', '', { 'aria-hidden': 'true', 'data-tone': tone }));
  list.append(
    ...series.map(({ title }, index) => {
      const item = element('li');
      item.append(samples[index], element('span', '', title), numbers[index]);
      return item;
    }),
  );
  return {
    nodes: [when, list],
    samples,
    show(index) {
      setText(when, index === null ? span : periods[index].long);
      series.forEach(({ total, texts }, at) => setText(numbers[at], index === null ? total : texts[index]));
    },
  };
}
