// What is typed is drawn first; what follows of it, on the page and to the server, comes then: on a slow phone no letter waits
// for that.

const FRAME_MAX = 50; // ms; a page that is about to be hidden draws no more

let waiting = []; // what waits for the next drawing, oldest first

/** Call `go` once what has changed is drawn. */
export function afterDrawing(go) {
  if (document.hidden) {
    go();
    return;
  }
  waiting.push(go);
  if (waiting.length > 1) return;
  const all = waiting;
  const goOn = () => {
    if (waiting === all) waiting = []; // what comes of them waits for another drawing
    for (const each of all.splice(0)) each();
  };
  setTimeout(goOn, FRAME_MAX);
  requestAnimationFrame(() => setTimeout(goOn, 0));
}

/**
 * Draws a page by `draw()`, once for all that has happened. `next()`: in the next frame. `late()`: after a letter was typed,
 * which is in its box already; with what is said of it the answer may have come, too.
 */
export function createDrawing(draw, drawn = afterDrawing) {
  let frame = 0;
  let isDue = false; // something has happened that is not drawn
  let isLate = false; // that is looked at once the letter is drawn

  function drawNext() {
    isDue = true;
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      isDue = false;
      draw();
    });
  }

  return {
    next: drawNext,
    late() {
      isDue = true;
      if (isLate || frame !== 0) return;
      isLate = true;
      drawn(() => {
        isLate = false;
        if (isDue) drawNext();
      });
    },
  };
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
