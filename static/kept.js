// Text that the server does not have yet, kept on this device until it has: over a reload, a session that ended, a
// browser that was closed. Each tab keeps its own; what a tab that is gone has left is offered to the next one.

import { isDirty } from './attachments.js';
import { isUnsaved } from './drafts.js';
import { keyFrom, partsOf } from './keys.js';
import { MAX_ATTACHMENTS } from './limits.js';
import { ofBrowser } from './storage.js';

const PREFIX = 'alphasync.kept/';
const LIFE = 7 * 24 * 3600 * 1000; // ms; older text is not offered any more
const KEEP_INTERVAL = 300; // ms until a change is written, and what a crash can lose: most texts the server has by then
const MOST = 20; // texts that are offered for one profile and type

const isKey = (key) => key.includes('/') && keyFrom(partsOf(key)) !== null;
const isAttached = (item) => [item?.title, item?.link, item?.message_type].every((part) => typeof part === 'string');
const isList = (items) => Array.isArray(items) && items.length <= MAX_ATTACHMENTS && items.every(isAttached);
/** What a text of before was made from, where that is not known: of no epoch, so that it is put beside what there is. */
const UNKNOWN = Object.freeze({ message: '', revision: 1, epoch: null });

const isBase = (base) => typeof base?.message === 'string' && Number.isSafeInteger(base.revision) && base.revision >= 0;
/** A text of the storage as the drafts take it up again. */
const asDraft = ({ message, base, sent }) => ({
  message,
  base: isBase(base) ? { message: base.message, revision: base.revision, epoch: base.epoch ?? null } : UNKNOWN,
  sent: isBase(base) && typeof sent === 'string' ? sent : null,
});
const isText = (entry) => typeof entry?.message === 'string' && Number.isFinite(entry.at);

/** `[key, text]` of what is in storage, where others can write, too. */
const valid = (texts) => Object.entries(texts ?? {}).filter(([key, entry]) => isKey(key) && isText(entry));

/**
 * `tab` is the name of this tab. Texts are `{message, base, sent, at}` by key, `base` and `sent` as in drafts.js, of
 * `sent` the message only, `at` ms since the epoch. Offers are lists of `{message, at, replaced}` by key, the newest
 * first; `replaced`: it was in the box before a text of this device.
 */
export function createKept({ tab, operatorId, storage = ofBrowser, now = Date.now }) {
  const all = `${PREFIX}${encodeURIComponent(operatorId)}/`;
  const mine = all + tab;
  let noted = null; // {drafts, attachments, offers} as they are now
  let written = null; // the same as they were written
  let texts = Object.fromEntries(read(mine).texts); // of mine, as they stand in the storage
  let empty = storage.read(mine) === null; // there is nothing of mine in the storage
  let outlives = true;
  let waiting = null;

  function read(name) {
    const found = storage.read(name) ?? {};
    return { texts: valid(found.texts), offers: Object.entries(found.offers ?? {}).filter(([key]) => isKey(key)) };
  }

  /** All texts of an entry of the storage as offers: `[key, text]`. */
  function offersOf(name, withTexts) {
    const found = read(name);
    const listed = found.offers.flatMap(([key, list]) => (Array.isArray(list) ? list.filter(isText).map((text) => [key, text]) : []));
    return (withTexts ? [...found.texts, ...listed] : listed).filter(([, { at }]) => now() - at < LIFE);
  }

  const leftBy = (living) =>
    living === null ? [] : storage.keys(all).filter((name) => name !== mine && !living.includes(name.slice(all.length)));

  function byKey(pairs) {
    const found = {};
    for (const [key, text] of pairs.sort(([, a], [, b]) => b.at - a.at)) {
      const list = (found[key] ??= []);
      if (list.length < MOST && !list.some(({ message }) => message === text.message)) list.push(text);
    }
    return found;
  }

  const listsOf = (entry) =>
    Object.entries(entry?.attachments ?? {}).filter(([, list]) => isList(list?.items) && isList(list?.base));

  function textsOf(drafts) {
    const unsaved = Object.entries(drafts).filter(([, draft]) => isUnsaved(draft));
    return Object.fromEntries(
      unsaved.map(([key, { message, base, sent }]) => {
        const at = texts[key]?.message === message ? texts[key].at : now();
        return [key, { message, base, sent: sent?.message ?? null, at }];
      }),
    );
  }

  /** Write what was noted, before the page may be gone. Returns whether it outlives the page. */
  function save() {
    clearTimeout(waiting);
    waiting = null;
    if (noted === written) return outlives;
    written = noted;
    const { drafts, attachments, offers } = noted;
    texts = textsOf(drafts);
    const unsaved = Object.entries(attachments).filter(([, entry]) => isDirty(entry));
    const lists = Object.fromEntries(unsaved.map(([profileId, { items, base }]) => [profileId, { items, base }]));
    const nothing = Object.keys(texts).length + unsaved.length + Object.keys(offers).length === 0;
    if (nothing && !empty) storage.remove(mine);
    empty = nothing;
    outlives = nothing || storage.write(mine, { texts, attachments: lists, offers, at: now() });
    return outlives;
  }

  return {
    /** What this tab has not saved: `{message, base, sent}` by key. */
    texts: () => Object.fromEntries(read(mine).texts.map(([key, text]) => [key, asDraft(text)])),

    /** What this tab has not saved of what goes with mails, `[profileId, {items, base}]`. */
    attachments: () => listsOf(storage.read(mine)),

    /** The same of tabs that are gone: this one's from then on, as texts of `offers(living)` are. */
    attachmentsLeft: (living) =>
      leftBy(living)
        .map((name) => storage.read(name))
        .filter((entry) => Number.isFinite(entry?.at) && now() - entry.at < LIFE)
        .flatMap(listsOf),

    /**
     * What there is to offer: with `living`, the names of the tabs that are open, also what others have left, which
     * is this tab's from then on; `forget(living)` when it has been noted.
     */
    offers: (living = null) => byKey([...offersOf(mine, false), ...leftBy(living).flatMap((name) => offersOf(name, true))]),
    forget: (living) => leftBy(living).forEach((name) => storage.remove(name)),

    /** Keep what is not saved of these, and nothing else: what was typed is written a moment later, or by `save`. */
    note({ drafts, attachments, offers }) {
      if (noted !== null && drafts === noted.drafts && attachments === noted.attachments && offers === noted.offers) return;
      noted = { drafts, attachments, offers };
      waiting ??= setTimeout(save, KEEP_INTERVAL);
    },

    save,
  };
}
