// All words of the console, so that a translation is this one file. Each group is a room of the page. What takes a number or
// a name is a function; numbers and times come as text already where times.js says them. The words of index.html are here,
// too: an element names its own by `data-words` (see view/fill.js).

/** The language of this file, as Intl names it. */
export const LANGUAGE = 'en-GB';

const rules = new Intl.PluralRules(LANGUAGE);

/** The form of a noun for a number, e.g. `count(2, {one: 'run', other: 'runs'})` is "2 runs". */
const count = (number, forms) => `${number} ${forms[rules.select(number)] ?? forms.other}`;

const RECIPIENTS = { one: 'recipient', other: 'recipients' };
const PEOPLE = { one: 'person', other: 'people' };
const CHARACTERS = { one: 'character', other: 'characters' };

/** Wordings that readers and scripts look for exactly as they are: they are part of the protocol, not of the design. */
const fixed = {
  locked: 'Another device is already processing this profile',
  running: (counts) => `🔄 Processing...${counts}`,
  runningElsewhere: (counts) => `📱 Processing on another device...${counts}`,
  startedElsewhere: '📱 Processing started on another device...',
  completed: (counts) => `✅ Completed${counts}`,
  completedElsewhere: (counts) => `✅ Completed on another device${counts}`,
  stopped: '⏹️ Stopped',
  stoppedElsewhere: '⏹️ Stopped on another device',
  interrupted: (reason) => (reason ? `⚠️ Interrupted: ${reason}` : '⚠️ Interrupted'),
  blocklistCleared: (number) => `Cleared ${number} blocked recipients`,
  /** Why the server takes no connection, as it says it. */
  unauthorised: ['Invalid authentication token', 'Authentication token required'],
  /** How the server says that one recipient was refused, and what it puts before the backend's own reason. */
  answered: /^The gateway answered \d+(?:: |$)/,
  /** What a stopped run carries as its message. */
  stoppedMessage: 'Stopped',
  /** What a paused run says of itself. */
  pausedMessage: 'Paused',
};

export const words = {
  fixed,

  name: 'alphasync',
  dot: ' · ',
  /** Parts of one line; what is empty is left out. */
  join: (parts) => parts.filter(Boolean).join(' · '),
  chat: 'Chat',
  mail: 'Mail',
  tryAgain: 'Try again',
  dismiss: 'Dismiss',
  cancel: 'Cancel',
  counting: 'Counting…',
  loading: 'Loading…',

  signIn: {
    title: 'Sign in · alphasync',
    lead: 'One account, all your devices in step.',
    email: 'E-mail',
    password: 'Password',
    button: 'Sign in',
    busy: 'Signing in…',
    missing: 'Enter your e-mail and your password.',
    sandbox: 'This server runs on its sandbox. Sign in as',
    fill: 'Fill in',
    ended: 'Your session has ended. Sign in again: your texts and your place are kept.',
    signedOut: 'This device was signed out from another one. Sign in again to go on: your texts are kept.',
    again: 'Sign in again to go on. Your texts and your place are kept.',
  },

  session: {
    renewing: 'Your session could not be renewed yet. Trying again…',
    endsAt: (time) => `Your session ends at ${time}. Sign in again to go on.`,
    endsSoon: 'Your session ends in a moment. Sign in again to go on.',
    unsaved: 'Text that is not saved yet stays on this device until you sign in again.',
    signOut: 'Sign out',
    signOutTitle: 'Sign out?',
    runsGoOn: (number) => count(number, { one: 'run goes', other: 'runs go' }).concat(' on from this device and will be interrupted.'),
    signInAgain: 'Sign in again',
  },

  header: {
    skip: 'Skip to the profile',
    sandbox: 'Sandbox',
    sandboxWhy: 'This server sends to its own sandbox: nobody is really messaged',
    stopAll: 'Stop all',
    /** What follows the number of profiles. */
    running: () => 'running',
    needs: (number) => (rules.select(number) === 'one' ? 'needs you' : 'need you'),
    asOf: (status, time) => `${status} · as of ${time}`,
    useHere: 'Use here',
    superseded: 'Another page goes on as this device. Nothing typed here is sent any more.',
    waiting: (number) => `${number === 1 ? 'A run waits' : count(number, { one: 'run waits', other: 'runs wait' })} until you sign in again. Nothing is lost.`,
    allStopped: 'All processing stopped',
    error: 'Error',
  },

  account: {
    label: 'Account',
    copy: 'Copy the id of this device',
    copied: 'The id of this device is copied',
    thisDevice: (id) => `This device is ${id}`,
    id: (id) => `This device · ${id}`,
    theme: 'Theme',
    themeAuto: 'As the system',
    themeLight: 'Light',
    themeDark: 'Dark',
    events: 'Developer: raw events',
  },

  /** The right column. A sentence is a list: who and which profile stand in it as they are. */
  aside: {
    label: 'What happens',
    open: 'Show what happens',
    close: 'Close what happens',
    tabs: { activity: 'Activity', failed: 'Failed', uncertain: 'Uncertain', history: 'History' },
    empty: {
      activity: 'Nothing has happened since this page was opened.',
      failed: 'Everybody could be messaged.',
      uncertain: 'Nobody waits for a decision.',
      history: 'No run has ended yet.',
    },
    you: 'You',
    somebody: 'Another device',
    profile: (id) => `Profile ${id}`,
    started: (who, type, profile) => [who, ` started ${type} of `, profile],
    triedAgain: (who, type, profile) => [who, ` tried the failed of ${type} again for `, profile],
    completed: (type, profile) => [profile, `: ${type} done`],
    nobody: (type, profile) => [profile, `: ${type} ended, nobody was messaged`],
    stopped: (who, type, profile) => [who, ` stopped ${type} of `, profile],
    stoppedBySystem: (type, profile) => [profile, `: ${type} was stopped`],
    interrupted: (type, profile) => [profile, `: ${type} was interrupted`],
    paused: (who, type, profile) => [who, ` paused ${type} of `, profile],
    resumed: (who, type, profile) => [who, ` let ${type} of `, profile, ' go on'],
    takenOver: (type, profile) => [profile, `: ${type} goes on`],
    typed: (who, type, profile) => [who, ` typed in ${type} of `, profile],
    cleared: (who, type, profile) => [who, ` cleared the ${type} text of `, profile],
    blocklist: (who, type, profile) => [who, ` cleared the ${type} blocklist of `, profile],
    blocklistDetail: (number) => `${count(number, RECIPIENTS)} can be messaged again`,
    resolved: (who, type, profile) => [who, ` decided about ${type} of `, profile],
    joined: (who) => [who, ' joined'],
    left: (who) => [who, ' left'],
    leftReason: { lost: 'the connection was lost', signed_out: 'signed out from another device' },
    at: (current, total) => `at ${current} of ${total}`,
    run: (profile, type) => [profile, ` · ${type}`],
    ended: (type, status) => `${type} ${{ completed: 'done', stopped: 'stopped', interrupted: 'interrupted' }[status] ?? ''}`,
    resend: 'Message again',
    leave: 'Leave as messaged',
    failed: (number) => `${count(number, RECIPIENTS)} could not be messaged`,
    refused: 'refused by the backend',
    tryAgainLabel: (type, name) => `Try the failed again: ${type} of ${name}`,
    uncertain: (number) => `${count(number, RECIPIENTS)} may have been messaged`,
  },

  /** The field that finds a profile or does something. */
  find: {
    button: 'Find or do anything',
    label: 'Find a profile, or do something',
    example: 'A name, a country, or what to do',
    results: 'What was found',
    nothing: 'Nothing fits',
    found: (number, shown) => (shown < number ? `The first ${shown} of ${number}` : `${number} found`),
    profile: (about) => about,
    start: { chat: (name) => `Start chat of ${name}`, mail: (name) => `Start mail of ${name}` },
    stop: { chat: (name) => `Stop chat of ${name}`, mail: (name) => `Stop mail of ${name}` },
    pause: { chat: (name) => `Pause chat of ${name}`, mail: (name) => `Pause mail of ${name}` },
    resume: { chat: (name) => `Resume chat of ${name}`, mail: (name) => `Resume mail of ${name}` },
    stopAll: (number) => `Stop all, ${number} running`,
    showRunning: 'Show what runs',
    showNeeds: 'Show what needs me',
    showAll: 'Show all profiles',
    theme: { auto: 'Theme as the system has it', light: 'Light theme', dark: 'Dark theme' },
    activity: 'Show what happens',
    who: 'Who is here',
    shortcuts: 'Show the keys',
    signOut: 'Sign out',
  },

  shortcuts: {
    title: 'Keyboard',
    close: 'Close',
    find: 'Ctrl K',
    command: '⌘', // where there is such a key, in place of Ctrl
    list: [
      ['Ctrl K', 'Find a profile, or do something'],
      ['/', 'Search the list'],
      ['j', 'Next profile'],
      ['k', 'Previous profile'],
      ['Ctrl Enter', 'Start what is in the box'],
      ['Esc', 'Close, or leave the box'],
      ['?', 'Show these keys'],
    ],
  },

  devices: {
    unnamed: (id) => `Device ${id}`,
    title: 'Who is here',
    button: (number) => `Who is here: ${count(number, { one: 'device', other: 'devices' })}`,
    own: 'This device',
    since: (time) => `Here since ${time}`,
    away: 'Reconnecting',
    awaySince: (time) => `Reconnecting since ${time}`,
    runs: (type, name) => `Sends ${type} of ${name}`,
    types: (type, name) => `Types in ${type} of ${name}`,
    rename: 'Rename',
    renameLabel: (name) => `Rename ${name}`,
    nameLabel: (name) => `New name of ${name}`,
    save: 'Save',
    unfitName: 'This is no name: it takes letters, digits or signs, at most 64.',
    renamed: (name) => `It is called ${name} now.`,
    signOut: 'Sign out',
    signOutLabel: (name) => `Sign out ${name}`,
    signOutTitle: (name) => `Sign out ${name}?`,
    signOutText: 'Its runs are interrupted, and somebody has to sign in there again.',
    signedOut: (name) => `${name} is signed out.`,
  },

  /** The connection, by its state. */
  connection: {
    connecting: 'Connecting…',
    connected: 'Connected',
    reconnecting: 'Reconnecting…',
    offline: 'Offline',
    superseded: 'In use elsewhere',
  },

  list: {
    label: 'Profiles',
    find: 'Find a profile',
    /** The filters; the number stands above each. */
    show: 'Show',
    filters: { all: 'All', running: 'Running', needs: 'Need you', draft: 'Drafts' },
    byName: 'A–Z',
    sortByName: 'Sorted by activity: sort by name',
    sortByActivity: 'Sorted by name: sort by activity',
    loading: 'Loading profiles…',
    none: 'This account has no profiles.',
    noneFits: 'No profile fits.',
    showAll: 'Show all',
    all: (number) => count(number, { one: 'profile', other: 'profiles' }),
    some: (number, all) => `${number} of ${count(all, { one: 'profile', other: 'profiles' })}`,
    needs: (number) => count(number, { one: 'thing to see to', other: 'things to see to' }),
    draft: 'has a draft',
    pinned: 'pinned',
    pin: 'Pin to the top of the list',
    unpin: 'Pinned to the top of the list: take it from there',
    mark: (name, mark) => `${name}: ${mark}`,
    twoTexts: 'two texts',
    unsavedText: 'unsaved text',
    what: 'The profiles',

    /** One sentence about now; `name` is "Chat" or "Mail". */
    row: {
      counts: (current, total) => ` ${current}/${total}`,
      place: (current, total) => ` at ${current} of ${total}`,
      both: (one, other) => `${one} · ${other}`,
      bothElsewhere: (one, other) => `Elsewhere: ${one}, ${other}`,
      share: (name, share) => `${name} ${share}%`,
      shareElsewhere: (name, share) => `${name} elsewhere ${share}%`,
      starts: (name) => `${name} starts…`,
      going: (name, counts) => `${name}${counts}`,
      goingFor: (name, counts, time) => `${name}${counts} · about ${time}`,
      on: (name, counts, device) => `${name}${counts} · ${device}`,
      elsewhere: (name, counts) => `${name} elsewhere${counts}`,
      away: (name, counts) => `${name} reconnecting${counts}`,
      paused: (name, counts) => `${name} paused${counts}`,
      waits: (name) => `${name} waits for you to sign in`,
      interrupted: (name, place) => `${name} interrupted${place}`,
      stopped: (name, place) => `${name} stopped${place}`,
      done: (name, sent) => `${name} done · ${sent} sent`,
      nobody: (name, skipped) => `${name}: 0 sent${skipped > 0 ? `, ${skipped} messaged before` : ''}`,
      troubles: (uncertain, failed) =>
        [uncertain > 0 && `${uncertain} uncertain`, failed > 0 && `${failed} failed`].filter(Boolean).join(', '),
    },
  },

  profile: {
    choose: 'Choose a profile',
    loading: 'Profiles',
    none: 'No profiles',
    unknown: 'This profile is not in your list. Choose another one',
    title: (name) => `${name} · alphasync`,
    id: (id) => `ID ${id}`,
    back: 'All profiles',
  },

  card: {
    label: { chat: 'Chat message', mail: 'Mail message' },
    placeholder: { chat: 'What should everyone read?', mail: 'Write a mail of at least 150 characters' },
    start: { chat: 'Start chat', mail: 'Start mail' },
    startPeople: {
      chat: (number) => `Start chat · ${count(number, PEOPLE)}`,
      mail: (number) => `Start mail · ${count(number, PEOPLE)}`,
    },
    starting: 'Starting…',
    stop: { chat: 'Stop chat', mail: 'Stop mail' },
    stopping: 'Stopping…',
    hold: { pause: 'Pause', resume: 'Resume' },
    pause: { chat: 'Pause chat', mail: 'Pause mail' },
    resume: { chat: 'Resume chat', mail: 'Resume mail' },
    detach: 'Keep going without me',
    detachHint: 'The run goes on when this page is closed or its connection is lost, until it is done or somebody stops it',
    more: { chat: 'More for chat', mail: 'More for mail' },
    tabs: 'Chat or mail',
    tabMark: (current, total) => (total > 0 ? `${current}/${total}` : '…'),
    progress: { chat: 'Chat progress', mail: 'Mail progress' },
    progressValue: (current, total, parts) => `${current} of ${total}${parts && `: ${parts}`}`,
    clear: 'Clear message',
    clearBlocklist: 'Clear blocklist',
    clearBlocklistOf: (number) => `Clear blocklist · ${count(number, PEOPLE)}`,
    empty: '(empty)',
    conflict: 'Another device changed this message while yours was not sent:',
    takeTheirs: 'Take theirs',
    keepMine: 'Keep mine',
    offer: (when) => `Typed here on ${when} and never saved:`,
    replaced: 'This was here before your text took its place:',
    useOffer: 'Use this text',
    forgetOffer: 'Forget it',
    attach: 'Attach',
  },

  versions: {
    open: 'Earlier versions…',
    title: { chat: (name) => `Earlier chat texts of ${name}`, mail: (name) => `Earlier mail texts of ${name}` },
    found: (number) =>
      number === 0
        ? 'There are none yet: one is kept at each pause in typing, and before the text is cleared.'
        : `${count(number, { one: 'version', other: 'versions' })}, newest first. Restoring one keeps the present text, too.`,
    own: 'This device',
    of: (device, operator) => `${operator} on ${device}`,
    length: (number) => count(number, CHARACTERS),
    text: 'Text of the chosen version',
    restore: 'Restore',
    close: 'Close',
    gone: 'This version has made room for newer ones.',
    cleared: 'Cleared.',
    undo: 'Undo',
  },

  /** What is true about the text in the box. */
  draft: {
    tooLong: 'Too long to sync: only on this device',
    twoTexts: 'Not saved: there are two texts',
    saving: 'Saving…',
    types: (number) => (number === 1 ? 'Another device types…' : `${number} other devices type…`),
    unsaved: 'Not saved yet',
    saved: 'Saved on all devices',
    typesOn: (name) => `${name} types…`,
    typedOn: (name) => `${name} typed this`,
    clearedOn: (name) => `${name} cleared this`,
    typedElsewhere: 'Typed on another device',
    clearedElsewhere: 'Cleared on another device',
    notConnected: 'Not connected',
    earlier: 'This run sends an earlier text.',
    showEarlier: 'Show',
    hideEarlier: 'Hide',
  },

  /** Why the button of a card does nothing now, in short. */
  why: {
    offline: 'Waits for the connection',
    twoTexts: 'Choose first which text stays',
    empty: 'Write something first',
    blank: 'Only blank space so far',
    under: (number) => `${count(number, CHARACTERS)} to go`,
    over: (number) => `${count(number, CHARACTERS)} too many`,
  },

  /** How long a text is. */
  length: {
    over: (by, length, max) => `Too long by ${by} · ${length} / ${max}`,
    empty: (min, max) => `Empty · ${min} to ${max} characters`,
    under: (by, length, max) => `Too short, ${by} to go · ${length} / ${max}`,
    ok: (length, max) => `${length} / ${max}`,
    most: {
      chat: (max, by) => `A chat message has at most ${max} characters: take ${by} away`,
      mail: (max, by) => `A mail has at most ${max} characters: take ${by} away`,
    },
    least: {
      chat: (min, length) => `A chat message needs at least ${count(min, CHARACTERS)}: ${length} so far`,
      mail: (min, length) => `A mail needs at least ${count(min, CHARACTERS)}: ${length} so far`,
    },
  },

  run: {
    none: 'Not running',
    paused: (counts) => `⏸️ Paused${counts}`,
    detached: 'goes on without any device',
    away: '📱 Reconnecting: the other device lost its connection, the run goes on',
    counts: (current, total) => ` (${current}/${total})`,
    sent: (number) => `${number} sent`,
    skipped: (number) => `${number} messaged before`,
    failed: (number) => `${number} failed`,
    uncertain: (number) => `${number} uncertain`,
    started: (time) => `started ${time}`,
    took: (time) => `took ${time}`,
    ended: (time) => `ended ${time}`,
    pace: (left, rate) => `${left} left · ${rate}`,
    withError: (message, error) => `${message} — ${error}`,
    ownRuns: 'This device is already processing this profile',
    offline: 'Not connected: wait for the connection to come back',
    twoTexts: 'Two texts differ: choose first which one stays',
    blank: 'The message is only blank space: write something',
    spoken: (type, status) => `${type}: ${status}`,
    elsewhere: (text) => `${text} (on another device)`,
    clearedElsewhere: (text) => `${text} on another device`,
  },

  blocklist: {
    title: { chat: (name) => `Clear the chat blocklist of ${name}?`, mail: (name) => `Clear the mail blocklist of ${name}?` },
    unknown: (why) => `How many are on the list is not known (${why}). All of them can be messaged again.`,
    nobody: 'Nobody is on the list.',
    some: (number) => `${count(number, RECIPIENTS)} already messaged will be forgotten, and can then be messaged again.`,
  },

  /** Who could not be messaged. */
  unsent: {
    title: (number) => `${count(number, RECIPIENTS)} could not be messaged`,
    because: ': ',
    again: (number) => (number === 1 ? 'Try the failed one again' : `Try the ${number} failed again`),
    showMore: (number) => `Show more (${number} left)`,
    unlisted: (number) => `And ${number} who are not listed by name`,
    unnamed: (number) => `${count(number, RECIPIENTS)} who are not listed by name`,
    unknown: 'Who they are is not known yet',
  },

  uncertain: {
    title: (number) => `${count(number, RECIPIENTS)} may have been messaged`,
    lead: 'The answer got lost, so nobody can tell whether the message arrived. Until you decide, they count as messaged.',
    allOfThem: 'All of them',
    all: 'All',
    resend: 'Message again in the next run',
    leave: 'Leave as messaged',
    choice: (whom, choice) => `${whom}: ${choice.toLowerCase()}`,
    more: (number) => `And ${number} more, listed once these are decided about`,
    resent: (number) => `${count(number, RECIPIENTS)} can be messaged again in the next run`,
    left: (number) => count(number, { one: 'recipient counts as messaged', other: 'recipients count as messaged' }),
    decidedElsewhere: (text) => `${text} (decided on another device)`,
  },

  attachments: {
    title: 'Attach to the mail',
    done: 'Done',
    images: 'Pictures',
    videos: 'Videos',
    audios: 'Audio',
    remove: (title) => `Remove ${title}`,
    chosen: (number, most) => `${number} of ${most} chosen`,
    most: (most) => `A mail carries at most ${most}: take one away first`,
    none: 'This profile has nothing to attach.',
    what: 'What this profile can attach',
    file: 'file',
  },

  events: {
    title: 'Events',
    filter: 'Filter events',
    filterExample: 'Filter, e.g. in progress',
    pause: 'Pause',
    clear: 'Clear',
    close: 'Close events',
    label: 'Events, newest last',
    directions: { in: '← in', out: '→ out', ack: '← ack', link: '• link' },
    shown: (number, all) => `${number} of ${all}`,
    paused: (text, missed) => `${text} · paused, ${missed} not kept`,
  },

  device: { browser: 'Browser', on: (browser, system) => `${browser} on ${system}` },

  /** Why a command did nothing. */
  refusal: {
    again: (text) => `${text}, please try again`,
    trying: (text) => `${text}, trying again`,
    notSaved: (text) => `Not saved yet: ${text}`,
    offline: 'Not connected: nothing was sent',
    tooBig: 'Too much to send at once: shorten the text or take an attachment away',
    noAnswer: 'The server did not answer',
    closed: 'The server closed the connection',
    noNetwork: 'This device has no network',
    storage: 'the storage does not answer',
    notRegistered: 'Not connected yet',
    /** In place of what is meant for programs: names of events and fields, a validator's sentence. */
    plain: {
      invalid_payload: 'The server did not take this: reload the page and try again',
      nothing_failed: 'Nobody is left to be tried again',
      unknown_event: 'The server does not know how to do this: reload the page and try again',
      internal_error: 'Something is wrong on the server: try again in a moment',
      sign_in_again: 'Sign in again to go on',
      unknown_outcome: 'Not known yet whether this was done: the storage does not answer. If it was, it shows here once it does',
      unknown_profile: 'The backend does not list this profile: reload the page to see which there are',
    },
  },

  /** Why a call failed: clauses without an end, and what helps. */
  failure: {
    sentence: (why, help) => `${why.charAt(0).toUpperCase()}${why.slice(1)}. ${help}.`,
    load: (what, why, help) => `${what} could not be loaded: ${why}. ${help}.`,
    notAddress: 'This does not look like an e-mail address and a password.',
    wrong: 'E-mail or password is not right.',
    tooManyWait: 'Too many tries. Wait a few minutes, then try again.',
    again: 'Try again in a moment',
    againIn: (wait) => `Try again ${wait}`,
    againAt: (wait, time) => `Try again ${wait}, at ${time}`,
    reload: 'Reload the page to see which there are',
    unknownProfile: 'the backend does not list this profile',
    unreachable: 'the server cannot be reached',
    timeout: 'the server does not answer',
    tooMany: 'too many tries',
    refused: 'the backend behind this server does not accept this',
    backend: 'the backend behind this server does not answer',
    busy: 'the server is busy or restarting',
    other: 'something is wrong on the server',
  },

  /** How long to wait. */
  wait: {
    second: 'in a second',
    seconds: (number) => `in ${count(number, { one: 'second', other: 'seconds' })}`,
    minutes: (number) => `in ${count(number, { one: 'minute', other: 'minutes' })}`,
    hours: (number) => `in ${count(number, { one: 'hour', other: 'hours' })}`,
  },
};
