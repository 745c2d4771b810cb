// Which build a page is of, and when it is loaded anew.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { buildOf, createRenewing, keepShell } from '../../static/shell.js';
import { fakeStorage } from './helpers.mjs';

const OWN = '0123456789abcdef';
const OTHER = 'fedcba9876543210';

beforeEach(() => {
  globalThis.sessionStorage = fakeStorage();
});

/** A page of the build OWN. */
function bench({ idle = false } = {}) {
  const bed = { idle, build: OWN, offers: 0, reloads: 0 };
  bed.renewing = createRenewing({
    own: OWN,
    ask: async () => bed.build,
    idle: () => bed.idle,
    offer: () => (bed.offers += 1),
    reload: () => (bed.reloads += 1),
  });
  bed.did = () => [bed.offers, bed.reloads];
  return bed;
}

test('the address of a file names its build', () => {
  assert.equal(buildOf(`https://app.example/static/${OWN}/shell.js`), OWN);
  assert.equal(buildOf('file:///static/shell.js'), null);
});

test('a server of the same build, of none, or that says nothing is no news', async () => {
  const bed = bench({ idle: true });
  for (const build of [OWN, null]) {
    bed.build = build;
    await bed.renewing.look();
  }
  bed.renewing.leave();
  assert.deepEqual(bed.did(), [0, 0]);
});

test('a new version is offered once, and taken when nobody looks', async () => {
  const bed = bench();
  bed.build = OTHER;
  await bed.renewing.look();
  await bed.renewing.look();
  assert.deepEqual(bed.did(), [1, 0]);
  bed.renewing.leave();
  assert.deepEqual(bed.did(), [1, 0], 'somebody looks, or a run would end with the page');
  bed.idle = true;
  bed.renewing.leave();
  assert.deepEqual(bed.did(), [1, 1]);
});

test('by itself a page goes to a build once, as long as servers of two answer in turns', async () => {
  for (const reloads of [1, 0]) {
    const bed = bench({ idle: true });
    bed.build = OTHER;
    await bed.renewing.look();
    bed.renewing.leave();
    assert.equal(bed.reloads, reloads);
  }
});

test('where no page can be kept, it is as it was', async () => {
  const address = `https://app.example/static/${OWN}/shell.js`;
  const refuses = { register: async () => Promise.reject(new Error('no')) };
  assert.equal(await keepShell({ container: undefined, address }), null);
  assert.equal(await keepShell({ container: refuses, address }), null);
  const asked = [];
  const keeps = { register: async (...told) => asked.push(told.map(String)) };
  await keepShell({ container: keeps, address });
  assert.equal(asked[0][0], `https://app.example/static/${OWN}/worker.js`);
});
