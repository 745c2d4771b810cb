import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answerIn, figuresOf, sumsOf } from '../../static/analytics.js';
import { words } from '../../static/words.js';

const say = words.analytics;
const NAMES = { profile: (id) => `profile ${id}` };
const NOTHING = { sent: 0, skipped: 0, failed: 0, uncertain: 0, running: 0, completed: 0, stopped: 0, interrupted: 0, devices: 0 };
const bare = (text) => text.replace(/[\u2068\u2069]/gu, '');

/** So many days up to Saturday, 28 November 2026, each with what `of(ago)` says. */
function daysOf(number, of) {
  const last = Date.UTC(2026, 10, 28);
  return Array.from({ length: number }, (_, index) => {
    const ago = number - 1 - index;
    return { ...NOTHING, day: new Date(last - ago * 86_400_000).toISOString().slice(0, 10), ...of(ago) };
  });
}

function answer(days, fields = {}) {
  const hours = Array.from({ length: 7 }, () => Array(24).fill(0));
  return { zone: 'Europe/Berlin', days, hours, profiles: [], operators: [], devices: [], reasons: [], failures: [], status: true, ...fields };
}

const found = (given) => Object.fromEntries(figuresOf(given, NAMES).map((figure) => [figure.name, figure]));

test('each day is a bar and a row, and the present one is not over', () => {
  const { messages } = found(answer(daysOf(7, (ago) => ({ sent: ago, skipped: 10 }))));
  assert.deepEqual(messages.series.map(({ values }) => values)[0], [6, 5, 4, 3, 2, 1, 0]);
  assert.deepEqual(messages.series.map(({ total }) => total), ['21', '70', '0', '0']);
  assert.deepEqual(messages.head, [say.day, 'Messaged', 'Left out', 'Failed', 'Uncertain']);
  assert.deepEqual(messages.rows.at(-1), [say.soFar('Sat 28 Nov'), '0', '10', '0', '0']);
  assert.equal(messages.periods.at(-1).long, say.soFar('Sat, 28 Nov 2026'));
  assert.deepEqual(messages.periods.slice(-2).map(({ short }) => short), ['27 Nov', say.today]);
  assert.deepEqual(messages.file.slice(0, 2), [messages.head, ['2026-11-22', 6, 10, 0, 0]]);
});

test('of a year each week is a bar, from Monday on, and each day a row', () => {
  const { messages, present } = found(answer(daysOf(365, (ago) => ({ sent: 1, devices: ago % 7 }))));
  const [{ values }] = messages.series;
  assert.equal(values.length, 53);
  assert.deepEqual([values[0], values[1], values.at(-1)], [2, 7, 6]); // from a Saturday to a Saturday
  assert.equal(values.reduce((sum, value) => sum + value), 365);
  assert.equal(messages.rows.length, 365);
  assert.equal(messages.periods[1].short, '1 Dec');
  assert.equal(present.series[0].values[1], 6); // the most on one of its days
  assert.deepEqual([present.series[0].total, present.series[0].texts[1]], [say.upTo('6'), say.upTo('6')]);
  assert.ok(messages.span.endsWith('by week'));
  assert.equal(found(answer(daysOf(90, () => ({})))).messages.periods.length, 90);
});

test('pace and share are of what there was, and not known where there was nothing', () => {
  const { pace, left } = found(answer(daysOf(7, (ago) => (ago > 1 ? {} : { sent: 3, running: 60, skipped: ago }))));
  assert.deepEqual(pace.series[0].values.slice(-3), [null, 3, 3]);
  assert.deepEqual(pace.rows.at(-3).slice(1), [say.unknown, '0', '0']);
  assert.deepEqual(pace.file.slice(-3).map((row) => row.slice(1)), [[null, 0, 0], [3, 60, 3], [3, 60, 3]]);
  assert.deepEqual(left.series[0].texts.slice(-3), [say.unknown, '25%', '0%']);
  assert.deepEqual(left.file.at(-2), ['2026-11-27', 25, 1, 4]);
  assert.equal(left.series[0].total, '14.3%');
});

test('the dot of an hour is as large as what was in it', () => {
  const hours = Array.from({ length: 7 }, () => Array(24).fill(0));
  Object.assign(hours[1], { 9: 100, 10: 25, 11: 1 });
  const { hours: figure } = found(answer(daysOf(7, () => ({})), { hours }));
  assert.deepEqual(figure.cells[1].slice(8, 12).map(({ level }) => level), [0, 5, 3, 1]);
  assert.deepEqual(figure.file[10], ['9', 0, 100, 0, 0, 0, 0, 0]);
  assert.deepEqual([figure.head.length, figure.rows.length], [8, 24]);
  assert.equal(figure.label, say.busiest('Tue', figure.hours[9], '100'));
});

test('a list has the most first, names, and what is not told apart', () => {
  const list = Array.from({ length: 9 }, (_, index) => ({ name: String(index), number: 20 - index }));
  const { profiles, failures, reasons } = found(
    answer(daysOf(7, () => ({})), {
      profiles: [...list, { name: '', number: 10 }],
      failures: [{ name: '7', number: 5 }],
      reasons: [{ name: 'The gateway answered 422: no such person', number: 4 }, { name: '=1', number: 1 }],
    }),
  );
  assert.deepEqual([profiles.bars.length, profiles.more, profiles.rows.length], [8, true, 10]);
  assert.deepEqual(profiles.rows.at(-1).map(bare), [say.others, '10']);
  assert.equal(profiles.bars[0].part, 1);
  assert.deepEqual(profiles.file[1], ['0', 'profile 0', 20]);
  assert.deepEqual(reasons.rows.map(([first]) => bare(first)), ['no such person', '=1']);
  assert.equal(reasons.more, false);
  assert.deepEqual(failures.rows.map((row) => row.map(bare)), [['profile 7', '5']]);
  assert.deepEqual(failures.file, [[say.id, say.profile, say.people], ['7', 'profile 7', 5]]);
});

test('a server that does not say whose the failures are is not taken for one without any', () => {
  assert.equal(found(answer(daysOf(7, () => ({})), { failures: undefined })).failures, undefined);
});

test('where nothing happened it says so', () => {
  assert.ok(figuresOf(answer(daysOf(30, () => ({}))), NAMES).every(({ empty }) => empty));
  const { messages, pace, runs } = found(answer(daysOf(30, () => ({ failed: 1 }))));
  assert.deepEqual([messages.empty, pace.empty, runs.empty], [false, true, true]);
});

test('what is most telling stands above', () => {
  const days = daysOf(7, () => ({ sent: 30, skipped: 10, running: 60, failed: 2, completed: 1, stopped: 1 }));
  assert.deepEqual(sumsOf(answer(days)).map(([, text]) => text), ['210', '14', '14', '30', '23.8%']);
});

test('where the server does not know the time zone they are by UTC, and no other failure is asked again', async () => {
  const asked = [];
  const refusing = (status) => async (days, zone) => {
    asked.push(zone);
    if (zone === 'UTC' && status === 400) return `${days} days`;
    throw Object.assign(new Error('refused'), { status });
  };
  assert.equal(await answerIn('Etc/Unknown', '7', refusing(400)), '7 days');
  await assert.rejects(answerIn('Etc/Unknown', '7', refusing(403)), { status: 403 });
  await assert.rejects(answerIn('UTC', '7', refusing(503)), { status: 503 });
  assert.deepEqual(asked, ['Etc/Unknown', 'UTC', 'Etc/Unknown', 'UTC']);
});
