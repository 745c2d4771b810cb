// Times as people say them.

/** A time of day, e.g. "9:42"; `at` is ms since the epoch. */
export const clock = (at) => new Date(at).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });

/** A day and a time of day in words, e.g. "Tue 9:42". */
export const day = (at) => `${new Date(at).toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' })}, ${clock(at)}`;

/** A wait in words, e.g. "in 40 seconds"; `ms` is rounded up, so that nobody is too early. */
export function waitWords(ms) {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return seconds === 1 ? 'in a second' : `in ${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `in ${minutes} minutes` : `in ${Math.ceil(minutes / 60)} hours`;
}
