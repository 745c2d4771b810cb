import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { createAccount } from '../../static/account.js';
import { ApiError } from '../../static/api.js';
import { identity, session } from '../../static/session.js';
import { answerOf, fakeStorage } from './helpers.mjs';

const ANN = { token: 'jwt', alphaDateToken: 'handle', email: 'ann@example.com', operatorId: 'ann' };

function bench() {
  const bed = { calls: [], shown: null, words: '', email: '', banner: null };
  const link = {};
  for (const name of ['renew', 'abandon', 'close']) link[name] = () => bed.calls.push(name);
  bed.account = createAccount({
    connect() {
      bed.calls.push('connect');
      return link;
    },
    show: (signedIn, words, email) => Object.assign(bed, { shown: signedIn, words, email }),
    entered: (anew) => bed.calls.push(anew ? 'anew' : 'on'),
    left: () => bed.calls.push('left'),
    banner: (tone, text, action) => Object.assign(bed, { banner: text, action }),
  });
  return bed;
}

function signedIn() {
  const bed = bench();
  bed.account.signedIn(ANN);
  identity.set({ deviceId: 'd', resumeToken: 'proof' });
  bed.calls.length = 0;
  return bed;
}

beforeEach(() => {
  globalThis.sessionStorage = fakeStorage();
});

test('a session that ends signs out the view: nobody takes leave, and the device stays who it is', () => {
  const bed = signedIn();
  bed.account.expire();
  bed.account.expire();
  assert.deepEqual([bed.shown, bed.email, bed.calls], [false, ANN.email, []]);
  assert.match(bed.words, /Sign in again/);
  assert.deepEqual([identity.get()?.deviceId, session.get().token], ['d', undefined]);
});

test('signing in again goes on where one was', () => {
  const bed = signedIn();
  bed.account.expire();
  bed.account.signedIn({ ...ANN, token: 'newer' });
  assert.deepEqual([bed.shown, bed.calls, session.get().token], [true, ['renew', 'on'], 'newer']);
});

test('also after the page was reloaded', () => {
  signedIn().account.expire();
  const bed = bench();
  bed.account.begin();
  assert.deepEqual([bed.shown, bed.email], [false, ANN.email]);
  bed.account.signedIn({ ...ANN, token: 'newer' });
  assert.deepEqual([bed.calls, identity.get()?.deviceId], [['connect', 'anew'], 'd']);
});

test('another operator starts anew, as another device', () => {
  const bed = signedIn();
  bed.account.expire();
  bed.account.signedIn({ ...ANN, operatorId: 'bob' });
  assert.deepEqual(bed.calls, ['abandon', 'left', 'connect', 'anew']);
  assert.equal(identity.get(), null);
});

test('signing out is for good', () => {
  const bed = signedIn();
  bed.account.leave();
  assert.deepEqual([bed.shown, bed.calls, session.get(), identity.get()], [false, ['close', 'left'], null, null]);
});

test('a call that is answered 401 leads to the sign-in, another one does not', () => {
  const bed = signedIn();
  assert.equal(bed.account.ended(new ApiError(503, 'store_unavailable')), false);
  assert.equal(bed.shown, true);
  assert.equal(bed.account.ended(new ApiError(401, 'sign_in_again')), true);
  assert.equal(bed.shown, false);
});

test('a renewed token is used; one that cannot live longer is said, and not asked for again', async () => {
  const bed = signedIn();
  const expiresAt = Date.now() + 50_000;
  globalThis.fetch = async () => answerOf(200, { token: 'newer', expiresAt, prolonged: true });
  bed.account.expiring({ expiresAt });
  await turn();
  await turn();
  assert.deepEqual([bed.calls, session.get().token, session.get().email], [['renew'], 'newer', ANN.email]);
  globalThis.fetch = async () => answerOf(200, { token: 'newest', expiresAt, prolonged: false });
  bed.account.expiring({ expiresAt });
  await turn();
  await turn();
  assert.deepEqual([bed.calls, bed.action], [['renew'], 'signIn']);
  assert.match(bed.banner, /^Your session ends in a moment/);
});

test('a token whose renewal is refused lives on to its end', async () => {
  const bed = signedIn();
  globalThis.fetch = async () => answerOf(401, { code: 'invalid_token' });
  bed.account.expiring({ expiresAt: Date.now() + 50_000 });
  await turn();
  await turn();
  assert.deepEqual([bed.shown, bed.action, session.get().token], [true, 'signIn', 'jwt']);
  globalThis.fetch = async () => answerOf(401, { code: 'sign_in_again' });
  bed.account.expiring({ expiresAt: Date.now() + 50_000 });
  await turn();
  await turn();
  assert.equal(bed.shown, false);
});
