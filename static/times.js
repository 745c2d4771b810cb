// Times, lengths of time and numbers as people say them, by the browser's own Intl. The language is the console's, the
// clock of 12 or 24 hours the reader's. The units s, min and h are the same in every language.

import { LANGUAGE, words } from './words.js';

const hoursOfReader = () => new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions().hourCycle;

const sameDay = (one, other) => one.toDateString() === other.toDateString();

/** Makes the functions that say a time; `hourCycle` is 'h12' or 'h23'. Times are ms since the epoch. */
export function timesFor({ language = LANGUAGE, hourCycle = hoursOfReader() } = {}) {
  const format = (options) => new Intl.DateTimeFormat(language, options);
  const ofDay = format({ hour: 'numeric', minute: '2-digit', hourCycle });
  const thisYear = format({ weekday: 'short', day: 'numeric', month: 'short' });
  const earlier = format({ day: 'numeric', month: 'short', year: 'numeric' });
  const full = format({ dateStyle: 'full', timeStyle: 'medium', hourCycle });

  /** A time of day, e.g. "9:42". */
  const clock = (at) => ofDay.format(at);

  /** A day, e.g. "Tue 24 Nov"; with its year when that is another one. */
  const dayOf = (at, now) =>
    (new Date(at).getFullYear() === new Date(now).getFullYear() ? thisYear : earlier).format(at);

  return {
    clock,
    /** For a list: "9:42" if it is today, else "Tue 24 Nov". */
    when: (at, now = Date.now()) => (sameDay(new Date(at), new Date(now)) ? clock(at) : dayOf(at, now)),
    /** For what is to come: "9:42" if it is today, else "Tue 24 Nov, 9:42". */
    moment: (at, now = Date.now()) =>
      sameDay(new Date(at), new Date(now)) ? clock(at) : `${dayOf(at, now)}, ${clock(at)}`,
    /** For a sentence: "Tue 24 Nov, 9:42", today, too. */
    day: (at, now = Date.now()) => `${dayOf(at, now)}, ${clock(at)}`,
    /** To the second, as it is shown on hover. */
    exact: (at) => full.format(at),
  };
}

export const { clock, when, moment, day, exact } = timesFor();

const offsets = new Intl.DateTimeFormat(LANGUAGE, { timeZoneName: 'shortOffset' });

/** The reader's time zone as it is at a time: `{name, offset}`, e.g. "Europe/Berlin" and "GMT+2". */
export const zoneAt = (at) => ({
  name: offsets.resolvedOptions().timeZone,
  offset: offsets.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '',
});

const onDay = (options) => new Intl.DateTimeFormat(LANGUAGE, { ...options, timeZone: 'UTC' });
const shortDay = onDay({ day: 'numeric', month: 'short' });
const weekDay = onDay({ weekday: 'short', day: 'numeric', month: 'short' });
const wholeDay = onDay({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const wholeRange = onDay({ day: 'numeric', month: 'short', year: 'numeric' });
const weekday = onDay({ weekday: 'short' });
const hour = onDay({ hour: 'numeric', hourCycle: hoursOfReader() });
const midnight = (day) => Date.parse(`${day}T00:00Z`);

/** Days of a calendar as the server names them, e.g. "2026-03-29", whatever the clock says on them. */
export const dates = {
  /** "29 Mar" */
  short: (day) => shortDay.format(midnight(day)),
  /** "Sun 29 Mar" */
  day: (day) => weekDay.format(midnight(day)),
  /** "23 – 29 Mar 2026", or "Sun, 29 Mar 2026" where it is one */
  range: (from, to) => (from === to ? wholeDay.format(midnight(from)) : wholeRange.formatRange(midnight(from), midnight(to))),
};

/** The days of the week, from Monday on: it was one in 1970 on the fifth. */
export const weekdays = () => Array.from({ length: 7 }, (_, index) => weekday.format(Date.UTC(1970, 0, 5 + index)));

/** An hour of the day, e.g. "09" or "9 am". */
export const hourOf = (number) => hour.format(Date.UTC(1970, 0, 1, number));

const whole = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 1 });
const oneTenth = new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** What is left of a wait, to the second: "45 s", "1 min 55 s"; `ms` in milliseconds. */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A whole number, e.g. "12,500". */
export const count = (number) => whole.format(number);

/** A number with at most one digit behind its point, e.g. "12.5". */
export const decimal = (number) => tenths.format(number);

const parts = new Intl.NumberFormat(LANGUAGE, { style: 'percent', maximumFractionDigits: 1 });

/** A part of a whole, e.g. "12.5%" for 0.125. */
export const percent = (part) => parts.format(part);

/** How long something took, e.g. "< 1 s", "8.0 s", "3 min 20 s"; `ms` in milliseconds. */
export function duration(ms) {
  if (ms < 1000) return '< 1 s';
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return ms < 9_950 ? `${oneTenth.format(ms / 1000)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${whole.format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** How long something will take, rounded as a person would: "8 s", "25 s", "2 min", "1.5 h"; `ms` in milliseconds. */
export function roughly(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds <= 10) return `${seconds} s`;
  if (seconds < 58) return `${Math.round(seconds / 5) * 5} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 55) return `${minutes < 20 ? minutes : Math.round(minutes / 5) * 5} min`;
  const hours = minutes / 60;
  return `${hours < 5 ? tenths.format(Math.round(hours * 2) / 2) : whole.format(hours)} h`;
}

/** A pace, e.g. "1.9/s", or "12/min" where a second is too short. */
export function pace(perSecond) {
  if (perSecond >= 10) return `${whole.format(perSecond)}/s`;
  return perSecond >= 0.5 ? `${oneTenth.format(perSecond)}/s` : `${whole.format(Math.max(1, perSecond * 60))}/min`;
}

/** A wait in words, e.g. "in 40 seconds"; `ms` is rounded up, so that nobody is too early. */
export function waitWords(ms) {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return seconds === 1 ? words.wait.second : words.wait.seconds(seconds);
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? words.wait.minutes(minutes) : words.wait.hours(Math.ceil(minutes / 60));
}
