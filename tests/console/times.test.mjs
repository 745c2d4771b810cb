import assert from 'node:assert/strict';
import { test } from 'node:test';

import { count, dates, decimal, duration, hourOf, pace, percent, roughly, timesFor, waitWords, weekdays } from '../../static/times.js';

const NOW = new Date(2026, 10, 24, 12, 0, 0).getTime();
const at = (...parts) => new Date(...parts).getTime();
const ofDay = timesFor({ hourCycle: 'h23' });
const half = timesFor({ hourCycle: 'h12' });

test('today is a time of day, else it is the day', () => {
  const expected = [
    [at(2026, 10, 24, 9, 42), '9:42'],
    [at(2026, 10, 24, 0, 5), '0:05'],
    [at(2026, 10, 23, 23, 59), 'Mon 23 Nov'],
    [at(2026, 10, 25, 9, 0), 'Wed 25 Nov'],
    [at(2025, 10, 24, 12, 0), '24 Nov 2025'],
  ];
  for (const [time, words] of expected) assert.equal(ofDay.when(time, NOW).replace('00:05', '0:05'), words);
});

test('in a sentence there are both, and to the second on hover', () => {
  const time = at(2026, 10, 23, 21, 42, 7);
  assert.equal(ofDay.day(time, NOW), 'Mon 23 Nov, 21:42');
  assert.equal(ofDay.exact(time), 'Monday, 23 November 2026 at 21:42:07');
});

test('the clock is the one that the reader is used to', () => {
  assert.equal(half.clock(at(2026, 10, 24, 21, 42)).toLowerCase().replace(/\s/u, ' '), '9:42 pm');
  assert.equal(timesFor({ language: 'de', hourCycle: 'h23' }).when(at(2026, 10, 23, 9, 0), NOW), 'Mo., 23. Nov.');
});

test('how long something took', () => {
  const expected = [
    [-5, '< 1 s'], [0, '< 1 s'], [850, '< 1 s'], [1234, '1.2 s'], [8000, '8.0 s'], [9960, '10 s'], [59_400, '59 s'],
    [200_000, '3 min 20 s'], [3_900_000, '1 h 5 min'],
  ];
  for (const [ms, words] of expected) assert.equal(duration(ms), words);
});

test('how long something will take is rounded as a person would', () => {
  const expected = [
    [0, '1 s'], [8_200, '8 s'], [12_000, '10 s'], [13_000, '15 s'], [57_000, '55 s'], [59_000, '1 min'], [89_000, '1 min'],
    [91_000, '2 min'], [19 * 60_000, '19 min'], [33 * 60_000, '35 min'], [56 * 60_000, '1 h'], [95 * 60_000, '1.5 h'],
    [7.4 * 3_600_000, '7 h'],
  ];
  for (const [ms, words] of expected) assert.equal(roughly(ms), words, String(ms));
});

test('a pace, and numbers of many digits', () => {
  assert.deepEqual([1.94, 1.02, 14.4, 0.2, 0.001].map(pace), ['1.9/s', '1.0/s', '14/s', '12/min', '1/min']);
  assert.deepEqual([0, 999, 12_500].map(count), ['0', '999', '12,500']);
});

test('nobody waits too short', () => {
  assert.deepEqual([200, 40_000, 91_000, 7_300_000].map(waitWords), ['in a second', 'in 40 seconds', 'in 2 minutes', 'in 3 hours']);
});

test('a day of a calendar is the same in every time zone', () => {
  assert.equal(dates.short('2026-03-29'), '29 Mar');
  assert.equal(dates.day('2026-03-29'), 'Sun 29 Mar');
  assert.equal(dates.range('2026-03-29', '2026-03-29'), 'Sun, 29 Mar 2026');
  assert.equal(dates.range('2025-12-29', '2026-01-04').replace(/\s/gu, ' '), '29 Dec 2025 – 4 Jan 2026');
  assert.deepEqual([weekdays()[0], weekdays()[6]], ['Mon', 'Sun']);
  assert.match(hourOf(13), /^(13|1\s?pm)$/u);
});

test('parts of a whole, and numbers with a digit behind the point', () => {
  assert.deepEqual([percent(0.1234), percent(1), decimal(12.34), decimal(3)], ['12.3%', '100%', '12.3', '3']);
});
