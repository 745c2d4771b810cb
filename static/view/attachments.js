// What goes with a mail: the dialog to choose from, and the chips of what is chosen.

import { ApiError, attachments as fetchAttachments } from '../api.js';
import { loadWords } from '../failures.js';
import { icon } from '../icons.js';
import { MAX_ATTACHMENTS } from '../limits.js';
import { isolated, plain } from '../names.js';
import { COMMANDS } from '../rights.js';
import { session } from '../session.js';
import { words } from '../words.js';
import { $, byId, element, setAttr, setText } from './dom.js';

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
        const button = element('button', 'chip-remove', '', { type: 'button', 'data-takes': COMMANDS.updateAttachments, 'aria-label': words.attachments.remove(isolated(item.title)) });
        button.append(icon('close'));
        button.addEventListener('click', () => {
          remove(item.link);
          $('[data-testid="attach"]', card).focus(); // the pressed button is gone
        });
        chip.append(button);
        return chip;
      }),
    );
  };
}

/**
 * The dialog. `chosen(profileId)` is what goes with the mail now, wherever it was chosen; `choose(profileId, items)` changes
 * it; `ended(error)` says whether one has to sign in again. Returns `{open(profile), render()}`.
 */
export function createPicker({ chosen, choose, ended }) {
  const dialog = byId('picker');
  const note = byId('picker-note');
  const groups = byId('picker-groups');
  let tiles = []; // {button, link}
  let profileId = '';
  let last = null;

  byId('picker-done').addEventListener('click', () => dialog.close());

  function toggle(item, type) {
    const items = chosen(profileId);
    if (items.some(({ link }) => link === item.link)) {
      choose(profileId, items.filter(({ link }) => link !== item.link));
    } else if (items.length >= MAX_ATTACHMENTS) {
      setText(note, words.attachments.most(MAX_ATTACHMENTS));
    } else {
      choose(profileId, [...items, { id: item.id, title: named(item), link: item.link, message_type: type }]);
    }
    render();
  }

  /** Show what is chosen, also where it was chosen on another device. */
  function render() {
    const items = chosen(profileId);
    if (!dialog.open || tiles.length === 0 || items === last) return;
    last = items;
    const links = new Set(items.map(({ link }) => link));
    for (const { button, link } of tiles) setAttr(button, 'aria-pressed', String(links.has(link)));
    setText(note, words.attachments.chosen(items.length, MAX_ATTACHMENTS));
  }

  function tile(item, { type, sign }, index) {
    const button = element('button', 'tile', '', { type: 'button', 'data-testid': `attachment-${index}` });
    const thumb = element('span', 'thumb');
    thumb.append(icon(sign));
    if (typeof item.thumb_link === 'string' && item.thumb_link) {
      const image = element('img', '', '', { alt: '', loading: 'lazy' });
      image.addEventListener('error', () => image.remove());
      image.src = item.thumb_link;
      thumb.append(image);
    }
    button.append(thumb, element('span', 'tile-name', named(item)));
    button.addEventListener('click', () => toggle(item, type));
    tiles.push({ button, link: item.link });
    return button;
  }

  function show(found) {
    const filled = KINDS.filter(({ field }) => Array.isArray(found[field]) && found[field].length > 0);
    groups.replaceChildren(
      ...filled.map((kind) => {
        const group = element('section', 'picker-group');
        const row = element('div', 'tiles');
        for (const item of found[kind.field]) row.append(tile(item, kind, tiles.length));
        group.append(element('h3', '', kind.title), row);
        return group;
      }),
    );
    if (filled.length === 0) setText(note, words.attachments.none);
    render();
  }

  async function open(profile) {
    profileId = profile.external_id;
    tiles = [];
    last = null;
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
  }

  return { open, render };
}
