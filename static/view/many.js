// Several profiles at once, put together: the selection and its bar, what is asked before something is done, what goes out.

import { createBatch } from '../batch.js';
import { createCopyMany } from './copymany.js';
import { createSelecting } from './selecting.js';
import { createStartMany } from './startmany.js';

/** `parts`: `{state(), dispatch, commands, shown()}`, the ids of the rows that are shown. Returns what selecting.js does, and `forget`. */
export function createMany({ state, dispatch, commands, shown }) {
  const batch = createBatch({
    ask: (does, type, { profileId, message }) => commands.each(does, profileId, type, message),
    tell: (now) => dispatch({ name: 'local/batch', data: { batch: now } }),
  });
  const starting = createStartMany({ state, commands, batch });
  const copying = createCopyMany({ state, copy: commands.type });
  const selecting = createSelecting({ state, dispatch, shown, batch, start: starting.ask, copy: copying.ask });

  return {
    ...selecting,
    forget: batch.forget,
    render(now) {
      selecting.render(now);
      starting.render(now);
      copying.render(now);
    },
  };
}
