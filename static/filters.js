// Which rows of the list are shown, and in which order. Pure, but for what a shelf remembers.

const FITS = Object.freeze({
  all: () => true,
  running: (facts) => facts.running,
  needs: (facts) => facts.needs > 0,
  draft: (facts) => facts.draft,
});

/** Names of the filters, in the order in which they stand. */
export const FILTERS = Object.freeze(Object.keys(FITS));

/** How many profiles fit each filter, of a list of facts: `{all, running, needs, draft}`. */
export function tally(all) {
  const found = {};
  for (const name of FILTERS) found[name] = all.reduce((sum, facts) => sum + (FITS[name](facts) ? 1 : 0), 0);
  return found;
}

/**
 * What is shown under a filter. A row that no longer fits stays until the filter is touched, so that nobody loses what
 * they were looking at. `choose(rows, {show, found, anew})` returns the rows to show: `rows` are `{id, facts}`, `found`
 * tells whether a row has the words that are searched, `anew` that the filter was touched.
 */
export function createShelf() {
  let stays = new Set();

  return {
    choose(rows, { show, found, anew }) {
      if (anew) stays = new Set();
      return rows.filter((row) => {
        if (!found(row)) return false;
        if (FITS[show](row.facts)) stays.add(row.id);
        return stays.has(row.id);
      });
    },
  };
}

/** Rows `{id, index, facts}` in order: pinned ones first, then by `sort`; `rank` is a row's place by name. */
export function ordered(rows, { sort, pins, rank }) {
  const pinned = new Set(pins);
  const byName = (one, other) => rank(one) - rank(other);
  const byActivity = (one, other) => other.facts.activity - one.facts.activity || one.index - other.index;
  const rest = sort === 'name' ? byName : byActivity;
  return [...rows].sort((one, other) => Number(pinned.has(other.id)) - Number(pinned.has(one.id)) || rest(one, other));
}
