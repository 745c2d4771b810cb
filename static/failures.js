// The words for calls that failed. Never the server's own: they may be a gateway's, or a program's.

import { clock, waitWords } from './times.js';

const BACKEND = new Set(['gateway_unavailable', 'gateway_timeout']);

function again({ code, retryAfter }, now) {
  if (code === 'unknown_profile') return 'Reload the page to see which there are';
  if (!retryAfter) return 'Try again in a moment';
  return retryAfter < 90_000
    ? `Try again ${waitWords(retryAfter)}`
    : `Try again ${waitWords(retryAfter)}, at ${clock(now + retryAfter)}`;
}

/** What went wrong, as a clause without an end, and what helps. */
function why(error) {
  const { status, code } = error;
  if (code === 'unknown_profile') return 'the backend does not list this profile';
  if (code === 'unreachable') return 'the server cannot be reached';
  if (code === 'timeout') return 'the server does not answer';
  if (status === 429) return 'too many tries';
  if (code === 'gateway_refused') return 'the backend behind this server does not accept this';
  if (BACKEND.has(code) || status === 502 || status === 504) return 'the backend behind this server does not answer';
  if (status === 503) return 'the server is busy or restarting';
  return 'something is wrong on the server';
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Why one could not sign in; `error` is an ApiError, `now` ms since the epoch. */
export function loginWords(error, now = Date.now()) {
  const { status, code } = error;
  if (status === 400 || code === 'invalid_payload') return 'This does not look like an e-mail address and a password.';
  if (status === 401) return 'E-mail or password is not right.';
  if (status === 429 && !error.retryAfter) return 'Too many tries. Wait a few minutes, then try again.';
  return `${capital(why(error))}. ${again(error, now)}.`;
}

/** Why something could not be loaded: `what` is e.g. "The profiles". */
export const loadWords = (what, error, now = Date.now()) =>
  `${what} could not be loaded: ${why(error)}. ${again(error, now)}.`;
