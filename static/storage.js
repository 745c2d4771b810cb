// The browser's storage, which may be blocked, full or written by others. Nothing else here touches it: what cannot be
// kept there lives as long as the page.

/** The area, or null where the browser does not give it. Reading the very name can throw. */
function areaOf(name) {
  try {
    return globalThis[name] ?? null;
  } catch {
    return null;
  }
}

/** Values by key, as JSON, in `sessionStorage` or `localStorage`. */
export function openStorage(name) {
  const page = new Map(); // what the browser did not take, as JSON

  /** Do something with the area; `otherwise` when it is not there or refuses. */
  function attempt(action, otherwise) {
    const area = areaOf(name);
    if (area === null) return otherwise;
    try {
      return action(area);
    } catch {
      return otherwise;
    }
  }

  return {
    /** The value of a key, or null when there is none or it is not JSON. */
    read(key) {
      const text = page.get(key) ?? attempt((area) => area.getItem(key), null);
      try {
        return text === null ? null : JSON.parse(text);
      } catch {
        return null; // something else wrote there; the same as nothing kept
      }
    },

    /** Keep a value; whether it outlives the page. */
    write(key, value) {
      const text = JSON.stringify(value);
      const kept = attempt((area) => {
        area.setItem(key, text);
        return true;
      }, false);
      if (kept) page.delete(key);
      else page.set(key, text);
      return kept;
    },

    remove(key) {
      page.delete(key);
      attempt((area) => area.removeItem(key));
    },

    /** The keys that begin with `prefix`. */
    keys(prefix) {
      const stored = attempt((area) => Array.from({ length: area.length }, (_, index) => area.key(index)), []);
      return [...new Set([...stored, ...page.keys()])].filter((key) => key.startsWith(prefix));
    },
  };
}

/** What one tab keeps over a reload. A tab that is duplicated starts with a copy of it. */
export const ofTab = openStorage('sessionStorage');

/** What all tabs of this browser share. */
export const ofBrowser = openStorage('localStorage');
