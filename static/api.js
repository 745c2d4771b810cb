// The HTTP calls of the console.

/** An answer that is not a success: `status` is the HTTP status, 0 when there was no answer at all. */
export class ApiError extends Error {
  constructor(status, message, options) {
    super(message, options);
    this.name = 'ApiError';
    this.status = status;
  }
}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...options });
  } catch (error) {
    throw new ApiError(0, 'The server cannot be reached', { cause: error });
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, body?.message ?? `The server answered ${response.status}`);
  if (body === null) throw new ApiError(response.status, 'The server sent an answer that is not JSON');
  return body;
}

const profileHeader = (alphaDateToken) => ({ 'X-Alpha-Date-Token': alphaDateToken });

/** Sign in. Returns `{token, alphaDateToken, operatorId, email, profiles}`; throws ApiError 400, 401 or 429. */
export const login = (email, password) =>
  call('/api/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });

/** A fresh token for one that is still valid. Throws ApiError 401 when it no longer is. */
export const refresh = (token) =>
  call('/api/auth/refresh', { method: 'POST', headers: { Authorization: `Bearer ${token}` } });

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
