import assert from 'node:assert/strict';
import { test } from 'node:test';

import { asJson, EventLog, matches } from '../../static/eventlog.js';

test('only the newest entries are kept', () => {
  const log = new EventLog(3);
  for (let i = 1; i <= 5; i += 1) log.add('in', `event${i}`, { i });
  assert.deepEqual(log.entries.map(({ name }) => name), ['event3', 'event4', 'event5']);
  assert.deepEqual(log.entries.map(({ id }) => id), [3, 4, 5]);
});

test('paused, entries are counted and not kept', () => {
  const log = new EventLog();
  log.pause(true);
  log.add('in', 'a', {});
  assert.deepEqual([log.entries.length, log.missed], [0, 1]);
  log.pause(false);
  log.add('in', 'b', {});
  assert.deepEqual([log.entries.length, log.missed], [1, 0]);
  log.clear();
  assert.equal(log.entries.length, 0);
});

test('secrets are blanked at any depth', () => {
  assert.equal(asJson({ deviceId: 'd', resumeToken: 'secret', more: { token: 'secret' } }), '{"deviceId":"d","resumeToken":"…","more":{"token":"…"}}');
  assert.equal(asJson(undefined), '');
});

test('a filter looks for all its words in direction, name and payload', () => {
  const entry = { direction: 'in', name: 'processingProgress', json: '{"profileId":"7"}' };
  assert.ok(matches(entry, ''));
  assert.ok(matches(entry, 'IN progress "7"'));
  assert.equal(matches(entry, 'out progress'), false);
});
