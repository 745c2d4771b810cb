// The figures of an account, as view/analytics.js shows them: what the server says of some days, put together for each chart,
// for its table and for its file. Pure, but for what it is given.

import { isolated, plain } from './names.js';
import { reasonOf } from './tidings.js';
import { count, dates, decimal, duration, hourOf, percent, weekdays } from './times.js';
import { words } from './words.js';

const DAYS_DRAWN_MAX = 90; // of more, each week is one bar: on a phone there is no room for all
const LISTED_MAX = 8; // of a list; the rest is behind a button
const LEVELS = 5; // sizes of a dot
const WORLD = 'UTC';

const say = words.analytics;
const NUMBERS = ['sent', 'skipped', 'failed', 'uncertain', 'running', 'completed', 'stopped', 'interrupted'];

const hundredths = (number) => (number === null ? null : Math.round(number * 100) / 100);
const number = (name, tone = name) => ({ name, tone, of: (period) => period[name], text: count });
const asked = ({ sent, skipped, failed, uncertain }) => sent + skipped + failed + uncertain;

/**
 * What there is of each day. `drawn`: how many of the columns are in the chart, one upon the other; the rest are in its table.
 * `of(period)` is a number or null, `text` how it is shown, `written` how it is in a file, where that is another number, and
 * `whole` what is said of several days where they are not added up.
 */
const DAILY = [
  { name: 'messages', drawn: 4, columns: [number('sent'), number('skipped'), number('failed'), number('uncertain')] },
  { name: 'runs', drawn: 3, columns: [number('completed', 'sent'), number('stopped', 'skipped'), number('interrupted', 'failed')] },
  {
    name: 'pace',
    drawn: 1,
    columns: [
      { name: 'pace', tone: 'own', of: ({ sent, running }) => (running > 0 ? (sent / running) * 60 : null), text: decimal, written: hundredths },
      { name: 'running', of: ({ running }) => running, text: (seconds) => (seconds === 0 ? count(0) : duration(seconds * 1000)), written: hundredths },
      number('sent'),
    ],
  },
  {
    name: 'left',
    drawn: 1,
    columns: [
      { name: 'left', tone: 'skipped', of: (period) => (asked(period) > 0 ? period.skipped / asked(period) : null), text: percent, written: (part) => hundredths(part === null ? null : part * 100) },
      number('skipped'),
      { name: 'asked', of: asked, text: count },
    ],
  },
  { name: 'present', drawn: 1, columns: [{ ...number('devices', 'other'), whole: say.upTo }] },
];

/** Some days as one: the most devices that were there on one of them, and the sum of all else. */
function together(days) {
  const sums = NUMBERS.map((name) => [name, days.reduce((sum, day) => sum + day[name], 0)]);
  const devices = Math.max(...days.map((day) => day.devices));
  return { ...Object.fromEntries(sums), devices, from: days[0].day, to: days.at(-1).day };
}

/** Which weekday it is, Monday being 0. */
const weekdayOf = (day) => (new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7;

/** What is one bar each: days, or where there are very many, weeks. */
function periodsOf(days) {
  const begins = (day, index) => index === 0 || days.length <= DAYS_DRAWN_MAX || weekdayOf(day.day) === 0;
  const found = [];
  days.forEach((day, index) => (begins(day, index) ? found.push([day]) : found.at(-1).push(day)));
  return found.map(together);
}

const textOf = ({ of, text }, period) => {
  const value = of(period);
  return value === null ? say.unknown : text(value);
};

/** A day as one says it; the present one is not over. */
const dayName = (days, index) => (index === days.length - 1 ? say.soFar : (text) => text)(dates.day(days[index].day));

/** What a column says of a bar, or of all days. */
function saidOf(column, period) {
  const text = textOf(column, period);
  return period.from === period.to || column.whole === undefined ? text : column.whole(text);
}

function daily({ name, drawn, columns }, days) {
  const bars = columns.slice(0, drawn);
  const periods = periodsOf(days);
  const last = periods.length - 1;
  const span = dates.range(days[0].day, days.at(-1).day);
  const titles = columns.map((column) => say.columns[column.name]);
  return {
    name,
    kind: 'days',
    title: say.titles[name],
    empty: periods.every((period) => bars.every(({ of }) => !of(period))),
    span: periods.length < days.length ? say.byWeek(span) : span,
    counts: bars[0].text === count,
    text: bars[0].text,
    series: bars.map((column) => ({
      tone: column.tone,
      title: say.columns[column.name],
      total: saidOf(column, together(days)),
      values: periods.map(column.of),
      texts: periods.map((period) => saidOf(column, period)),
    })),
    periods: periods.map(({ from, to }, index) => ({
      short: index === last && from === to ? say.today : dates.short(from),
      long: (index === last ? say.soFar : (text) => text)(dates.range(from, to)),
    })),
    head: [say.day, ...titles],
    rows: days.map((day, index) => [dayName(days, index), ...columns.map((column) => textOf(column, day))]),
    file: [
      [say.day, ...columns.map((column, index) => say.written[column.name] ?? titles[index])],
      ...days.map((day) => [day.day, ...columns.map(({ of, written = (value) => value }) => written(of(day)))]),
    ],
  };
}

/** How large the dot of a number is, so that its area says it: 0 for none. */
const levelOf = (value, most) => (value === 0 ? 0 : Math.ceil(Math.sqrt(value / most) * LEVELS));

function hourly(hours) {
  const most = Math.max(...hours.flat());
  const days = weekdays();
  const busiest = hours.flat().indexOf(most);
  return {
    name: 'hours',
    kind: 'hours',
    title: say.titles.hours,
    empty: most === 0,
    label: say.busiest(days[Math.floor(busiest / 24)], hourOf(busiest % 24), count(most)),
    days,
    hours: hours[0].map((_, hour) => hourOf(hour)),
    cells: hours.map((day) => day.map((value) => ({ level: levelOf(value, most), text: count(value) }))),
    head: [say.hour, ...days],
    rows: hours[0].map((_, hour) => [hourOf(hour), ...hours.map((day) => count(day[hour]))]),
    file: [[say.hour, ...days], ...hours[0].map((_, hour) => [String(hour), ...hours.map((day) => day[hour])])],
  };
}

/** `nameOf(name)` says what is meant by a name of the list, which has none for the rest. */
function ranked(name, head, what, list, nameOf, tone = 'own') {
  const named = list.map((each) => ({ ...each, text: each.name === '' ? say.others : nameOf(each.name) }));
  const most = Math.max(...list.map((each) => each.number));
  const ids = head === say.profile;
  return {
    name,
    kind: 'list',
    title: say.titles[name],
    empty: list.length === 0,
    tone,
    bars: named.slice(0, LISTED_MAX).map((each) => ({ name: isolated(each.text), text: count(each.number), part: each.number / most })),
    more: named.length > LISTED_MAX,
    head: [head, what],
    rows: named.map((each) => [isolated(each.text), count(each.number)]),
    file: [
      [...(ids ? [say.id] : []), head, what],
      ...named.map((each) => [...(ids ? [each.name] : []), plain(each.text), each.number]),
    ],
  };
}

/** The answer in a time zone, by `figures(days, zone)`; in UTC where the server does not know that zone. */
export async function answerIn(zone, days, figures) {
  try {
    return await figures(days, zone);
  } catch (error) {
    if (error.status !== 400 || zone === WORLD) throw error;
    return figures(days, WORLD);
  }
}

/** All figures of an answer, in order; `names` is `{profile(id)}`. A server of an earlier version does not say whose the failures are. */
export function figuresOf({ days, hours, profiles, operators, devices, reasons, failures }, names) {
  return [
    ...DAILY.map((each) => daily(each, days)),
    hourly(hours),
    ranked('profiles', say.profile, say.runs, profiles, names.profile),
    ranked('operators', say.operator, say.runs, operators, plain),
    ranked('devices', say.device, say.runs, devices, plain),
    ...(failures ? [ranked('failures', say.profile, say.people, failures, names.profile, 'failed')] : []),
    ranked('reasons', say.reason, say.people, reasons, (reason) => plain(reasonOf(reason)), 'failed'),
  ];
}

/** The most telling numbers of all the days, as pairs of a heading and a text. */
export function sumsOf({ days }) {
  const all = together(days);
  const [pace, left] = ['pace', 'left'].map((name) => DAILY.find((each) => each.name === name).columns[0]);
  return [
    [say.columns.sent, count(all.sent)],
    [say.columns.failed, count(all.failed)],
    [say.titles.runs, count(all.completed + all.stopped + all.interrupted)],
    [say.columns.pace, textOf(pace, all)],
    [say.columns.left, textOf(left, all)],
  ];
}
