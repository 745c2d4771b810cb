// How long a message may be. Counted in UTF-16 code units, as `String.length` does and as the server does.

export const LIMITS = Object.freeze({
  chat: Object.freeze({ min: 1, max: 300 }),
  mail: Object.freeze({ min: 150, max: 5000 }),
});

/** Most attachments that one mail may carry. */
export const MAX_ATTACHMENTS = 5;

const plural = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`;

/**
 * Measure a message against the limits of its type.
 * Returns `{length, state, text}`: state is 'under', 'ok' or 'over', text says the same in words.
 */
export function measure(type, message) {
  const { min, max } = LIMITS[type];
  const length = message.length;
  if (length > max) return { length, state: 'over', text: `Too long by ${length - max} · ${length} / ${max}` };
  if (length === 0) return { length, state: 'under', text: `Empty · ${min} to ${max} characters` };
  if (length < min) return { length, state: 'under', text: `Too short, ${min - length} to go · ${length} / ${max}` };
  return { length, state: 'ok', text: `${length} / ${max}` };
}

/** Why a message of this length cannot be started, as a sentence; empty when it can. */
export function lengthProblem(type, message) {
  const { min, max } = LIMITS[type];
  const { length, state } = measure(type, message);
  const kind = type === 'chat' ? 'A chat message' : 'A mail';
  if (state === 'over') return `${kind} has at most ${max} characters: take ${length - max} away`;
  if (state === 'under') return `${kind} needs at least ${plural(min, 'character')}: ${length} so far`;
  return '';
}
