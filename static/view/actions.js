// What can be done with a card: one button that starts or stops, whichever there is to do, a menu with what is rare, and the
// notice that says what became of a press.

import { leftOf } from '../outcome.js';
import { isTheirs } from '../rights.js';
import { isOwn, noticeOf, startOf, startProblem, startWhy } from '../status.js';
import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { $, setAttr, setBlocked, setHidden, setText, untilReleased } from './dom.js';
import { createMenu } from './menu.js';
import { createRhythm } from './rhythm.js';

const SETTLE = 400; // ms that a button which turned by itself is not to be pressed: the press was meant for what it was

const HOLDS = new Set(['pauseProcessing', 'resumeProcessing']);

function labelOf(type, kind, busy, run) {
  const says = words.card;
  if (busy === 'startProcessing') return says.starting;
  if (busy === 'stopProcessing') return says.stopping;
  if (kind === 'stop') return says.stop[type];
  const people = leftOf(run);
  return people === null ? says.start[type] : says.startPeople[type](people);
}

/**
 * `parts` are those of card.js, `actions`: `{start, stop, pause, resume, later, takeOver, detach(on), keepTime(rhythm), showVersions, showMessaged, clearMessage, clearBlocklist, countBlocklist}`,
 * without arguments; the last resolves to its ack. Returns `render(state, {profileId, run, message, notice, busy})`.
 */
export function createActions(parts, type, { start, stop, pause, resume, later, takeOver, detach, keepTime, showVersions, showMessaged, clearMessage, clearBlocklist, countBlocklist }) {
  const { go, hold, why } = parts;
  let kind = ''; // what a press does: 'start' or 'stop'
  let shownId = null;
  let problem = ''; // why a press does nothing
  let working = false; // a press is on its way to the server
  let paused = false;
  let others = ''; // why the run that goes on is not theirs to stop
  let settling = null;

  const block = () => setBlocked(go, settling !== null || working || problem !== '');

  go.addEventListener('click', ({ detail }) => {
    if (detail > 1 || settling !== null) return; // the rest of a double click
    if (kind === 'start') start();
    else if (!working && problem === '') stop();
  });
  untilReleased(go);
  hold.addEventListener('click', () => {
    if (others !== '') return;
    if (paused) resume();
    else pause();
  });
  parts.later.addEventListener('click', later);
  setAttr(parts.later, 'aria-label', words.plans.later[type]);
  setAttr(parts.later, 'title', words.plans.later[type]);
  parts['later-item'].addEventListener('click', later);
  setText(parts['later-item'], words.plans.later[type]);
  setAttr(parts.take, 'aria-label', words.card.takeOverOf[type]);
  parts.take.addEventListener('click', () => others === '' && takeOver());
  const choice = $('input', parts.detach);
  setAttr(parts.detach, 'title', words.card.detachHint);
  choice.addEventListener('change', () => detach(choice.checked));
  const showRhythm = createRhythm(parts.rhythm, type, keepTime);
  parts['show-versions'].addEventListener('click', showVersions);
  parts.clear.addEventListener('click', clearMessage);
  parts.messaged.addEventListener('click', showMessaged);
  parts['clear-blocklist'].addEventListener('click', clearBlocklist);
  createMenu(parts.more, parts.menu, () => {
    const item = parts['clear-blocklist'];
    const asked = shownId;
    setText(item, words.card.clearBlocklist);
    void countBlocklist().then(({ ok, count }) => {
      if (ok && asked === shownId) setText(item, words.card.clearBlocklistOf(count));
    });
  });

  /** Make the button the other one. One that turned by itself waits a moment. */
  function turn(next, byHand) {
    if (next === kind) return;
    kind = next;
    go.dataset.testid = `${type}-${kind}`;
    go.dataset.kind = kind;
    setAttr($('use', go), 'href', kind === 'start' ? '#i-play' : '#i-stop');
    clearTimeout(settling);
    settling = null;
    if (byHand) return;
    settling = setTimeout(() => {
      settling = null;
      block();
    }, SETTLE);
  }

  /** What it shows, of the text only what keeps it from being sent. */
  function factsOf(state, { profileId, run, message, notice, busy }) {
    const started = startOf(state, profileId, type, message);
    const { text = '', tone = '', hint = '', about = '' } = noticeOf(notice, started) ?? {};
    const { connected, me } = started;
    const { detaching, rhythm, who } = state;
    return { profileId, run, busy, connected, me, detaching, rhythm, who, text, tone, hint, about, impossible: startProblem(started), missing: startWhy(started) };
  }

  const draw = whenChanged(Object.values, ({ profileId, run, busy, connected, me, detaching, rhythm, who, text, tone, hint, about, impossible, missing }) => {
    const running = run?.status === 'running';
    const switched = profileId !== shownId;
    shownId = profileId;
    turn(running ? 'stop' : 'start', switched || working);
    working = busy === 'startProcessing' || busy === 'stopProcessing';
    others = running && !isTheirs(who, run) ? words.rights.othersRun : '';
    const short = missing || others;
    problem = running ? short : impossible;
    block();
    setAttr(go, 'aria-busy', working ? 'true' : null);
    setAttr(go, 'title', others || impossible || null);
    setText($('span', go), labelOf(type, kind, busy, run));
    paused = run?.paused === true;
    setHidden(hold, !running);
    setHidden(parts.later, running); // its room is that of the words of Pause
    setHidden(parts['later-item'], !running);
    setBlocked(hold, others !== '' || working || !connected || HOLDS.has(busy));
    setAttr(hold, 'title', others || null);
    setAttr($('use', hold), 'href', paused ? '#i-play' : '#i-pause');
    const does = paused ? 'resume' : 'pause';
    setAttr(hold, 'aria-label', words.card[does][type]);
    setText($('span', hold), words.card.hold[does]);
    hold.dataset.does = does;
    choice.checked = detaching;
    setHidden(parts.detach, running);
    showRhythm(rhythm, running);
    setHidden(parts.take, !running || isOwn(run, me));
    setAttr(parts.take, 'title', others || words.card.takeOverHint);
    setBlocked(parts.take, others !== '' || working || !connected || busy === 'takeOverProcessing');
    setText(why, working || about === 'start' ? '' : short);
    setAttr(why, 'data-lasts', short !== '' && short === others ? '' : null); // as long as the run does
    setText(parts.notice, text);
    parts.notice.dataset.tone = tone;
    setAttr(parts.notice, 'title', hint || null);
  });

  return (state, shown) => draw(factsOf(state, shown));
}
