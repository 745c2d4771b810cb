import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { openStorage } from '../../static/storage.js';
import { fakeStorage } from './helpers.mjs';

const FOLDER = new URL('../../static/', import.meta.url);

function given(area) {
  Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, ...area });
  return openStorage('sessionStorage');
}

const BLOCKED = {
  get() {
    throw new DOMException('Access is denied for this document.', 'SecurityError');
  },
};

test('what is kept outlives the page, what cannot be kept lives as long as it', () => {
  const areas = [
    [{ value: fakeStorage() }, true],
    [BLOCKED, false],
    [{ value: undefined }, false],
    [{ value: null }, false],
    [{ value: fakeStorage({ quota: 3 }) }, false],
  ];
  for (const [area, outlives] of areas) {
    const storage = given(area);
    assert.equal(storage.read('a'), null);
    assert.equal(storage.write('a.1', { x: 1 }), outlives);
    assert.deepEqual([storage.read('a.1'), storage.keys('a.'), storage.keys('b')], [{ x: 1 }, ['a.1'], []]);
    assert.deepEqual(openStorage('sessionStorage').read('a.1'), outlives ? { x: 1 } : null);
    storage.remove('a.1');
    assert.deepEqual([storage.read('a.1'), storage.keys('')], [null, []]);
  }
});

test('a value that became too large hides the older one that was kept', () => {
  const storage = given({ value: fakeStorage({ quota: 10 }) });
  storage.write('a', 'short');
  storage.write('a', 'much too long for this');
  assert.equal(storage.read('a'), 'much too long for this');
  storage.write('a', 'brief');
  assert.equal(openStorage('sessionStorage').read('a'), 'brief');
});

test('what somebody else wrote there is as nothing', () => {
  const area = fakeStorage();
  area.setItem('a', '{not json');
  assert.equal(given({ value: area }).read('a'), null);
});

test('nothing else touches the storage', () => {
  const touching = readdirSync(FOLDER, { recursive: true })
    .filter((name) => name.endsWith('.js') && !/(^|\/)vendor\//.test(name))
    .filter((name) => /\b(local|session)Storage\b[.[]/.test(readFileSync(new URL(name, FOLDER), 'utf8')));
  assert.deepEqual(touching.sort(), ['guard.js', 'theme-early.js'], 'which run before all modules, and guard themselves');
});
