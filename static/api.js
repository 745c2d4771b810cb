// The HTTP calls of the console.

const TIMEOUT = 20_000; // ms for a whole answer; the server itself waits 10 s for the gateway

/**
 * An answer that is not a success. `status` is the HTTP status, 0 when there was no answer; `code` says what it was
 * ('unreachable' and 'timeout' are ours); `retryAfter` is the ms to wait before the next try, null when nobody said; `body`
 * is all that the server said, or null.
 * Its message is for the log: failures.js has the words for people.
 */
export class ApiError extends Error {
  constructor(status, code, { retryAfter = null, body = null, cause } = {}) {
    super(`${code} (${status})`, { cause });
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.body = body;
  }
}

/** The header Retry-After in ms: seconds or a date. */
function waitOf(response) {
  const header = response.headers.get('Retry-After');
  if (header === null) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

const missing = (signal, cause) => new ApiError(0, signal.aborted ? 'timeout' : 'unreachable', { cause });

function refused(response, body) {
  const code = typeof body?.code === 'string' ? body.code : 'unreadable';
  return new ApiError(response.status, code, { retryAfter: waitOf(response), body });
}

async function answered(path, { timeout = TIMEOUT, signal = AbortSignal.timeout(timeout), ...options } = {}) {
  try {
    return await fetch(path, { credentials: 'same-origin', cache: 'no-store', signal, ...options });
  } catch (error) {
    throw missing(signal, error);
  }
}

/** The answer as JSON, null where it is none. */
async function bodyOf(response, signal) {
  try {
    return await response.json();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw missing(signal, error); // broken off in the middle
    return null;
  }
}

async function call(path, { timeout = TIMEOUT, ...options } = {}) {
  const signal = AbortSignal.timeout(timeout);
  const response = await answered(path, { signal, ...options });
  const body = await bodyOf(response, signal);
  if (response.ok && body !== null) return body;
  throw refused(response, body);
}

const profileHeader = (alphaDateToken) => ({ 'X-Alpha-Date-Token': alphaDateToken });

/** Sign in. Returns `{token, alphaDateToken, operatorId, email, profiles}`; throws ApiError 400, 401 or 429. */
export const login = (email, password, earlier = null) =>
  call('/api/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(earlier === null ? {} : bearer(earlier)) },
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

/**
 * What the server says of itself, `{sandbox, build, pushKey}`: whether it sends to its built-in sandbox, which console it has, and
 * with what browsers subscribe to its pushes; null where it does not.
 */
export async function about() {
  try {
    const { sandbox, build, pushKey } = await call('/api/config');
    const text = (value) => (typeof value === 'string' ? value : null);
    return { sandbox: sandbox === true, build: text(build), pushKey: text(pushKey) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return null;
  }
}

const bearer = (token) => ({ Authorization: `Bearer ${token}` });

/** Who is signed in: `{sessions: [{id, operatorId, email, address, agent, device, since, lastSeen, here, current}], next}`. Throws ApiError. */
export const sessions = (token, cursor = null) =>
  call(`/api/sessions${cursor === null ? '' : `?${new URLSearchParams({ cursor })}`}`, { headers: bearer(token) });

/** The account's service tokens: `{tokens: [{id, name, role, profiles, operatorId, madeAt, usedAt, expiresAt}]}`. Throws ApiError. */
export const serviceTokens = (token) => call('/api/tokens', { headers: bearer(token) });

/** Make one of `{name, role, profiles, lifetime}`: `{token, id}`. Throws ApiError. */
export const makeServiceToken = (token, wanted) =>
  call('/api/tokens', { method: 'POST', headers: { 'Content-Type': 'application/json', ...bearer(token) }, body: JSON.stringify(wanted) });

/** Revoke one. Throws ApiError. */
export const revokeServiceToken = (token, id) =>
  call(`/api/tokens/${encodeURIComponent(id)}`, { method: 'DELETE', headers: bearer(token) });

/** The account's webhooks, asked with what `token()` gives then: see docs/protocol.md. Each call throws ApiError. */
export function webhooks(token) {
  const asked = (method, path = '', wanted = undefined) =>
    call(`/api/webhooks${path}`, {
      method,
      headers: { ...(wanted && { 'Content-Type': 'application/json' }), ...bearer(token()) },
      body: wanted && JSON.stringify(wanted),
    });
  const of = (id) => `/${encodeURIComponent(id)}`;
  return {
    /** `{webhooks: [{id, url, events, profiles, operatorId, madeAt, state, failingSince, nextAt, lastAttempt}]}` */
    list: () => asked('GET'),
    /** Make one of `{url, events}`: `{id, secret, madeAt}`. */
    make: (wanted) => asked('POST', '', wanted),
    switch: (id, enabled) => asked('PATCH', of(id), { enabled }),
    remove: (id) => asked('DELETE', of(id)),
    ping: (id) => asked('POST', `${of(id)}/ping`),
    /** `[{id, webhookId, event, profileId, at, took, outcome, attempt, code, answer}]`, newest first. */
    attempts: async (id) => (await asked('GET', `${of(id)}/attempts`)).attempts,
    again: (id, attempt) => asked('POST', `${of(id)}/attempts${of(attempt)}/again`),
  };
}

/** What was done in the account, newest first: `{entries, next}`, see docs/protocol.md. Throws ApiError. */
export const record = (token, query) => call(`/api/audit?${new URLSearchParams(query)}`, { headers: bearer(token) });

/** What happened in the account on the last days, in a time zone: see docs/protocol.md. Throws ApiError. */
export const analytics = (token, days, zone) => call(`/api/analytics?${new URLSearchParams({ days, zone })}`, { headers: bearer(token) });

/** The history of runs, the last that ended first: `{runs, next}`, see docs/protocol.md. Throws ApiError. */
export const pastRuns = (token, query) => call(`/api/runs?${new URLSearchParams(query)}`, { headers: bearer(token) });

/** One of them: `{run, message, attachments}`. Throws ApiError. */
export const pastRun = (token, id) => call(`/api/runs/${encodeURIComponent(id)}`, { headers: bearer(token) });

/** Whom it could not message, or perhaps has: `{recipients: [{id, name, reason, at}], unnamed, next}`. Throws ApiError. */
export const pastRecipients = (token, id, query) =>
  call(`/api/runs/${encodeURIComponent(id)}/recipients?${new URLSearchParams(query)}`, { headers: bearer(token) });

/** End a session, or with null all of the operator's but this one: `{ended}`. Throws ApiError. */
export const endSession = (token, id = null) =>
  call(`/api/sessions${id === null ? '' : `/${encodeURIComponent(id)}`}`, { method: 'DELETE', headers: bearer(token) });

/** Sign out of this session, also where the page is closed meanwhile. Throws ApiError. */
export const logout = (token) =>
  call('/api/auth/logout', { method: 'POST', headers: bearer(token), keepalive: true });

/** Put a file of recipients on the do-not-contact list: `{added, already, count}`. Throws ApiError, with `body.lines` for bad ones. */
export const importDoNotContact = (token, file) =>
  call(`/api/do-not-contact/import`, {
    method: 'POST',
    headers: { ...bearer(token), 'Content-Type': 'text/csv' },
    body: file,
    timeout: 60_000,
  });

/** One part of a list as CSV: `{text, next}`, the latter being the `cursor` of the next part, or null. Throws ApiError. */
export async function exportPart(token, path, query) {
  const signal = AbortSignal.timeout(TIMEOUT);
  const response = await answered(`${path}?${new URLSearchParams(query)}`, { signal, headers: bearer(token) });
  if (!response.ok) throw refused(response, await bodyOf(response, signal));
  const next = response.headers.get('X-Next-Cursor');
  const text = await response.text().catch((error) => {
    throw missing(signal, error); // broken off in the middle
  });
  return { text, next: next === null ? null : decodeURIComponent(next) };
}

/** All parts of an export, one behind the other; `part(path, query)` is exportPart with a token, `report` is told how many there are. */
export async function wholeOf(part, path, query, report) {
  const parts = [];
  let cursor = null;
  do {
    const { text, next } = await part(path, cursor === null ? query : { ...query, cursor });
    parts.push(text);
    cursor = next;
    report(parts.length);
  } while (cursor !== null);
  return parts;
}
