// Service tokens, in a dialog of their own, for admins: by which backends start runs without anybody signed in. One makes
// them here, sees their secret once, and revokes them.

import { ApiError } from '../api.js';
import { doWords, loadWords } from '../failures.js';
import { isolated, plain } from '../names.js';
import { exact, when } from '../times.js';
import { words } from '../words.js';
import { $, byId, clone, setAttr, setHidden, setText } from './dom.js';
import { createSecret } from './secret.js';

const say = words.backends;

/** The ids in a text, apart by commas or white space. */
const idsIn = (text) => text.split(/[\s,;]+/).filter((id) => id !== '');

/**
 * `api`: `list()`, `make(wanted)` and `revoke(id)`; `ended(error)`, whether a call failed because one has to sign in again,
 * as in account.js; `ask` as of confirm.js. Returns `{open}`.
 */
export function createBackends({ api, ended, ask }) {
  const dialog = byId('backends');
  const rows = byId('backends-list');
  const form = byId('backends-form');
  const [note, empty, close] = ['note', 'empty', 'close'].map((name) => byId(`backends-${name}`));
  const [name, role, lifetime, profiles, make] = ['name', 'role', 'lifetime', 'profiles', 'make'].map((part) => byId(`backends-${part}`));
  const secret = createSecret('backends', say.copied, (text) => tell(text));
  let asked = 0; // the newest question: what answers an older one is not shown

  close.addEventListener('click', () => dialog.close());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void makeOne();
  });
  dialog.addEventListener('close', () => {
    asked += 1;
    rows.replaceChildren();
    secret.forget();
  });

  /** `about`: `list` for how its loading goes, over once it has been loaded; else what was done. */
  function tell(text, about = '') {
    setText(note, text);
    note.dataset.about = about;
  }

  function failed(error, about) {
    if (!(error instanceof ApiError)) throw error;
    if (ended(error)) return dialog.close();
    tell(say.refused[error.code] ?? (about === 'list' ? loadWords(say.subject, error) : doWords(error)), about);
  }

  async function load() {
    asked += 1;
    const mine = asked;
    try {
      const { tokens } = await api.list();
      if (mine !== asked) return;
      rows.replaceChildren(...tokens.map(rowOf));
      setHidden(empty, tokens.length > 0);
      if (note.dataset.about === 'list') tell('');
    } catch (error) {
      if (mine === asked) failed(error, 'list');
    }
  }

  function rowOf(token) {
    const row = clone('device-row');
    for (const part of ['.device-rename', '.device-form', '.device-own', '.device-dot']) $(part, row).remove();
    const called = plain(token.name);
    row.dataset.testid = `backend-${token.id}`;
    setText($('.device-name', row), called);
    const scope = token.profiles === null ? say.allProfiles : say.profilesOf(token.profiles.map(isolated));
    setText($('.device-line', row), words.join([say.roles[token.role], scope, say.by(isolated(token.operatorId))]));
    const times = $('.device-doing', row);
    const used = token.usedAt === null ? say.unused : say.used(when(token.usedAt));
    setText(times, words.join([say.made(when(token.madeAt)), used, token.expiresAt !== null && say.ends(when(token.expiresAt))]));
    setAttr(times, 'title', exact(token.madeAt));
    const button = $('.device-sign-out', row);
    setText(button, say.revoke);
    setAttr(button, 'aria-label', say.revokeLabel(isolated(called)));
    button.addEventListener('click', () => void revoke(token.id, called));
    return row;
  }

  async function makeOne() {
    const wanted = { name: name.value.trim(), role: role.value };
    if (wanted.name === '') return name.focus();
    if (lifetime.value !== '') wanted.lifetime = Number(lifetime.value);
    const ids = idsIn(profiles.value);
    if (ids.length > 0) wanted.profiles = ids;
    make.disabled = true;
    try {
      const answer = await api.make(wanted);
      if (!dialog.open) return;
      form.reset();
      tell(say.isMade(isolated(wanted.name)));
      secret.show(answer.token);
    } catch (error) {
      secret.forget();
      failed(error, '');
    } finally {
      make.disabled = false;
    }
    if (dialog.open) void load();
  }

  async function revoke(id, called) {
    if (!(await ask({ title: say.revokeTitle(isolated(called)), text: say.revokeText, ok: say.revoke }))) return;
    try {
      await api.revoke(id);
      tell(say.revoked(isolated(called)));
    } catch (error) {
      failed(error, '');
    }
    if (!dialog.open) return;
    close.focus(); // the button that had it goes
    secret.forget();
    void load();
  }

  return {
    open() {
      form.reset();
      secret.forget();
      setHidden(empty, true);
      tell(words.loading, 'list');
      dialog.showModal();
      close.focus();
      void load();
    },
  };
}
