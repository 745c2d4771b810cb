// The role of who is signed in: what it may not do is not shown, see css/ground.css, and the account menu says which it is.

import { plain } from '../names.js';
import { COMMANDS, LEAST, may } from '../rights.js';
import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { byId, setAttr, setHidden, setText } from './dom.js';

/** What sends a command in index.html names it by `data-command`, and takes its right: the table of rights.js decides. */
export function markCommands(root = document) {
  for (const node of root.querySelectorAll('[data-command]')) node.dataset.takes = COMMANDS[node.dataset.command];
  for (const template of root.querySelectorAll('template')) markCommands(template.content);
}

/** Returns `render(state)`. An element says by `data-takes` which right it is for, see markCommands. */
export function createRights() {
  const line = byId('account-role');
  return whenChanged(({ who }) => [who], ({ who }) => {
    const lacks = Object.keys(LEAST).filter((right) => !may(who, right));
    setAttr(document.documentElement, 'data-lacks', lacks.join(' ') || null);
    const alone = who.team === '' && lacks.length === 0; // an account of their own: there is nothing to say
    setText(line, alone ? '' : words.join([words.rights.role[who.role], who.team && words.rights.team(plain(who.team))]));
    setHidden(line, line.textContent === '');
  });
}
