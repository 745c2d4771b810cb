// The console put together: events change the state, the state draws the page, the page sends commands.

import { ApiError, profiles as fetchProfiles, refresh } from './api.js';
import { createCommands } from './commands.js';
import { EventLog } from './eventlog.js';
import { keyOf } from './keys.js';
import { identity, session } from './session.js';
import { connect } from './socket.js';
import { apply, initialState, running, seen } from './state.js';
import { statusLine } from './status.js';
import { createPicker } from './view/attachments.js';
import { createConfirm } from './view/confirm.js';
import { byId, setHidden, setText } from './view/dom.js';
import { createEvents } from './view/events.js';
import { createHeader } from './view/header.js';
import { createPeople } from './view/people.js';
import { createProfile } from './view/profile.js';
import { createSignIn } from './view/signin.js';
import { createTheme } from './view/theme.js';

const WIDE = matchMedia('(min-width: 760px)'); // as in css/layout.css: list and profile side by side

let state = initialState;
let link = null; // the connection while signed in
let frame = 0;

const log = new EventLog();
const ask = createConfirm();

function dispatch(event) {
  const before = state;
  state = apply(state, event);
  if (state === before) return;
  announce(before, state);
  if (frame === 0) frame = requestAnimationFrame(draw);
}

const local = (name, data = {}) => dispatch({ name: `local/${name}`, data });

const commands = createCommands({
  link: { send: (...command) => link.send(...command), connected: () => link?.connected() ?? false },
  state: () => state,
  dispatch,
});

/** Say aloud when a run of the open profile begins or ends; its progress is there to be read, not to be heard. */
function announce(before, after) {
  for (const type of ['chat', 'mail']) {
    const key = keyOf(after.selected, type);
    const [old, run] = [before.runs[key], after.runs[key]];
    if (run && !after.syncing && (old?.status !== run.status || old.away !== run.away)) {
      setText(byId('announcer'), `${type}: ${statusLine(run, after.device?.id ?? null)}`);
    }
  }
}

async function loadProfiles() {
  local('profiles', { status: 'loading' });
  try {
    const items = await fetchProfiles(session.get()?.alphaDateToken ?? '');
    local('profiles', { status: 'ready', items });
    if (state.selected === null && WIDE.matches && items.length > 0) select(String(items[0].external_id));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) leave('Your session has ended. Please sign in again.');
    else local('profiles', { status: 'failed', message: error.message });
  }
}

async function renewToken() {
  const current = session.get();
  if (current === null) return;
  try {
    session.set({ ...current, ...(await refresh(current.token)) });
    link?.renew();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    local('banner', { tone: 'warn', text: `Your session ends soon and could not be renewed: ${error.message}` });
  }
}

function enter() {
  signIn.hide();
  setHidden(byId('console'), false);
  state = { ...initialState, selected: selectedByAddress() };
  link = connect({
    report(event) {
      dispatch(event);
      if (event.name === 'local/caughtUp') commands.flush();
    },
    seen: () => seen(state),
    log,
    onUnauthorised: () => leave('Your session has ended. Please sign in again.'),
    onTokenExpiring: () => void renewToken(),
    onError: (data) => commands.failed(data),
  });
  void loadProfiles();
}

function leave(message = '') {
  link?.close();
  link = null;
  session.forget();
  identity.forget();
  log.clear();
  setHidden(byId('console'), true);
  signIn.show(message);
}

async function signOut() {
  const { own } = running(state);
  const sure = own === 0 || (await ask({
    title: 'Sign out?',
    text: `${own === 1 ? 'One run goes' : `${own} runs go`} on from this device and will be interrupted.`,
    ok: 'Sign out',
  }));
  if (sure) leave();
}

async function confirmBlocklist(profile, type) {
  const profileId = String(profile.external_id);
  const text = commands.countBlocklist(profileId, type).then((ack) => {
    if (!ack.ok) return `How many are on the list is not known (${ack.message}). All of them can be messaged again.`;
    if (ack.count === 0) return 'Nobody is on the list.';
    const people = ack.count === 1 ? '1 recipient' : `${ack.count} recipients`;
    return `${people} already messaged will be forgotten, and can then be messaged again.`;
  });
  const title = `Clear the ${type} blocklist of ${profile.name}?`;
  if (await ask({ title, text, ok: 'Clear blocklist' })) commands.clearBlocklist(profileId, type);
}

const attached = (profileId) => state.attachments[profileId] ?? [];
const openPicker = createPicker((profileId, items) => local('attach', { profileId, items }));

function selectedByAddress() {
  const found = /^#profile=(.+)$/.exec(location.hash);
  return found ? decodeURIComponent(found[1]) : null;
}

const select = (profileId) => location.replace(`#profile=${encodeURIComponent(profileId)}`);

addEventListener('hashchange', () => {
  if (location.hash === '#main') return; // the skip link
  local('select', { profileId: selectedByAddress() });
  if (!WIDE.matches) requestAnimationFrame(turnPage); // after draw, which the event above asked for
});

/** On a phone the list and the profile take turns: the focus goes along, and back to the row it came from. */
function turnPage() {
  if (state.selected === null) {
    document.querySelector('#people [tabindex="0"]')?.focus();
  } else {
    scrollTo(0, 0);
    byId('profile-name').focus();
  }
}

const drawHeader = createHeader({ dispatch, stopAll: commands.stopAll, signOut, useHere: () => link?.useHere() });
const drawPeople = createPeople({ dispatch, reload: loadProfiles });
const drawProfile = createProfile({
  commands,
  confirmBlocklist,
  pick: (profile) => void openPicker(profile, attached(String(profile.external_id))),
  detach: (profileId, id) => local('attach', { profileId, items: attached(profileId).filter((item) => item.id !== id) }),
});

function draw() {
  frame = 0;
  if (link === null) return;
  drawHeader(state);
  if (state.syncing) return; // half a snapshot is not shown
  drawPeople(state);
  drawProfile(state);
  commands.listUncertain(); // of the profile that is seen now
}

createTheme();
createEvents(log);
const signIn = createSignIn((answer) => {
  session.set(answer);
  enter();
});

if (session.get() === null) signIn.show();
else enter();
