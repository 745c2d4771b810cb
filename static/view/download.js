// A list that is put together here, as a file.

import { words } from '../words.js';
import { element, setBlocked } from './dom.js';

const GIVEN_FOR = 60_000; // ms until its memory is given back; browsers have begun to save it by then
const say = words.file;

/** `parts`: its texts, one behind the other. */
function download(name, parts) {
  const link = element('a', '', '', { download: name });
  link.href = URL.createObjectURL(new Blob(parts, { type: 'text/csv' }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), GIVEN_FOR);
}

/**
 * A button that downloads a list. `begin()` says of what there is then `{name, parts(report), shown()}`, the last one being
 * whether it is still what is looked at: else nothing is told of it. `tell(text)` and `failed(error)` say how it goes.
 */
export function downloads(button, { begin, tell, failed }) {
  button.addEventListener('click', async () => {
    if (button.getAttribute('aria-disabled')) return;
    const { name, parts, shown } = begin();
    setBlocked(button, true);
    try {
      download(name, await parts((number) => shown() && tell(say.exporting(number))));
      if (shown()) tell(say.exported);
    } catch (error) {
      if (shown()) failed(error);
    } finally {
      setBlocked(button, false);
    }
  });
}
