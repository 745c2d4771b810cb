// A run, a draft and a notice belong to one profile and one type; this is how the console names that pair.

export const TYPES = Object.freeze(['chat', 'mail']);

/** The key of a profile and type, e.g. "7/chat". */
export const keyOf = (profileId, type) => `${profileId}/${type}`;

/** The way back: `{profileId, type}` of a key. */
export function partsOf(key) {
  const at = key.lastIndexOf('/');
  return { profileId: key.slice(0, at), type: key.slice(at + 1) };
}

/** The key that a payload speaks about, or null when it names no profile and type that the console knows. */
export function keyFrom(data) {
  const { profileId, type } = data;
  if (!TYPES.includes(type)) return null;
  if (typeof profileId !== 'string' && typeof profileId !== 'number') return null;
  return keyOf(profileId, type);
}

/** Whether an event is no news for an entry: the server counts revisions up, one per event. */
export const isOld = (entry, revision) =>
  entry !== undefined && Number.isInteger(revision) && revision <= entry.revision;
