// Every sentence of the console stands in words.js, so that a translation is one file.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { words } from '../../static/words.js';

const STATIC = fileURLToPath(new URL('../../static/', import.meta.url));
const WITH_WORDS = new Set(['words.js', 'guard.js', 'worker.js']); // the guard speaks when nothing else could be loaded, the worker when nothing is
const modules = readdirSync(STATIC, { recursive: true }).filter(
  (name) => name.endsWith('.js') && !/^(vendor|node_modules|docs)\//.test(name) && !WITH_WORDS.has(name),
);
const page = readFileSync(`${STATIC}index.html`, 'utf8');

const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;,{(])\/\/.*$/gm, '$1');
const literals = (text) => [...text.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map((found) => found[1] ?? found[2]);

/** A capital and a second word, or a sign that only people read. */
const isSentence = (text) => /^[A-Z][a-z]+ [\w$]/.test(text) || /[…“”‘’—]|[^ -~]/u.test(text);

/** What programs read, though it looks like a sentence. */
const FOR_PROGRAMS = [/^Bearer /, /^…$/, /^\\u/, /^[\p{L}]{1,2}$/u];

test('no module but words.js holds a sentence', () => {
  const found = modules.flatMap((name) =>
    literals(withoutComments(readFileSync(STATIC + name, 'utf8')))
      .filter((text) => isSentence(text) && !FOR_PROGRAMS.some((pattern) => pattern.test(text)))
      .map((text) => `${name}: ${text}`),
  );
  assert.deepEqual(found, []);
});

test('the page names its words, and they are there', () => {
  const bare = page.replace(/<!doctype[^>]*>|<noscript>.*?<\/noscript>|<title>.*?<\/title>|<b>demo@.*?<\/b>|<kbd[^>]*>.*?<\/kbd>/g, '');
  assert.deepEqual([...bare.matchAll(/>([^<>]*\p{L}{2}[^<>]*)</gu)].map(([, text]) => text), []);
  assert.deepEqual([...bare.matchAll(/\s(?:title|aria-label|placeholder)="[^"]+"/g)].map(([text]) => text), []);
  const named = [...page.matchAll(/data-words(?:-\w+)?="([^"]+)"/g)].map(([, path]) => path);
  assert.ok(named.length > 30);
  const missing = named.filter((path) => typeof path.split('.').reduce((group, name) => group?.[name], words) !== 'string');
  assert.deepEqual(missing, []);
});

test('numbers have their forms', () => {
  assert.equal(words.uncertain.title(1), '1 person may have been messaged');
  assert.equal(words.uncertain.title(2), '2 people may have been messaged');
  assert.equal(words.list.some(1, 60), '1 of 60 profiles');
});
