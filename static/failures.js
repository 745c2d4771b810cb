// The words for calls that failed. Never the server's own: they may be a gateway's, or a program's.

import { clock, waitWords } from './times.js';
import { words } from './words.js';

const { failure } = words;

const BACKEND = new Set(['gateway_unavailable', 'gateway_timeout']);

function again({ code, retryAfter }, now) {
  if (code === 'unknown_profile') return failure.reload;
  if (!retryAfter) return failure.again;
  const wait = waitWords(retryAfter);
  return retryAfter < 90_000 ? failure.againIn(wait) : failure.againAt(wait, clock(now + retryAfter));
}

/** What went wrong, as a clause without an end, and what helps. */
function why(error) {
  const { status, code } = error;
  if (code === 'unknown_profile') return failure.unknownProfile;
  if (code === 'unreachable') return failure.unreachable;
  if (code === 'timeout') return failure.timeout;
  if (status === 429) return failure.tooMany;
  if (code === 'gateway_refused') return failure.refused;
  if (BACKEND.has(code) || status === 502 || status === 504) return failure.backend;
  if (status === 503) return failure.busy;
  return failure.other;
}

/** Why it is not known whom a start would message, as a clause; `ack` is that of the question. */
export const previewWhy = ({ code }) => failure.counting[code] ?? why({ code, status: 0 });

/** Why one could not sign in; `error` is an ApiError, `now` ms since the epoch. */
export function loginWords(error, now = Date.now()) {
  const { status, code } = error;
  if (status === 400 || code === 'invalid_payload') return failure.notAddress;
  if (status === 401) return failure.wrong;
  if (status === 429 && !error.retryAfter) return failure.tooManyWait;
  return doWords(error, now);
}

/** Why something could not be done. */
export const doWords = (error, now = Date.now()) => failure.sentence(why(error), again(error, now));

/** Why something could not be loaded: `what` is e.g. "The profiles". */
export const loadWords = (what, error, now = Date.now()) =>
  failure.load(what, why(error), again(error, now));
