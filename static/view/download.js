// A file that was put together here, as a download.

import { element } from './dom.js';

const GIVEN_FOR = 60_000; // ms until its memory is given back; browsers have begun to save it by then

/** `parts`: its texts, one behind the other. */
export function download(name, parts) {
  const link = element('a', '', '', { download: name });
  link.href = URL.createObjectURL(new Blob(parts, { type: 'text/csv' }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), GIVEN_FOR);
}
