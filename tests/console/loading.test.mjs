// How the profiles are loaded, and for whom.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError } from '../../static/api.js';
import { createLoading } from '../../static/loading.js';

const ITEMS = [{ external_id: '7', name: 'Anna' }];

/** A tab; `calls` are answered by hand. */
function bench() {
  const bed = { login: 'a', calls: [], told: [], loaded: [], ended: 0 };
  bed.load = createLoading({
    login: () => bed.login,
    fetch: (login) => new Promise((resolve, reject) => bed.calls.push({ login, resolve, reject })),
    local: (_, { status }) => bed.told.push(status),
    loaded: (items) => bed.loaded.push(items.length),
    ended: ({ status }) => status === 401 && (bed.ended += 1) > 0,
  });
  return bed;
}

test('they are there, or it is said why not', async () => {
  const bed = bench();
  const loads = [bed.load(), bed.load()];
  bed.calls[0].resolve(ITEMS);
  bed.calls[1].reject(new ApiError(0, 'timeout'));
  await Promise.all(loads);
  assert.deepEqual([bed.told, bed.loaded], [['loading', 'loading', 'ready', 'failed'], [1]]);
});

test('where the login has ended one signs in again', async () => {
  const bed = bench();
  const load = bed.load();
  bed.calls[0].reject(new ApiError(401, 'sign_in_again'));
  await load;
  assert.deepEqual([bed.ended, bed.told], [1, ['loading']]);
});

test('what comes for an earlier login of the same operator neither is shown nor ends the new one', async () => {
  for (const answer of ['resolve', 'reject']) {
    const bed = bench();
    const early = bed.load();
    bed.login = 'b'; // signed in again meanwhile
    const late = bed.load();
    bed.calls[1].resolve(ITEMS);
    await late;
    bed.calls[0][answer](answer === 'resolve' ? [] : new ApiError(401, 'sign_in_again'));
    await early;
    assert.deepEqual([bed.calls[1].login, bed.ended, bed.told.at(-1), bed.loaded], ['b', 0, 'ready', [1]]);
  }
});
