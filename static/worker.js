// Classic, and of no page: the service worker of one build, at the address of its files. It keeps the page of that build with
// all its files, so that the console opens without a network, and says so. What the server answers is never kept: nothing old
// can be shown as if it were so now.
//
// The page comes from the network wherever there is one, and names the build of its files: a new version is taken by the next
// page that is opened, and never half of each. That page brings its own worker along, which takes this one's place at once.

const OWN = new URL('./', location.href).pathname; // "/static/BUILD/"
const OURS = 'alphasync-shell-';
const SHELL = OURS + OWN.split('/')[2];
const PAGE = '/';
const PAGE_TIMEOUT = 5_000; // ms; a network that begins to bring no page by then is as good as none

/** Keep the page and all that it names: all of it, or nothing. */
async function keep() {
  const page = await fetch(`${OWN}index.html`);
  const text = await page.clone().text();
  const named = new Set([...text.matchAll(/"(\/static\/[^"]+)"/g)].map(([, address]) => address));
  // A server of before there was a worker does not name the files of the build in it.
  if (!page.ok || !named.has(`${OWN}app.js`)) throw new Error(`no page at ${OWN}`);
  const shell = await caches.open(SHELL);
  await shell.addAll([...named]);
  await shell.put(PAGE, page);
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== SHELL).map((name) => caches.delete(name)));
}

const kept = (address) => caches.match(address, { cacheName: SHELL, ignoreVary: true });

/** What the network answers, if it begins to in time: the rest may take as long as it takes. */
async function answered(request) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), PAGE_TIMEOUT);
  try {
    return await fetch(request, { signal: late.signal });
  } finally {
    clearTimeout(timer);
  }
}

async function page(request) {
  try {
    const answer = await answered(request);
    return answer.status < 500 ? answer : ((await kept(PAGE)) ?? answer); // else from a load balancer without a server
  } catch (error) {
    const shell = await kept(PAGE);
    if (shell === undefined) throw error;
    return shell;
  }
}

/** A file whose address names its build is the same for ever; any other is asked for anew. */
async function file(request, address) {
  if (address.startsWith(OWN)) return (await kept(address)) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const found = await kept(address);
    if (found === undefined) throw error;
    return found;
  }
}

addEventListener('install', (event) => {
  void skipWaiting();
  event.waitUntil(keep());
});

addEventListener('activate', (event) => event.waitUntil(Promise.all([forgetOthers(), clients.claim()])));

addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.mode === 'navigate') {
    if (pathname === PAGE) event.respondWith(page(request));
  } else if (pathname.startsWith('/static/')) event.respondWith(file(request, pathname));
});

/** Where a notice leads: to the console that is open, or to one that is opened for it. */
async function follow(place) {
  const pages = await clients.matchAll({ type: 'window' });
  const open = pages.find(({ visibilityState }) => visibilityState === 'visible') ?? pages[0];
  if (open === undefined) {
    await clients.openWindow(PAGE + place);
    return;
  }
  open.postMessage({ place });
  await open.focus();
}

addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(follow(event.notification.data?.place ?? ''));
});

/** What a push says in words: with the page closed there are no others at hand. */
const TYPES = { chat: 'Chat', mail: 'Mail' };

function wordsOf({ outcome, type, current, total, sent, uncertain }) {
  const what = TYPES[type] ?? '';
  if (uncertain > 0) return `${what} needs you · ${uncertain} may have been messaged`;
  if (outcome === 'interrupted') return `${what} was interrupted at ${current} of ${total}`;
  return `${what} completed · ${sent} sent`;
}

async function nameOf(profileId) {
  const found = await caches.match('/names', { cacheName: 'alphasync-names' });
  return (await found?.json())?.[profileId] ?? `Profile ${profileId}`;
}

async function tell(news) {
  const open = await clients.matchAll({ type: 'window' });
  if (open.some(({ visibilityState }) => visibilityState === 'visible')) return; // it is seen there
  const { profileId, type, startedAt } = news;
  await registration.showNotification(await nameOf(profileId), {
    body: wordsOf(news),
    tag: `${type}/${profileId}/${startedAt}`, // as the page's own, of which it takes the place
    data: { place: `#profile=${encodeURIComponent(profileId)}` },
  });
}

addEventListener('push', (event) => {
  const news = event.data?.json();
  if (news?.kind === 'runEnded') event.waitUntil(tell(news));
});
