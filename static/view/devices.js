// Who is here, in a dialog of its own: each device with its name, since when, and what it does. One renames one's own
// devices there, and signs out another one; an admin those of the whole team.

import { inOrder, markOf, runsOf } from '../devices.js';
import { partsOf } from '../keys.js';
import { isolated } from '../names.js';
import { administers } from '../rights.js';
import { refusal } from '../status.js';
import { namesOf } from '../tidings.js';
import { clock, exact, when } from '../times.js';
import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { $, byId, clone, setAttr, setBlocked, setHidden, setText } from './dom.js';

const say = words.devices;

/** What a device does just now, in words: its runs, and where it types. */
function doingOf(state, id, nameOfProfile) {
  const runs = runsOf(state, id).map((run) => say.runs(run.type, isolated(nameOfProfile(run.profileId))));
  const typing = Object.entries(state.typists)
    .filter(([, ids]) => ids.includes(id))
    .map(([key]) => partsOf(key))
    .map(({ profileId, type }) => say.types(type, isolated(nameOfProfile(profileId))));
  return [...runs, ...typing];
}

function sinceOf({ state, since, lastSeen }) {
  if (state === 'away') return lastSeen === null ? say.away : say.awaySince(clock(lastSeen));
  return since === null ? '' : say.since(when(since));
}

/** `actions`: `{send(command, payload), ask}`. Returns `render(state)`. */
export function createDevices({ send, ask }) {
  const dialog = byId('devices');
  const list = byId('devices-list');
  const note = byId('devices-note');
  const opener = byId('who');
  const rows = new Map(); // by device id
  let state = null;

  opener.addEventListener('click', () => {
    setText(note, '');
    dialog.showModal();
    show();
    byId('devices-close').focus();
  });
  byId('devices-close').addEventListener('click', () => dialog.close());

  /** `unfit`: what is said where the server refuses what was typed. */
  async function carryOut(command, payload, done, unfit = refusal) {
    const ack = await send(command, payload);
    setText(note, ack.ok ? done : ack.code === 'invalid_payload' ? unfit(ack) : refusal(ack));
    return ack.ok;
  }

  async function signOut(id, name) {
    const sure = await ask({ title: say.signOutTitle(isolated(name)), text: say.signOutText, ok: say.signOut });
    if (sure && (await carryOut('signOutDevice', { deviceId: id }, say.signedOut(isolated(name))))) {
      byId('devices-close').focus(); // the button that had it goes with its row
    }
  }

  function makeRow(id) {
    const row = clone('device-row');
    const [form, field, rename] = [$('form', row), $('input', row), $('.device-rename', row)];

    function edit(open) {
      setHidden(form, !open);
      setHidden(rename, open);
      if (open) {
        field.value = state.devices[id]?.name ?? '';
        field.focus();
        field.select();
      } else {
        rename.focus();
      }
    }

    rename.addEventListener('click', () => edit(true));
    $('.device-keep', row).addEventListener('click', () => edit(false));
    field.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault(); // the dialog stays
      edit(false);
    });
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const name = field.value.trim();
      if (await carryOut('renameDevice', { deviceId: id, name }, say.renamed(isolated(name)), () => say.unfitName)) edit(false);
    });
    $('.device-sign-out', row).addEventListener('click', () => void signOut(id, state.devices[id]?.name ?? ''));
    row.dataset.testid = `device-${id}`;
    return row;
  }

  function showRow(row, device, operatorId, nameOfProfile) {
    const connected = state.connection.status === 'connected';
    const { id, name, own, email } = device;
    row.dataset.state = device.state;
    setText($('.device-name', row), name);
    setHidden($('.device-own', row), !own);
    const line = $('.device-line', row);
    setText(line, words.join([sinceOf(device), email && isolated(email), markOf(state, id)]));
    setAttr(line, 'title', device.since === null ? null : exact(device.since));
    const doing = $('.device-doing', row);
    setText(doing, words.join(doingOf(state, id, nameOfProfile)));
    setHidden(doing, doing.textContent === '');
    const theirs = device.operatorId === operatorId || administers(state.who);
    setHidden($('.device-actions', row), !theirs);
    for (const [selector, label] of [['.device-rename', say.renameLabel], ['.device-sign-out', say.signOutLabel]]) {
      const button = $(selector, row);
      setAttr(button, 'aria-label', label(isolated(name)));
      setBlocked(button, !connected);
      button.disabled = !connected;
    }
    setHidden($('.device-sign-out', row), own);
    setAttr($('input', row), 'aria-label', say.nameLabel(isolated(name)));
  }

  function show() {
    const devices = inOrder(state);
    const nameOfProfile = namesOf(state.profiles.items);
    const operatorId = devices.find(({ own }) => own)?.operatorId;
    for (const [id, row] of rows) {
      if (Object.hasOwn(state.devices, id)) continue;
      row.remove();
      rows.delete(id);
    }
    devices.forEach((device, at) => {
      if (!rows.has(device.id)) rows.set(device.id, makeRow(device.id));
      const row = rows.get(device.id);
      showRow(row, device, operatorId, nameOfProfile);
      if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null);
    });
  }

  const shown = ({ devices, device, who, connection, runs, typists, profiles }) => [devices, device, who, connection, runs, typists, profiles];
  return whenChanged(shown, (next) => {
    state = next;
    const number = Object.keys(state.devices).length;
    setHidden(opener, number === 0);
    setText($('.who-number', opener), String(number));
    setAttr(opener, 'aria-label', say.button(number));
    setAttr(opener, 'title', say.button(number));
    if (dialog.open) show();
  });
}
