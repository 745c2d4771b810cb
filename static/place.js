// Which profile the address names: it may have been typed, cut off or made up.

/** The profile of a `location.hash`, or null. What is not encoded as it should be is taken as it stands. */
export function profileIn(hash) {
  const name = /^#profile=(.+)$/s.exec(hash)?.[1] ?? null;
  if (name === null) return null;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The way back. */
export const hashOf = (profileId) => `#profile=${encodeURIComponent(profileId.toWellFormed?.() ?? profileId)}`;
