import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { ApiError } from '../../static/api.js';
import { createRenewal } from '../../static/renewal.js';

const MINUTE = 60_000;

/** A renewal whose tries are answered with `answers`, the last one for ever; times in seconds from the start. */
function bench(t, answers) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const bed = { tries: [], ends: [] };
  bed.renewal = createRenewal({
    async ask() {
      const answer = answers[Math.min(bed.tries.length, answers.length - 1)];
      bed.tries.push(Date.now() / 1000);
      if (answer instanceof ApiError) throw answer;
      return answer;
    },
    renewed: ({ token }) => bed.ends.push(token),
    trying() {},
    failed: ({ code }) => bed.ends.push(code),
  });
  bed.pass = async (seconds) => {
    for (let passed = 0; passed < seconds * 10; passed += 1) {
      await turn();
      t.mock.timers.tick(100);
    }
    await turn();
  };
  bed.begin = async (seconds, left = MINUTE) => {
    bed.renewal.start(Date.now() + left);
    await bed.pass(seconds);
  };
  return bed;
}

const BUSY = new ApiError(503, 'store_unavailable');
const GONE = new ApiError(0, 'unreachable');

test('a try that failed is followed by others while the token lives', async (t) => {
  for (const failure of [BUSY, GONE, new ApiError(0, 'timeout'), new ApiError(502, 'unreadable'), new ApiError(500, 'internal_error')]) {
    const bed = bench(t, [failure, failure, failure, { token: 'new' }]);
    await bed.begin(30);
    assert.deepEqual([bed.tries.length, bed.ends], [4, ['new']], failure.code);
    t.mock.timers.reset();
  }
});

test('it stops with the token, not before and not after, and without a storm', async (t) => {
  const bed = bench(t, [BUSY]);
  await bed.begin(120);
  assert.deepEqual(bed.ends, ['store_unavailable']);
  assert.ok(bed.tries.length >= 6 && bed.tries.length <= 14, `${bed.tries.length} tries`);
  assert.ok(bed.tries.at(-1) > 50 && bed.tries.at(-1) < 60, `the last after ${bed.tries.at(-1)} s`);
});

test('it waits as it is told to, and tries once more before the end', async (t) => {
  const bed = bench(t, [new ApiError(429, 'too_many_requests', { retryAfter: 20_000 }), { token: 'new' }]);
  await bed.begin(40);
  assert.deepEqual([bed.tries.length, bed.ends], [2, ['new']]);
  assert.ok(bed.tries[1] >= 20);
  t.mock.timers.reset();
  const late = bench(t, [new ApiError(429, 'too_many_requests', { retryAfter: 900_000 })]);
  await late.begin(120);
  assert.equal(late.tries.length, 2);
  assert.ok(late.tries[1] > 50 && late.tries[1] < 60);
});

test('a refusal is final', async (t) => {
  const bed = bench(t, [new ApiError(401, 'sign_in_again')]);
  await bed.begin(60);
  assert.deepEqual([bed.tries.length, bed.ends], [1, ['sign_in_again']]);
});

test('told again while it waits, as after a reconnect, it tries at once', async (t) => {
  const bed = bench(t, [new ApiError(503, 'x', { retryAfter: 50_000 }), { token: 'new' }]);
  await bed.begin(5);
  await bed.begin(1, 55_000);
  assert.deepEqual([bed.tries.length, bed.ends], [2, ['new']]);
});

test('stopped, it does nothing more, also with an answer under way', async (t) => {
  const bed = bench(t, [BUSY, { token: 'new' }]);
  await bed.begin(0.5);
  bed.renewal.stop();
  await bed.pass(60);
  assert.deepEqual([bed.tries.length, bed.ends], [1, []]);
  t.mock.timers.reset();
  const other = bench(t, [{ token: 'new' }]);
  other.renewal.start(Date.now() + MINUTE);
  other.renewal.stop();
  await other.pass(1);
  assert.deepEqual(other.ends, []);
});

test('a clock that is wrong still leaves a minute', async (t) => {
  for (const left of [-9_000_000, 9_000_000]) {
    const bed = bench(t, [BUSY, BUSY, { token: 'new' }]);
    await bed.begin(20, left);
    assert.deepEqual(bed.ends, ['new']);
    t.mock.timers.reset();
  }
});
