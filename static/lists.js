// The lists of recipients, as view/recipients.js shows them: who was messaged for a profile and type, and whom not to
// contact. Pure, but for what it is given.

import { wholeOf } from './api.js';
import { isolated } from './names.js';
import { COMMANDS } from './rights.js';
import { moment } from './times.js';
import { words } from './words.js';

const say = words.recipients;

/** `parts`: `{send(command, payload), files}`, the latter being `{part(path, query), bring(file)}` of api.js with a token. */
export function createLists({ send, files }) {
  const whole = (...what) => wholeOf(files.part, ...what);
  const asked = (cursor, find) => ({ ...(cursor && { cursor }), ...(find && { find }) });

  return {
    /** Who was messaged. */
    messaged(profile, type, nameOf) {
      const about = { profileId: profile.external_id, type };
      return {
        title: say.messagedTitle[type](isolated(profile.name)),
        empty: say.nobodyMessaged,
        name: `messaged-${type}.csv`,
        read: (cursor, find) => send('listBlocklist', { ...about, ...asked(cursor, find) }),
        at: ({ at }) => at,
        line({ at, runId }, { runs }) {
          const run = runs.find(({ id }) => id === runId);
          if (!run) return moment(at);
          const device = run.deviceName ? isolated(run.deviceName) : nameOf(run.deviceId);
          return say.messagedBy(moment(at), isolated(run.operatorId), device, moment(run.startedAt));
        },
        removeLabel: say.forgetLabel,
        remove: ({ id }) => send('removeFromBlocklist', { ...about, recipientId: id }),
        removed: say.forgotten,
        takes: COMMANDS.removeFromBlocklist,
        concerns: (name, data) =>
          ['blocklistCleared', 'blocklistRecipientRemoved'].includes(name) && data.profileId === about.profileId && data.type === type,
        file: (report) => whole(`/api/profiles/${encodeURIComponent(about.profileId)}/blocklist/export`, { type }, report),
      };
    },

    /** Whom no run contacts. */
    notContacted: () => ({
      title: say.neverTitle,
      empty: say.nobodyNever,
      name: 'do-not-contact.csv',
      read: (cursor, find) => send('listDoNotContact', asked(cursor, find)),
      at: ({ at }) => at,
      line: ({ at, operatorId, note }) => words.join([note && isolated(note), say.addedBy(moment(at), isolated(operatorId))]),
      removeLabel: say.allowLabel,
      remove: ({ id }) => send('removeDoNotContact', { recipientId: id }),
      removed: say.allowed,
      takes: COMMANDS.removeDoNotContact,
      concerns: (name) => name === 'doNotContactChanged',
      add: (recipientId, note) => send('addDoNotContact', { recipientId, ...(note && { note }) }),
      bring: (file) => files.bring(file),
      file: (report) => whole('/api/do-not-contact/export', {}, report),
    }),
  };
}
