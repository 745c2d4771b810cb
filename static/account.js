// Who is signed in here, from the sign-in to its end: on purpose, or because the session ended. The second signs out the
// view only: the device stays who it is, its runs go on, and signing in again comes back to the same place.

import { ApiError, logout, refresh } from './api.js';
import { createRenewal } from './renewal.js';
import { identity, session } from './session.js';
import { clock } from './times.js';
import { words } from './words.js';

const SIGNED_OUT = 'signed_out'; // by another device, or an admin

/**
 *   connect()            opens a connection of socket.js for who is signed in
 *   show(signedIn, why, email)   draws the console, or the sign-in with a sentence above it and an e-mail in it
 *   entered(anew)        the console is shown; `anew`: with nothing known before
 *   left()               signed out on purpose: forget what was seen
 *   banner(tone, text, action)
 * Returns `{begin, signedIn, expire, leave, expiring, link}`.
 */
export function createAccount({ connect, show, entered, left, banner }) {
  let link = null; // the connection; it outlives a session that ended

  const active = () => session.get() !== null && !session.get().ended;

  const renewal = createRenewal({
    ask: () => refresh(session.get()?.token),
    renewed(answer) {
      if (!active()) return;
      session.set({ ...session.get(), ...answer });
      if (answer.prolonged === false) endsAt(answer.expiresAt);
      else {
        banner('info', '');
        link?.renew();
      }
    },
    trying: () => banner('warn', words.session.renewing),
    failed(error) {
      if (error.code === 'sign_in_again') expire();
      else if (error.code === SIGNED_OUT) expire(words.signIn.signedOut);
      else endsAt(Date.now());
    },
  });

  function endsAt(at) {
    const { endsAt: ends, endsSoon } = words.session;
    banner('warn', at - Date.now() > 90_000 ? ends(clock(at)) : endsSoon, 'signIn');
  }

  function enter() {
    const anew = link === null;
    show(true);
    if (anew) link = connect();
    else link.renew();
    entered(anew);
  }

  function expire(why = words.signIn.ended) {
    if (!active()) return;
    renewal.stop();
    session.end();
    show(false, why, session.get().email);
  }

  /** Nobody is to come with the token from now on. Where the server cannot be reached it ends by itself, later. */
  async function endHere(token) {
    try {
      if (token) await logout(token);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  return {
    link: () => link,

    /** What a fresh page begins with. */
    begin() {
      if (active()) enter();
      else if (session.get() === null) show(false);
      else show(false, words.signIn.ended, session.get().email);
    },

    /** `answer` is what the server said to the sign-in. */
    signedIn(answer) {
      if (link !== null && session.get()?.operatorId !== answer.operatorId) {
        link.abandon();
        link = null;
        left();
      }
      session.set(answer);
      enter();
    },

    expire,
    expiring: ({ expiresAt }) => active() && renewal.start(Number(expiresAt)),

    leave() {
      renewal.stop();
      link?.close();
      void endHere(session.get()?.token);
      link = null;
      session.forget();
      identity.forget();
      left();
      show(false);
    },

    /** Whether a call failed because one has to sign in again; it is seen to then. */
    ended(error) {
      const over = error instanceof ApiError && error.status === 401;
      if (over) expire(error.code === SIGNED_OUT ? words.signIn.signedOut : undefined);
      return over;
    },
  };
}
