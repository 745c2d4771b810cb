import assert from 'node:assert/strict';
import { test } from 'node:test';

import { asProfiles, fold, hasWords, initials, isolated, plain } from '../../static/names.js';
import { hashOf, profileIn } from '../../static/place.js';

test('initials are letters as a reader counts them', () => {
  const expected = {
    'Sofia Marchetti': 'SM',
    'inès': 'I',
    '👩‍👩‍👧 Family': '👩‍👩‍👧F',
    '🇮🇹 Italia': '🇮🇹I',
    '👋🏽 wave': '👋🏽W',
    'é́x': 'É́',
    'ßara': 'S',
    '  spaces   in between here ': 'SI',
    'מרים כהן': 'מכ',
    '𝒜lice': '𝒜',
  };
  for (const [name, letters] of Object.entries(expected)) assert.equal(initials(name), letters, name);
});

test('what is searched is found without marks and case, each word anywhere', () => {
  const found = [
    ['Inès Haddad', 'ines'], ['ines', 'Inès'], ['Yuki Tanabe 1005 Brazil 38', 'yuki brazil'], ['Yuki Tanabe 1005 Brazil 38', '  brazil  YUKI 38 '],
    ['Łukasz Øst', 'lukasz ost'], ['Straße', 'strasse'], ['İstanbul', 'istanbul'], ['Ångström', 'angstrom'], ['Nguyễn Thị', 'nguyen thi'],
    ['ﬁne', 'fine'], ['Ｗｉｄｅ', 'wide'], ['Ёлка', 'елка'], ['x', ''], ['がく', 'か'],
  ];
  for (const [text, wanted] of found) assert.ok(hasWords(fold(text), wanted), `${wanted} in ${text}`);
  assert.equal(hasWords(fold('Yuki Tanabe Japan'), 'yuki brazil'), false);
});

test('a name cannot turn the line in which it stands', () => {
  for (const mark of ['\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069']) {
    assert.equal(plain(`a${mark}b`), 'ab');
    assert.equal(isolated(`a${mark}b`), '\u2068ab\u2069');
  }
  assert.equal(plain('מרים\u200fכהן'), 'מרים\u200fכהן');
});

test('a profile has an id and a name to show, whatever it came with', () => {
  const names = (...items) => asProfiles(items).map(({ name }) => name);
  for (const blank of ['', '   ', null, undefined, 5, {}, '\u200b\u200d', '\u202e', '\u3164']) {
    assert.deepEqual(names({ external_id: '7', name: blank }), ['7'], JSON.stringify(blank));
  }
  assert.deepEqual(names({ id: 7, external_id: '', name: '' }, { external_id: null }, null, 5, { name: 'no id' }), ['7']);
  assert.deepEqual(names({ external_id: '7', name: 'first' }, { external_id: 7, name: 'again' }), ['first']);
  for (const odd of [null, undefined, {}, 'x']) assert.deepEqual(asProfiles(odd), []);
  const [odd] = asProfiles([{ external_id: '7', name: 'x', age: {}, country_name: 5, photo_link: false }]);
  assert.deepEqual([odd.age, odd.country_name, odd.photo_link], ['', '', '']);
  assert.equal(asProfiles([{ external_id: '7', age: 34 }])[0].age, '34');
});

test('an address that was typed or cut off breaks nothing', () => {
  const expected = { '#profile=100%': '100%', '#profile=%E0%A4%A': '%E0%A4%A', '#profile=a%2Fb': 'a/b', '#profile=': null, '#main': null, '': null, '#profile=%': '%' };
  for (const [hash, profile] of Object.entries(expected)) assert.equal(profileIn(hash), profile, hash);
  for (const id of ['100%', 'a/b', '#', 'ü', ' ', '\ud800']) assert.equal(typeof profileIn(hashOf(id)), 'string');
  for (const id of ['100%', 'a/b', '#', 'ü', '%20']) assert.equal(profileIn(hashOf(id)), id);
});
