import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError, login, profiles } from '../../static/api.js';
import { loadWords, loginWords } from '../../static/failures.js';
import { answerOf } from './helpers.mjs';

async function failing(fetch) {
  globalThis.fetch = fetch;
  return profiles('handle').then(
    () => assert.fail('it succeeded'),
    (error) => error,
  );
}

const RAW = 'Expected `str` of length >= 1 - at `$.email`';

test('a failure carries its status, its code and how long to wait', async () => {
  const refused = { status: false, code: 'too_many_requests', message: RAW };
  const error = await failing(async () => answerOf(429, refused, { 'Retry-After': '90' }));
  assert.ok(error instanceof ApiError);
  assert.deepEqual([error.status, error.code, error.retryAfter], [429, 'too_many_requests', 90_000]);
  const date = new Date(Date.now() + 30_000).toUTCString();
  const { retryAfter } = await failing(async () => answerOf(503, {}, { 'Retry-After': date }));
  assert.ok(retryAfter > 20_000 && retryAfter <= 30_000);
  for (const odd of ['soon', '', '-5']) {
    const wait = (await failing(async () => answerOf(503, {}, { 'Retry-After': odd }))).retryAfter;
    assert.ok(wait === null || wait === 0, `${odd}: ${wait}`);
  }
});

test('no answer, none in time and one that is no JSON are failures, too', async (t) => {
  const abort = new AbortController();
  t.mock.method(AbortSignal, 'timeout', () => abort.signal);
  const codeOf = async (fetch) => (await failing(fetch)).code;
  assert.equal(await codeOf(async () => Promise.reject(new TypeError('Failed to fetch'))), 'unreachable');
  assert.equal(await codeOf(async () => answerOf(200, '<html>')), 'unreadable');
  assert.equal(await codeOf(async () => answerOf(502, '<html>bad gateway')), 'unreadable');
  const hang = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      abort.abort();
    });
  assert.equal(await codeOf(hang), 'timeout');
});

test('a profile that is not there any more is no fault of the server', async () => {
  const error = new ApiError(404, 'unknown_profile');
  const words = 'Media could not be loaded: the backend does not list this profile. Reload the page to see which there are.';
  assert.equal(loadWords('Media', error), words);
});

test('nobody is shown what a validator or a gateway said', async () => {
  for (const [status, code] of [[400, 'invalid_payload'], [401, 'bad_credentials'], [429, 'too_many_requests'], [500, 'internal_error'],
    [502, 'gateway_refused'], [502, 'gateway_unavailable'], [503, 'store_unavailable'], [418, 'unheard_of'],
    [404, 'unknown_profile']]) {
    const error = await failing(async () => answerOf(status, { code, message: RAW }));
    for (const words of [loginWords(error), loadWords('The profiles', error)]) {
      assert.match(words, /^[A-Z][^`$_{}]+\.$/);
      assert.doesNotMatch(words, /Expected|answered|\d{3}|gateway/);
    }
  }
});

test('a backend that refuses is not said to be silent', () => {
  assert.match(loginWords(new ApiError(502, 'gateway_refused')), /does not accept this/);
  assert.match(loginWords(new ApiError(502, 'gateway_unavailable')), /does not answer/);
});

test('too many tries say when the next one is', async () => {
  globalThis.fetch = async () => answerOf(429, { code: 'too_many_requests' }, { 'Retry-After': '40' });
  const error = await login('a', 'b').catch((failure) => failure);
  assert.equal(loginWords(error), 'Too many tries. Try again in 40 seconds.');
  const long = new ApiError(429, 'too_many_requests', { retryAfter: 240_000 });
  assert.match(loginWords(long, 0), /^Too many tries\. Try again in 4 minutes, at \d{1,2}:\d\d.*\.$/);
  assert.equal(loginWords(new ApiError(429, 'x')), 'Too many tries. Wait a few minutes, then try again.');
});
