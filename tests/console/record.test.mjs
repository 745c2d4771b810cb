import assert from 'node:assert/strict';
import { test } from 'node:test';

import { aboutOf, actionOf, byOf, queryOf } from '../../static/record.js';
import { words } from '../../static/words.js';

const say = words.record;
const NAMES = { profile: (id) => `profile ${id}`, device: (id) => `device ${id}` };
const TEXTS = ['operatorId', 'sessionId', 'address', 'agent', 'deviceId', 'device', 'profileId', 'type', 'runId', 'planId', 'target', 'targetDeviceId', 'detail'];
/** An entry as the server gives it; what is not said is empty. */
const entry = (fields) => ({ ...Object.fromEntries(TEXTS.map((name) => [name, ''])), count: null, outcome: 'ok', ...fields });
/** A line without the marks around names. */
const bare = (text) => text.replace(/[\u2068\u2069]/gu, '');
const about = (fields) => bare(aboutOf(entry(fields), NAMES));
const by = (fields) => bare(byOf(entry(fields), NAMES));

test('what is not chosen is not asked for', () => {
  assert.deepEqual(queryOf({ action: '', who: '', from: '', to: '' }), {});
  assert.deepEqual(queryOf({ action: 'refused', who: 'ann', from: '', to: '' }), { action: 'refused', operatorId: 'ann' });
});

test('days are whole ones of this device, the last one with all of it', () => {
  const { since, until } = queryOf({ action: '', who: '', from: '2026-03-28', to: '2026-03-29' });
  assert.equal(since, new Date(2026, 2, 28).getTime());
  assert.equal(until, new Date(2026, 2, 30).getTime() - 1);
});

test('a day that no date can be, or of before all records, is a bound that the server takes', () => {
  const { since, until } = queryOf({ action: '', who: '', from: '0001-01-01', to: '40000-01-01' });
  assert.equal(since, 0);
  assert.match(String(until), /^\d{1,15}$/);
  assert.ok(until > Date.now());
});

test('whose it was stands there where it was not the operator’s own', () => {
  const run = { operatorId: 'bob', profileId: '7', type: 'chat', runId: 'r' };
  assert.equal(about({ ...run, target: 'bob' }), 'Chat of profile 7');
  assert.equal(about({ ...run, target: 'ann' }), 'Chat of profile 7 · started by ann');
  assert.equal(about({ ...run, runId: '', planId: 'p', target: 'ann' }), 'Chat of profile 7 · planned by ann');
  assert.equal(about({ operatorId: 'bob', target: 'ann' }), 'of ann');
});

test('a number is of people, or of what the action is about, and one time needs no number', () => {
  assert.equal(about({ action: 'blocklist_cleared', count: 0 }), '0 people');
  assert.equal(about({ action: 'sessions_ended', count: 1 }), '1 session');
  assert.equal(about({ action: 'signed_out', count: 1 }), '');
  assert.equal(about({ action: 'sign_in_refused', count: 1 }), '');
  assert.equal(about({ action: 'sign_in_refused', count: 3 }), '3 times');
});

test('a device is called as it was then, or else as it is now', () => {
  assert.equal(about({ targetDeviceId: 'd', detail: 'Desk' }), 'Desk');
  assert.equal(about({ targetDeviceId: 'd' }), 'device d');
});

test('how it was done is said in words, and as it is where there are none', () => {
  assert.equal(about({ detail: 'resend' }), say.details.resend);
  assert.equal(about({ detail: 'red' }), 'red');
  assert.equal(actionOf({ action: 'run_started' }), say.actions.run_started);
  assert.equal(actionOf({ action: 'moon_painted' }), 'moon_painted');
  assert.equal(actionOf({ action: 'constructor' }), 'constructor');
});

test('why something was refused is said', () => {
  assert.equal(about({ action: 'refused', detail: 'stopAllProcessing', outcome: 'not_allowed' }), `stopAllProcessing · ${say.outcomes.not_allowed}`);
  assert.equal(about({ action: 'sign_in_refused', target: 'ann', outcome: 'bad_credentials' }), `of ann · ${say.outcomes.bad_credentials}`);
  assert.equal(about({ action: 'refused', outcome: 'too_wet' }), 'too_wet');
});

test('who did it, on what and from where, each once', () => {
  const all = { operatorId: 'ann', deviceId: 'd', device: 'Desk', agent: 'Firefox on Linux', address: '192.0.2.1' };
  assert.equal(by(all), 'by ann · Desk · Firefox on Linux · 192.0.2.1');
  assert.equal(by({ ...all, device: 'Firefox on Linux', address: '' }), 'by ann · Firefox on Linux');
  assert.equal(by({ operatorId: 'ann', deviceId: 'd' }), 'by ann · device d');
});

test('what nobody did was done by the server, but no server tries passwords', () => {
  assert.equal(by({ action: 'signed_out' }), say.nobody);
  const tried = { action: 'sign_in_refused', outcome: 'bad_credentials', address: '192.0.2.1' };
  assert.equal(by(tried), `${say.somebody} · 192.0.2.1`);
});
