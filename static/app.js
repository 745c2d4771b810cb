// The console put together: events change the state, the state draws the page, the page sends commands.

import { createAccount } from './account.js';
import { about, analytics as fetchAnalytics, endSession, exportPart, importDoNotContact, makeServiceToken, pastRecipients, pastRun, pastRuns as fetchPastRuns, profiles as fetchProfiles, record as fetchRecord, revokeServiceToken, serviceTokens, sessions as fetchSessions, webhooks as webhookCalls, wholeOf } from './api.js';
import { createArranging, readArrangement } from './arrangement.js';
import { itemsOf } from './attachments.js';
import { createCommands } from './commands.js';
import { readDetaching } from './detaching.js';
import { nameOf } from './devices.js';
import { createDoing } from './doing.js';
import { EventLog } from './eventlog.js';
import { addDrawings } from './icons.js';
import { createKept } from './kept.js';
import { keyOf, partsOf } from './keys.js';
import { createLists } from './lists.js';
import { createLoading } from './loading.js';
import { profileIn } from './place.js';
import { createQuestions } from './questions.js';
import { readRhythm } from './rhythm.js';
import { identity, session } from './session.js';
import { createPush } from './push.js';
import { createRenewing, keepShell } from './shell.js';
import { connect } from './socket.js';
import { createDrawing } from './soon.js';
import { apply, initialState, running, seen } from './state.js';
import { statusLine } from './status.js';
import { claimTab } from './tab.js';
import { createTypists } from './typists.js';
import { createAccountMenu } from './view/account.js';
import { createAnalytics } from './view/analytics.js';
import { createAside } from './view/aside.js';
import { createPicker } from './view/attachments.js';
import { createBackends } from './view/backends.js';
import { createBanner } from './view/banner.js';
import { createConfirm } from './view/confirm.js';
import { createDevices } from './view/devices.js';
import { byId, closeDialogs, setHidden, setText } from './view/dom.js';
import { createEvents } from './view/events.js';
import { fill } from './view/fill.js';
import { createHeader } from './view/header.js';
import { createLater } from './view/later.js';
import { createMany } from './view/many.js';
import { createNotices } from './view/notices.js';
import { createPalette } from './view/palette.js';
import { createPeople } from './view/people.js';
import { createPin } from './view/pin.js';
import { createProfile } from './view/profile.js';
import { createRecipients } from './view/recipients.js';
import { createPastRuns } from './view/pastruns.js';
import { createRecord } from './view/record.js';
import { createRights, markCommands } from './view/rights.js';
import { createSessions } from './view/sessions.js';
import { createShortcuts } from './view/shortcuts.js';
import { createSignIn } from './view/signin.js';
import { createStarting } from './view/starting.js';
import { createTurning } from './view/turning.js';
import { createVersions } from './view/versions.js';
import { createWebhooks } from './view/webhooks.js';
import { words } from './words.js';

addDrawings();
fill();
markCommands();

let state = initialState;
let tab = null; // see tab.js
let kept = null; // text that is not saved, while signed in
let safe = true; // whether all of it outlives the page

const TYPED = new Set(['local/draftTyped', 'local/draftSent']);

const drawing = createDrawing(draw);
const log = new EventLog();
const ask = createConfirm();

function dispatch(event) {
  const before = state;
  state = apply(state, event);
  if (state === before) return;
  kept?.note(state);
  announce(before, state);
  if (TYPED.has(event.name)) drawing.late();
  else drawing.next();
}

const local = (name, data = {}) => dispatch({ name: `local/${name}`, data });

const operatorId = () => String(session.get()?.operatorId ?? '');

const push = createPush({
  send: (...command) => account.link().send(...command),
  keyOf: async () => (await about())?.pushKey ?? null,
  operator: operatorId,
});
const notices = createNotices({ local, changed: (on) => void push.want(on) });

const commands = createCommands({
  link: {
    send: (...command) => account.link().send(...command),
    connected: () => account.link()?.connected() ?? false,
    joined: () => account.link()?.joined() ?? false,
  },
  state: () => state,
  dispatch,
});

const turning = createTurning({ state: () => state, local, show: (type) => profileView.show(type) });

const typists = createTypists((key, devices) => local('typists', { key, devices }));

/** Send what waits to be drawn, and write what is not saved, before it may be too late. */
function keep() {
  commands.hasten();
  if (kept !== null) safe = kept.save();
}

/** Say aloud when a run of the open profile begins or ends; its progress is there to be read, not to be heard. */
function announce(before, after) {
  for (const type of ['chat', 'mail']) {
    const key = keyOf(after.selected, type);
    const [old, run] = [before.runs[key], after.runs[key]];
    if (run && !after.syncing && (old?.status !== run.status || old.away !== run.away)) {
      setText(byId('announcer'), words.run.spoken(type, statusLine(run, after.device?.id ?? null)));
    }
  }
}

const loadProfiles = createLoading({
  login: () => session.get()?.alphaDateToken,
  fetch: fetchProfiles,
  local,
  loaded(items) {
    void push.names(items);
    turning.first(items[0]?.external_id);
  },
  ended: (error) => account.ended(error),
});

const account = createAccount({
  connect: () =>
    connect({
      report(event) {
        const before = state;
        dispatch(event);
        notices.note(event, before, state);
        typists.note(event, state.device?.id);
        recipients.note(event);
        sessions.note(event);
        past.note(event);
        if (event.name === 'local/caughtUp') {
          commands.flush();
          void renewing.look();
          void push.joined();
        }
      },
      seen: () => seen(state),
      log,
      onUnauthorised: (why) => account.expire(why),
      onTokenExpiring: (data) => account.expiring(data),
      onError: (data) => commands.failed(data),
    }),

  show(signedIn, why, email) {
    setHidden(byId('console'), !signedIn);
    if (signedIn) signIn.hide();
    else {
      closeDialogs(); // the sign-in is not left behind one of them
      signIn.show(why, email);
    }
  },

  entered(anew) {
    if (anew) remember();
    else local('banner', {});
    void loadProfiles();
  },

  left() {
    keep();
    kept = null; // what is not saved stays for the next time
    typists.forget();
    void push.left();
    commands.forget();
    many.forget();
    state = initialState;
    log.clear();
  },

  banner: (tone, text, action) => local('banner', { tone, text, action }),
});

function takeUp(lists) {
  for (const [profileId, { items, base }] of lists) local('attachmentsRestored', { profileId, items, base });
}

/** Begin anew, with what this device has kept. */
function remember() {
  kept = null;
  const arrangement = readArrangement(session.get().operatorId);
  state = { ...initialState, who: identity.who(), selected: profileIn(location.hash), arrangement, detaching: readDetaching(), rhythm: readRhythm() };
  const own = createKept({ tab: tab.name, operatorId: session.get().operatorId });
  for (const [key, text] of Object.entries(own.texts())) {
    local('draftRestored', { ...text, ...partsOf(key) });
  }
  takeUp(own.attachments());
  local('offers', { offers: own.offers() });
  kept = own;
  void tab.living().then((living) => {
    if (kept !== own) return;
    local('offers', { offers: own.offers(living) });
    takeUp(own.attachmentsLeft(living));
    commands.flush();
    keep();
    if (safe) own.forget(living); // now they are this tab's
  });
}

const { signOut, stopAll, confirmBlocklist, confirmCancel } = createQuestions({ ask, state: () => state, commands, leave: account.leave });

const starting = createStarting({ state: () => state, commands });

const many = createMany({ state: () => state, dispatch, commands, shown: () => people.shown() });

const attached = (profileId) => itemsOf(state.attachments, profileId);
const picker = createPicker({ chosen: attached, choose: commands.attach, ended: account.ended });

const showVersions = createVersions({
  commands,
  viewer: () => ({ me: state.device?.id ?? null, operator: String(session.get()?.operatorId ?? '') }),
  restored: (type) => byId(`${type}-text`).focus(),
});

const profileOf = (id) => state.profiles.items.find(({ external_id: known }) => known === id);
const recipients = createRecipients();
const sessions = createSessions({
  list: (cursor) => fetchSessions(session.get()?.token ?? '', cursor),
  end: (id) => endSession(session.get()?.token ?? '', id),
  ended: account.ended,
  operatorId: () => state.who.operatorId,
  ask,
});
const backends = createBackends({
  api: {
    list: () => serviceTokens(session.get()?.token ?? ''),
    make: (wanted) => makeServiceToken(session.get()?.token ?? '', wanted),
    revoke: (id) => revokeServiceToken(session.get()?.token ?? '', id),
  },
  ended: account.ended,
  ask,
});
const exportOf = (path, query) => exportPart(session.get()?.token ?? '', path, query);
const names = {
  profile: (id) => profileOf(id)?.name ?? words.aside.profile(id),
  device: (id) => nameOf(state, id),
};
const webhooks = createWebhooks({ api: webhookCalls(() => session.get()?.token ?? ''), ended: account.ended, ask, names });
const past = createPastRuns({
  api: {
    page: (query) => fetchPastRuns(session.get()?.token ?? '', query),
    file: (query, report) => wholeOf(exportOf, '/api/runs/export', query, report),
    run: (id) => pastRun(session.get()?.token ?? '', id),
    recipients: (id, query) => pastRecipients(session.get()?.token ?? '', id, query),
  },
  ended: account.ended,
  names,
  profiles: () => state.profiles.items,
  sendAgain({ profileId, type }, { message, attachments }) {
    const profile = profileOf(profileId);
    if (profile === undefined) return local('banner', { tone: 'error', text: words.past.noProfile });
    turning.open(profileId, type);
    commands.type(profileId, type, message);
    const together = type === 'mail' && attachments.length > 0; // else what is attached there stays
    if (together) commands.attach(profileId, attachments);
    return local('banner', { tone: 'info', text: words.past.put(type, profile.name, together) });
  },
});
const analytics = createAnalytics({
  figures: (days, zone) => fetchAnalytics(session.get()?.token ?? '', days, zone),
  ended: account.ended,
  names,
});
const record = createRecord({
  page: (query) => fetchRecord(session.get()?.token ?? '', query),
  file: (query, report) => wholeOf(exportOf, '/api/audit/export', query, report),
  ended: account.ended,
  names,
});
const lists = createLists({
  send: (...command) => account.link().send(...command),
  files: {
    part: exportOf,
    bring: (file) => importDoNotContact(session.get()?.token, file),
  },
});
const showMessaged = (profile, type) => recipients.open(lists.messaged(profile, type, (id) => nameOf(state, id)));
const showNever = () => recipients.open(lists.notContacted());

const planLater = createLater({ commands, rhythm: () => state.rhythm });

const who = byId('who');
const openPalette = createPalette({ state: () => state, act: (choice) => act(choice), who: () => !who.hidden });
const showShortcuts = createShortcuts({
  find: openPalette,
  start: (type) => type && act({ action: 'start', type }),
  escape: many.escape,
  signedIn: () => !byId('console').hidden,
});
const act = createDoing({
  state: () => state,
  dispatch,
  commands,
  begin: starting.ask,
  open: turning.open,
  planLater(type) {
    const profile = state.profiles.items.find(({ external_id: id }) => id === state.selected);
    planLater(profile, type, { message: state.drafts[keyOf(state.selected, type)]?.message });
  },
  showWho: () => who.click(),
  showActivity: () => aside.show(),
  showMessaged: (type) => showMessaged(state.profiles.items.find(({ external_id: id }) => id === state.selected), type),
  showNever,
  showPast: past.open,
  showAnalytics: analytics.open,
  showSessions: sessions.open,
  showBackends: backends.open,
  showWebhooks: webhooks.open,
  showRecord: record.open,
  select: many.touch,
  selectAll: many.all,
  showShortcuts,
  stopAll,
  signOut,
});
byId('find').addEventListener('click', openPalette);

const aside = createAside({
  open: (profileId) => act({ action: 'open', profileId }),
  again: (key) => act({ action: 'again', ...partsOf(key) }),
  more(key) {
    const { profileId, type } = partsOf(key);
    commands.moreUnsent(profileId, type);
  },
  decide(key, action, recipientId) {
    const { profileId, type } = partsOf(key);
    commands.resolveUncertain(profileId, type, action, recipientId);
  },
});

const drawBanner = createBanner({
  dispatch,
  useHere: () => account.link()?.useHere(),
  renew: () => location.reload(),
  signIn: () => account.expire(words.signIn.again),
});
const drawHeader = createHeader({ dispatch, stopAll, tally: () => people.counts() });
const drawDevices = createDevices({ send: (...command) => account.link().send(...command), ask });
const drawRights = createRights();
const drawAccount = createAccountMenu({ dispatch, signOut, showShortcuts, showNever, showSessions: sessions.open, showPast: past.open, showAnalytics: analytics.open, showRecord: record.open, showBackends: backends.open, showWebhooks: webhooks.open, showNotices: () => notices.menu() });

const arranging = createArranging({ state: () => state, dispatch, operatorId: () => session.get().operatorId });
const people = createPeople({ dispatch, ...arranging, press: many.press, open: turning.open, reload: loadProfiles });
const drawPin = createPin(arranging.pin);
const profileView = createProfile({
  commands,
  begin: starting.ask,
  confirmBlocklist,
  confirmCancel,
  showVersions,
  showMessaged,
  planLater,
  pick: (profile) => void picker.open(profile),
  detach: (profileId, gone) => commands.attach(profileId, attached(profileId).filter(({ link }) => link !== gone)),
});

const renewing = createRenewing({
  ask: async () => (await about())?.build ?? null,
  idle: () => document.hidden && safe && running(state).ours === 0,
  offer: () => local('banner', { tone: 'info', text: words.header.newVersion, action: 'renew' }),
  reload: () => location.reload(),
});

function draw() {
  if (account.link() === null) return;
  drawRights(state);
  if (!state.syncing) people.render(state); // half a snapshot is not shown
  many.render(state);
  drawHeader(state);
  drawBanner(state);
  drawAccount(state);
  webhooks.render(state);
  if (state.syncing) return;
  drawDevices(state);
  drawPin(state);
  profileView.render(state);
  starting.render(state);
  picker.render();
  aside.render(state);
  turning.arrive();
  const looked = aside.looked();
  commands.readRuns();
  commands.listUncertain(looked.uncertain); // of what is seen now
  commands.listUnsent(looked.failed);
}

createEvents(log);
const signIn = createSignIn((answer) => {
  turning.signedIn();
  account.signedIn(answer);
});

addEventListener('pagehide', keep);
document.addEventListener('visibilitychange', () => {
  keep(); // the last that a phone says of a page that it closes
  renewing.leave();
});
addEventListener('beforeunload', (event) => {
  keep();
  if (running(state).ours > 0 || !safe) event.preventDefault(); // the browser asks
});

void keepShell();
tab = await claimTab();
if (tab.copied) identity.forget(); // it is the other tab's
account.begin();
