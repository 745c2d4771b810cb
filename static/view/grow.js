// A text box as high as its text, where the browser does not do that by itself (field-sizing in css/work.css).

const BY_ITSELF = globalThis.CSS?.supports?.('field-sizing', 'content') ?? false;

/** Fit the height of a textarea to its text, within what its style allows. */
export function grow(area) {
  if (BY_ITSELF) return;
  const { scrollTop } = area;
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
  area.scrollTop = scrollTop;
}
