// The earlier texts of a draft: a dialog to look at them and to restore one, and the line that takes a clear back.

import { isolated } from '../names.js';
import { refusal } from '../status.js';
import { exact, when } from '../times.js';
import { words } from '../words.js';
import { $, byId, element, setBlocked, setHidden, setText } from './dom.js';

/** Who typed a version, seen from this device and its operator. */
function whose({ deviceId, deviceName, operatorId }, { me, operator }) {
  if (deviceId === me) return words.versions.own;
  const name = deviceName ? isolated(deviceName) : words.devices.unnamed(deviceId);
  return operatorId === operator ? name : words.versions.of(name, isolated(operatorId));
}

/** One row: a radio button, so that arrows go through the list and the tab key past it. */
function row(version, viewer) {
  const label = element('label', 'version', '', { 'data-testid': `version-${version.version}`, title: exact(version.at) });
  const about = element('span', 'version-about');
  about.append(
    element('span', 'version-head', words.join([when(version.at), whose(version, viewer)])),
    element('span', 'version-words', version.words, { dir: 'auto' }),
    element('span', 'version-length', words.versions.length(version.length)),
  );
  label.append(element('input', '', '', { type: 'radio', name: 'version', value: version.version }), about);
  return label;
}

/**
 * `commands` as of commands.js; `viewer()` is `{me, operator}`, this device and who is signed in; `restored(type)` is
 * called when a version is in the box. Returns `open(profile, type)`.
 */
export function createVersions({ commands, viewer, restored }) {
  const dialog = byId('versions');
  const note = byId('versions-note');
  const list = byId('versions-list');
  const text = byId('version-text');
  const restore = byId('version-restore');
  let shown = null; // {profileId, type}
  let chosen = null; // the number of the version whose text is seen

  function showText(message) {
    chosen = null;
    setText(text, message);
    setBlocked(restore, true);
  }

  function refused(ack) {
    setText(note, ack.code === 'unknown_version' ? words.versions.gone : refusal(ack));
    return ack.code === 'unknown_version' && fill();
  }

  /** Read the text of a version; another one may be wanted by the time it is here. */
  async function choose(version) {
    const asked = shown;
    showText(words.loading);
    const ack = await commands.readVersion(asked.profileId, asked.type, version);
    if (asked !== shown || Number($('input:checked', list)?.value) !== version) return;
    if (!ack.ok) {
      showText('');
      refused(ack);
      return;
    }
    showText(ack.message);
    chosen = version;
    setBlocked(restore, false);
  }

  async function fill() {
    const asked = shown;
    const ack = await commands.listVersions(asked.profileId, asked.type);
    if (asked !== shown) return;
    const versions = ack.ok ? ack.versions : [];
    list.replaceChildren(...versions.map((version) => row(version, viewer())));
    setHidden(byId('versions-body'), versions.length === 0);
    setText(note, ack.ok ? words.versions.found(versions.length) : refusal(ack));
    const first = $('input', list);
    if (first === null) return;
    first.checked = true;
    first.focus();
    await choose(versions[0].version);
  }

  list.addEventListener('change', ({ target }) => void choose(Number(target.value)));
  list.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    restore.click();
  });
  byId('versions-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    shown = null;
  });
  restore.addEventListener('click', async () => {
    if (chosen === null) return;
    const asked = shown;
    setBlocked(restore, true);
    const ack = await commands.restoreVersion(asked.profileId, asked.type, chosen);
    if (asked !== shown) return;
    if (ack.ok) {
      dialog.close();
      restored(asked.type);
    } else {
      setBlocked(restore, false);
      void refused(ack);
    }
  });

  return (profile, type) => {
    shown = { profileId: profile.external_id, type };
    setText(byId('versions-title'), words.versions.title[type](isolated(profile.name)));
    setText(note, words.loading);
    setHidden(byId('versions-body'), true);
    list.replaceChildren();
    showText('');
    dialog.showModal();
    void fill();
  };
}

/** The line of a card that says that it was cleared; `undo(version)` takes it back. Returns `render(message, cleared)`. */
export function createTakeBack(node, undo) {
  let version = null;
  $('button', node).addEventListener('click', () => undo(version));
  return (message, cleared) => {
    version = cleared?.version ?? null;
    setHidden(node, message !== '' || version === null);
  };
}
