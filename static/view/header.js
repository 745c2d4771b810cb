// The header: what runs and what needs somebody, as two numbers that filter the list, the connection, and the way to stop
// everything.

import { running } from '../state.js';
import { connectionWords } from '../status.js';
import { clock } from '../times.js';
import { words } from '../words.js';
import { whenChanged } from './changes.js';
import { $, byId, setAttr, setBlocked, setHidden, setText } from './dom.js';

/** `actions`: `{dispatch, stopAll, tally(state)}`; `tally` counts profiles as `{running, needs}`. Returns `render(state)`. */
export function createHeader({ dispatch, stopAll, tally }) {
  const connection = byId('connection');
  const counts = { running: byId('count-running'), needs: byId('count-needs') };
  const page = byId('console');

  const stop = byId('stop-all');
  stop.addEventListener('click', () => {
    if (stop.getAttribute('aria-disabled') === 'true') dispatch({ name: 'local/banner', data: { tone: 'info', text: words.run.offline, about: 'connection' } });
    else stopAll();
  });
  for (const [name, pill] of Object.entries(counts)) {
    pill.addEventListener('click', () => {
      const on = pill.getAttribute('aria-pressed') === 'true';
      dispatch({ name: 'local/filter', data: { show: on ? 'all' : name } });
    });
  }

  /** A number that is nothing is not shown, unless it is the filter: then it is the way back. */
  function showCounts(state) {
    const found = tally();
    for (const [name, pill] of Object.entries(counts)) {
      const chosen = state.filter.show === name;
      setHidden(pill, found[name] === 0 && !chosen);
      setText($('b', pill), String(found[name]));
      setText($('span', pill), words.header[name](found[name]));
      setAttr(pill, 'aria-pressed', chosen);
    }
  }

  /** What is shown is true while the connection is; then it is what was true when it broke. */
  function showConnection({ status, detail, asOf }) {
    const said = connectionWords(status);
    connection.dataset.status = status;
    setText($('span', connection), asOf === null ? said : words.header.asOf(said, clock(asOf)));
    setAttr(connection, 'title', detail || said);
    page.dataset.live = String(asOf === null);
    setBlocked(stop, status !== 'connected');
    setAttr(stop, 'title', status === 'connected' ? null : words.run.offline);
  }

  return whenChanged(({ connection: link, filter, runs, who }) => [link, filter, runs, who, tally()], (state) => {
    showConnection(state.connection);
    showCounts(state);
    setHidden(stop, running(state).theirs === 0);
  });
}
