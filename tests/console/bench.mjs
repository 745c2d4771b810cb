// Commands to a server that answers what the test says.

import { setImmediate as turn } from 'node:timers/promises';

import { createCommands } from '../../static/commands.js';
import { apply } from '../../static/state.js';
import { registered } from './helpers.mjs';

/** Commands over a link that answers what the test says: `answer(ack)` answers the oldest command that waits. */
export function bench() {
  const bed = { state: registered(), online: true, joined: true, sent: [], waiting: [], drawn: (go) => go() };
  const dispatch = (event) => {
    bed.state = apply(bed.state, event);
  };
  const link = {
    connected: () => bed.online,
    joined: () => bed.online && bed.joined,
    send(name, payload) {
      if (!bed.online) return Promise.resolve({ ok: false, code: 'offline', message: 'Not connected', retryable: true });
      bed.sent.push([name, payload]);
      return new Promise((resolve) => bed.waiting.push(resolve));
    },
  };
  bed.dispatch = dispatch;
  bed.commands = createCommands({ link, state: () => bed.state, dispatch, drawn: (go) => bed.drawn(go) });
  bed.answer = async (ack) => {
    bed.waiting.shift()(ack);
    await turn();
  };
  bed.notice = () => bed.state.notices['7/chat']?.text;
  return bed;
}

/** The storage cannot be reached. */
export const AWAY = {
  ok: false,
  code: 'store_unavailable',
  message: 'The server cannot reach its storage right now, please try again',
  retryable: true,
};
