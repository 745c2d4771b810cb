// Notices of what happened while nobody looked: by the browser, with a sound, and as a number in the title.

import { keepChoices, mayAsk, noticesOf, readChoices } from '../notices.js';
import { hashOf } from '../place.js';
import { words } from '../words.js';
import { byId, setAttr, setHidden, setTitle } from './dom.js';

const TONES = [660, 880]; // Hz
const TONE = 0.14; // s
const LOUD = 0.08;
const SWITCHES = { on: 'notices-on', sound: 'notices-sound', title: 'notices-title' };

const canNotify = () => 'Notification' in globalThis && globalThis.isSecureContext;
const allowed = () => canNotify() && Notification.permission === 'granted';

async function show({ title, body, tag, profileId }) {
  const worker = await navigator.serviceWorker?.getRegistration();
  const told = { body, tag, data: { place: hashOf(profileId) } };
  if (worker?.active) {
    await worker.showNotification(title, told);
    return;
  }
  const notice = new Notification(title, told);
  notice.addEventListener('click', () => {
    focus();
    location.hash = told.data.place;
    notice.close();
  });
}

function createSound() {
  let audio = null;
  // A page may sound only after somebody has touched it.
  const wake = () => {
    audio ??= new AudioContext();
    void audio.resume();
  };
  return {
    wake,
    play() {
      if (audio === null) return;
      TONES.forEach((frequency, index) => {
        const tone = new OscillatorNode(audio, { frequency });
        const volume = new GainNode(audio, { gain: LOUD });
        tone.connect(volume).connect(audio.destination);
        const at = audio.currentTime + index * TONE;
        tone.start(at);
        tone.stop(at + TONE);
      });
    },
  };
}

/**
 * `local(name, data)` dispatches; `changed(on)` is called when notices are turned on or off, and at the start where they are.
 * Returns `{note(event, before, after), menu(), turn(on)}`: after each event, before the menu is seen, and to turn them on or off.
 */
export function createNotices({ local, changed = () => {} }) {
  let choices = readChoices();
  let unseen = 0;
  const sound = createSound();
  const switches = Object.fromEntries(Object.entries(SWITCHES).map(([name, id]) => [name, byId(id)]));

  function choose(change) {
    choices = { ...choices, ...change };
    keepChoices(choices);
    showMenu();
  }

  const isOn = (name) => (name === 'on' ? choices.on && allowed() : choices[name]);

  function showMenu() {
    for (const [name, item] of Object.entries(switches)) setAttr(item, 'aria-checked', isOn(name));
    setHidden(switches.on, !canNotify());
  }

  const tell = (text) => local('banner', { tone: 'info', text });

  async function turn(on) {
    if (on && Notification.permission === 'default') await Notification.requestPermission();
    choose({ on: on && allowed(), asked: true });
    changed(choices.on);
    if (on) tell(choices.on ? words.notices.turnedOn : words.notices.denied);
  }

  switches.on.addEventListener('click', () => void turn(!isOn('on')));
  switches.sound.addEventListener('click', () => {
    choose({ sound: !choices.sound });
    sound.wake();
    if (choices.sound) sound.play();
  });
  switches.title.addEventListener('click', () => {
    choose({ title: !choices.title });
    showNumber();
  });
  byId('notify-me').addEventListener('click', () => {
    local('banner', {});
    void turn(true);
  });
  addEventListener('pointerdown', () => choices.sound && sound.wake(), { once: true });

  /** Of what came while nobody looked. */
  const showNumber = () => setTitle(undefined, choices.title ? unseen : 0);

  navigator.serviceWorker?.addEventListener('message', ({ data }) => {
    if (typeof data?.place === 'string') location.hash = data.place;
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    unseen = 0;
    showNumber();
  });

  if (isOn('on')) changed(true);

  return {
    turn,
    menu: showMenu,
    note(event, before, after) {
      if (mayAsk(event, after.device, choices) && canNotify() && Notification.permission === 'default') {
        choose({ asked: true });
        local('banner', { tone: 'info', text: words.notices.ask, action: 'notify' });
      }
      const news = noticesOf(before, after);
      if (news.length === 0) return;
      if (choices.sound) sound.play();
      if (!document.hidden) return;
      unseen += news.length;
      showNumber();
      if (isOn('on')) for (const one of news) void show(one);
    },
  };
}
