// What is typed is drawn first; what follows of it, on the page and to the server, comes then: on a slow phone no letter waits
// for that.

const FRAME_MAX = 50; // ms; a page that is about to be hidden draws no more

/** Call `go` once what has changed is drawn; it may be called twice. */
export function afterDrawing(go) {
  if (document.hidden) {
    go();
    return;
  }
  setTimeout(go, FRAME_MAX);
  requestAnimationFrame(() => setTimeout(go));
}

/**
 * A link, of commands.js, with `soon(run)`, which calls `run(send)` after the next drawing and resolves to what that gives, and
 * `hasten()`, which has all of them called at once. What is sent meanwhile goes after them, so that the server hears of all in
 * the order in which it was done.
 */
export function createSoon(link, drawn = afterDrawing) {
  const waiting = []; // oldest first

  function hasten() {
    for (const run of waiting.splice(0)) run();
  }

  return {
    ...link,
    hasten,
    send(...command) {
      hasten();
      return link.send(...command);
    },
    soon: (run) =>
      new Promise((resolve) => {
        waiting.push(() => resolve(run(link.send)));
        if (waiting.length === 1) drawn(hasten);
      }),
  };
}
