// The HTTP calls of the console.

const TIMEOUT = 20_000; // ms for a whole answer; the server itself waits 10 s for the gateway

/**
 * An answer that is not a success. `status` is the HTTP status, 0 when there was no answer; `code` says what it was
 * ('unreachable' and 'timeout' are ours); `retryAfter` is the ms to wait before the next try, null when nobody said.
 * Its message is for the log: failures.js has the words for people.
 */
export class ApiError extends Error {
  constructor(status, code, { retryAfter = null, cause } = {}) {
    super(`${code} (${status})`, { cause });
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The header Retry-After in ms: seconds or a date. */
function waitOf(response) {
  const header = response.headers.get('Retry-After');
  if (header === null) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

async function call(path, { timeout = TIMEOUT, ...options } = {}) {
  const signal = AbortSignal.timeout(timeout);
  const missing = (cause) => new ApiError(0, signal.aborted ? 'timeout' : 'unreachable', { cause });
  let response;
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', signal, ...options });
  } catch (error) {
    throw missing(error);
  }
  let body;
  try {
    body = await response.json();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw missing(error); // broken off in the middle
    body = null;
  }
  if (response.ok && body !== null) return body;
  const code = typeof body?.code === 'string' ? body.code : 'unreadable';
  throw new ApiError(response.status, code, { retryAfter: waitOf(response) });
}

const profileHeader = (alphaDateToken) => ({ 'X-Alpha-Date-Token': alphaDateToken });

/** Sign in. Returns `{token, alphaDateToken, operatorId, email, profiles}`; throws ApiError 400, 401 or 429. */
export const login = (email, password) =>
  call('/api/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });

/** A fresh token for one that is still valid: `{token, expiresAt, prolonged}`. Throws ApiError 401 when it no longer is. */
export const refresh = (token) =>
  call('/api/auth/refresh', { method: 'POST', headers: { Authorization: `Bearer ${token}` }, timeout: 8_000 });

/** The operator's profiles: `[{id, name, external_id, photo_link, age, country_name, ...}]`. */
export const profiles = (alphaDateToken) => call('/api/profiles', { headers: profileHeader(alphaDateToken) });

/** What a profile can attach to a mail: `{images, videos, audios}`. */
export const attachments = (alphaDateToken, profileId) =>
  call(`/api/profiles/${encodeURIComponent(profileId)}/attachments`, { headers: profileHeader(alphaDateToken) });

/** Whether this server sends to its built-in sandbox; false when it does not say. */
export async function isSandbox() {
  try {
    return (await call('/api/config')).sandbox === true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return false;
  }
}
