// What goes with a mail: the dialog to choose from, and the chips of what is chosen.

import { ApiError, attachments as fetchAttachments } from '../api.js';
import { loadWords } from '../failures.js';
import { icon } from '../icons.js';
import { MAX_ATTACHMENTS } from '../limits.js';
import { isolated, plain } from '../names.js';
import { session } from '../session.js';
import { words } from '../words.js';
import { $, byId, element, setText } from './dom.js';

const KINDS = [
  { field: 'images', title: words.attachments.images, type: 'SENT_IMAGE', sign: 'picture' },
  { field: 'videos', title: words.attachments.videos, type: 'SENT_VIDEO', sign: 'video' },
  { field: 'audios', title: words.attachments.audios, type: 'SENT_AUDIO', sign: 'audio' },
];

const named = (item) => plain(String(item.filename || `${item.content_type ?? words.attachments.file} ${item.id}`));

/** The chips of a card. Returns `render(items)`. */
export function createChips(card, remove) {
  const list = $('.chips', card);
  let last = null;
  return (items) => {
    if (items === last) return;
    last = items;
    list.replaceChildren(
      ...items.map((item, index) => {
        const chip = element('li', 'chip', item.title, { 'data-testid': `attachment-chip-${index}` });
        const button = element('button', 'chip-remove', '', { type: 'button', 'aria-label': words.attachments.remove(isolated(item.title)) });
        button.append(icon('close'));
        button.addEventListener('click', () => {
          remove(item.id);
          $('[data-testid="attach"]', card).focus(); // the pressed button is gone
        });
        chip.append(button);
        return chip;
      }),
    );
  };
}

/**
 * The dialog. `choose(profileId, items)` gets the new choice at each change; `ended(error)` says whether one has to sign
 * in again. Returns `open(profile, chosen)`.
 */
export function createPicker(choose, ended) {
  const dialog = byId('picker');
  const note = byId('picker-note');
  const groups = byId('picker-groups');
  let chosen = [];
  let profileId = '';

  byId('picker-done').addEventListener('click', () => dialog.close());

  const isChosen = (id) => chosen.some((item) => item.id === id);
  const tellCount = () => setText(note, words.attachments.chosen(chosen.length, MAX_ATTACHMENTS));

  function toggle(button, item, type) {
    if (isChosen(item.id)) {
      chosen = chosen.filter(({ id }) => id !== item.id);
    } else if (chosen.length >= MAX_ATTACHMENTS) {
      setText(note, words.attachments.most(MAX_ATTACHMENTS));
      return;
    } else {
      chosen = [...chosen, { id: item.id, title: named(item), link: item.link, message_type: type }];
    }
    button.setAttribute('aria-pressed', String(isChosen(item.id)));
    tellCount();
    choose(profileId, chosen);
  }

  function tile(item, { type, sign }, index) {
    const button = element('button', 'tile', '', {
      type: 'button',
      'aria-pressed': String(isChosen(item.id)),
      'data-testid': `attachment-${index}`,
    });
    const thumb = element('span', 'thumb');
    thumb.append(icon(sign));
    if (typeof item.thumb_link === 'string' && item.thumb_link) {
      const image = element('img', '', '', { alt: '', loading: 'lazy' });
      image.addEventListener('error', () => image.remove());
      image.src = item.thumb_link;
      thumb.append(image);
    }
    button.append(thumb, element('span', 'tile-name', named(item)));
    button.addEventListener('click', () => toggle(button, item, type));
    return button;
  }

  function show(found) {
    let index = 0;
    const filled = KINDS.filter(({ field }) => Array.isArray(found[field]) && found[field].length > 0);
    groups.replaceChildren(
      ...filled.map((kind) => {
        const group = element('section', 'picker-group');
        const tiles = element('div', 'tiles');
        for (const item of found[kind.field]) tiles.append(tile(item, kind, index++));
        group.append(element('h3', '', kind.title), tiles);
        return group;
      }),
    );
    if (filled.length > 0) tellCount();
    else setText(note, words.attachments.none);
  }

  return async (profile, current) => {
    profileId = profile.external_id;
    chosen = current;
    groups.replaceChildren();
    setText(note, words.loading);
    dialog.showModal();
    const asked = profileId;
    try {
      const found = await fetchAttachments(session.get()?.alphaDateToken ?? '', profileId);
      if (dialog.open && asked === profileId) show(found);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setText(note, loadWords(words.attachments.what, error));
      if (ended(error)) dialog.close();
    }
  };
}
