// Renewing the token in the last minute of its life, as often as it takes.

import { ApiError } from './api.js';

const LIFE = 60_000; // ms before its end that the server speaks up
const FIRST = 1_000; // ms between two tries, at first
const MOST = 10_000;
const LAST = 3_000; // ms before the end at which one more try is made, however long one was told to wait

/**
 *   ask()             resolves to the server's answer; throws ApiError
 *   renewed(answer)   there is a new token
 *   trying()          a try failed, the next one follows
 *   failed(error)     the token ends without a new one
 * Returns `{start(expiresAt), stop}`; `start` is for each time that the server speaks up.
 */
export function createRenewal({ ask, renewed, trying, failed }) {
  let round = 0;
  let wake = null; // while it waits for its next try

  const pause = (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** How long to wait before the next try, in ms; null when there is none before the end. */
  function waitFor(attempt, error, end) {
    const backoff = Math.min(MOST, FIRST * 2 ** attempt) * (0.75 + Math.random() / 2);
    const left = end - LAST - Date.now();
    const wanted = Math.max(backoff, error.retryAfter ?? 0);
    return left <= 0 ? null : Math.min(wanted, left);
  }

  async function run(mine, end) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await ask();
        if (mine === round) renewed(answer);
        break;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (mine !== round) return;
        const wait = error.status === 401 ? null : waitFor(attempt, error, end);
        if (wait === null) {
          failed(error);
          break;
        }
        trying();
        await pause(wait);
        wake = null;
        if (mine !== round) return;
      }
    }
    if (mine === round) round = 0;
  }

  let last = 0;
  return {
    start(expiresAt) {
      if (round !== 0) {
        wake?.(); // the server is back: no need to wait
        return;
      }
      const left = expiresAt - Date.now(); // nonsense where this device's clock is wrong
      last += 1;
      round = last;
      void run(round, Date.now() + (left > 0 && left < LIFE ? left : LIFE));
    },
    stop() {
      round = 0;
      wake?.();
    },
  };
}
