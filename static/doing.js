// What the console can be asked to do from its field, by its keys and by its panels, in one place.

import { mayDo } from './palette.js';
import { setTheme } from './view/account.js';

/**
 * `parts`: `{state(), dispatch, commands, begin, open(profileId, type), planLater(type), showWho, showActivity, showShortcuts, showMessaged(type),
 * showNever, showPast, showAnalytics, showSessions, showBackends, showWebhooks, showRecord, select, selectAll, stopAll, signOut}`. Returns `act(choice)`, with a choice of palette.js.
 */
export function createDoing({ state, dispatch, commands, begin, open, planLater, showWho, showActivity, showShortcuts, showMessaged, showNever, showPast, showAnalytics, showSessions, showBackends, showWebhooks, showRecord, select, selectAll, stopAll, signOut }) {
  /** Ask about a start with the text that stands in the box; `only` as in commands.js. */
  function start(type, profileId = state().selected, only = undefined) {
    if (profileId !== null) begin(profileId, type, only);
  }

  const doings = {
    open: ({ profileId }) => open(profileId),
    start: ({ type, profileId }) => start(type, profileId),
    stop: ({ type }) => commands.stop(state().selected, type),
    pause: ({ type }) => commands.pause(state().selected, type),
    resume: ({ type }) => commands.resume(state().selected, type),
    later: ({ type }) => planLater(type),
    takeOver: ({ type }) => commands.takeOver(state().selected, type),
    stopAll: () => stopAll(),
    show: ({ name }) => dispatch({ name: 'local/filter', data: { show: name } }),
    theme: ({ name }) => setTheme(name),
    who: () => showWho(),
    activity: () => showActivity(),
    again({ type, profileId }) {
      open(profileId, type); // what keeps it from starting is said on its card
      start(type, profileId, 'failed');
    },
    messaged: ({ type }) => showMessaged(type),
    never: () => showNever(),
    past: () => showPast(),
    analytics: () => showAnalytics(),
    sessions: () => showSessions(),
    backends: () => showBackends(),
    webhooks: () => showWebhooks(),
    record: () => showRecord(),
    select: () => select(),
    selectAll: () => selectAll(),
    shortcuts: () => showShortcuts(),
    signOut: () => signOut(),
  };

  return (choice) => mayDo(state(), choice) && doings[choice.action](choice);
}
