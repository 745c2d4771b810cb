// Names and other short texts of people whom we do not know: in any script, or with none of it.

/** Marks that turn the direction of what follows, also behind the name in which they stand. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/gu;
const INVISIBLE = /^[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u;

/** Letters that are not a letter and a mark, though they are typed as one. */
const LETTERS = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ı: 'i', ħ: 'h', ŋ: 'n' };
const SPECIAL = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu');

const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter(undefined, { granularity: 'grapheme' }) : null;

/** A text without marks that would turn the line around it. */
export const plain = (text) => text.replace(TURNS, '');

/** A name for the middle of a sentence: whatever its script, the rest keeps its order. */
export const isolated = (name) => `\u2068${plain(name)}\u2069`;

const textOf = (value) => (typeof value === 'string' ? plain(value).trim() : '');

const SIMPLE_MAX = 0x2ff; // the last letter before those that join the one before them

/** The first letter as a reader counts: a flag or a family is one. */
function firstLetter(word) {
  const simple = word.charCodeAt(0) <= SIMPLE_MAX && !(word.charCodeAt(1) > SIMPLE_MAX);
  if (simple) return word.charAt(0); // the segmenter takes a hundred times as long
  if (segmenter === null) return [...word][0] ?? '';
  return segmenter.segment(word)[Symbol.iterator]().next().value?.segment ?? '';
}

/** At most two letters for a name. */
export const initials = (name) =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => firstLetter(firstLetter(word).toUpperCase()))
    .join('');

const ASCII = /^[\x20-\x7e]*$/;

/** A text as it is searched in: without case and marks, "Inès" as "ines". */
export const fold = (text) =>
  ASCII.test(text)
    ? text.toLowerCase()
    : text
        .normalize('NFKD')
        .replace(/\p{M}/gu, '')
        .toLowerCase()
        .replace(SPECIAL, (letter) => LETTERS[letter]);

/** What tells of a folded text whether all words of `wanted` are in it, in any order. */
export function matcher(wanted) {
  const sought = fold(wanted).split(/\s+/);
  return (folded) => sought.every((word) => folded.includes(word));
}

/** The same for a single text. */
export const hasWords = (folded, wanted) => matcher(wanted)(folded);

/** The profiles of an answer, each with an id, a name to show and texts that are texts; what has no id is left out. */
export function asProfiles(items) {
  const found = new Map();
  for (const item of Array.isArray(items) ? items : []) {
    const id = String(item?.external_id || item?.id || '');
    if (id === '' || found.has(id)) continue;
    const name = textOf(item.name);
    const known = Number.isFinite(item.age) || typeof item.age === 'string';
    found.set(id, {
      external_id: id,
      name: INVISIBLE.test(name) ? id : name,
      age: known ? plain(String(item.age)) : '',
      country_name: textOf(item.country_name),
      photo_link: typeof item.photo_link === 'string' ? item.photo_link : '',
    });
  }
  return [...found.values()];
}
