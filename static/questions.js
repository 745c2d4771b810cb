// What the operator is asked before something that cannot be taken back.

import { isUnsaved } from './drafts.js';
import { isolated } from './names.js';
import { running } from './state.js';
import { refusal } from './status.js';
import { moment } from './times.js';
import { words } from './words.js';

/** `parts`: `{ask, state(), commands, leave}`, `ask` being that of view/confirm.js. Returns `{signOut, stopAll, confirmBlocklist, confirmCancel}`. */
export function createQuestions({ ask, state, commands, leave }) {
  return {
    async signOut() {
      const { ours } = running(state());
      const { signOut: ok, signOutTitle: title, runsGoOn, unsaved } = words.session;
      const reasons = [];
      if (ours > 0) reasons.push(runsGoOn(ours));
      if (Object.values(state().drafts).some(isUnsaved)) reasons.push(unsaved);
      const sure = reasons.length === 0 || (await ask({ title, text: reasons.join(' '), ok }));
      if (sure) leave();
    },

    /** Several runs may be those of others, and the button of a phone is a sign without words. */
    async stopAll() {
      const { theirs, ours } = running(state());
      const { stopAll: ok, stopAllTitle, stopAllText } = words.header;
      if (theirs < 2 || (await ask({ title: stopAllTitle(theirs), text: stopAllText(theirs - ours), ok }))) void commands.stopAll();
    },

    async confirmBlocklist(profile, type) {
      const profileId = profile.external_id;
      const text = commands.countBlocklist(profileId, type).then((ack) => {
        if (!ack.ok) return words.blocklist.unknown(refusal(ack));
        return ack.count === 0 ? words.blocklist.nobody : words.blocklist.some(ack.count);
      });
      const title = words.blocklist.title[type](isolated(profile.name));
      if (await ask({ title, text, ok: words.card.clearBlocklist })) commands.clearBlocklist(profileId, type);
    },

    async confirmCancel(profile, type, { planId, startAt }) {
      const { cancelTitle, cancelText, cancelIt: ok, keepIt: no } = words.plans;
      const title = cancelTitle[type](isolated(profile.name));
      if (await ask({ title, text: cancelText(moment(startAt)), ok, no })) commands.cancelPlan(profile.external_id, type, planId);
    },
  };
}
