// With what charts are painted: each meaning has a colour and a pattern, as in the progress of a run, so that none is told by its
// colour alone. The colours are those that css/analytics.css gives by `data-tone`, in either theme and where the system chooses.

/** Each draws a meaning on a square that is repeated: `side`, its side in px, and `draw(context)` in its colour. */
const PATTERNS = {
  skipped: {
    side: 6,
    draw(context) {
      context.arc(3, 3, 2, 0, 2 * Math.PI);
      context.fill();
    },
  },
  failed: {
    side: 7,
    draw(context) {
      context.lineWidth = 2.5;
      for (const x of [-7, 0, 7]) {
        context.moveTo(x - 1, 8);
        context.lineTo(x + 8, -1);
      }
      context.stroke();
    },
  },
  uncertain: {
    side: 4,
    draw: (context) => context.fillRect(0, 0, 4, 2),
  },
};

/** With what a canvas fills a meaning. `sample` is an element with its `data-tone`. */
export function paintOf(sample) {
  const { color, backgroundColor: ground } = getComputedStyle(sample);
  const pattern = PATTERNS[sample.dataset.tone];
  if (pattern === undefined) return color;
  const ratio = devicePixelRatio;
  const tile = document.createElement('canvas');
  tile.width = tile.height = Math.round(pattern.side * ratio);
  const context = tile.getContext('2d');
  context.fillStyle = ground;
  context.fillRect(0, 0, tile.width, tile.height);
  context.scale(tile.width / pattern.side, tile.height / pattern.side);
  context.fillStyle = context.strokeStyle = color;
  context.beginPath();
  pattern.draw(context);
  return context.createPattern(tile, 'repeat');
}

/** Show a meaning on a little canvas of its own. */
export function paintSample(sample) {
  sample.width = Math.round(sample.clientWidth * devicePixelRatio);
  sample.height = Math.round(sample.clientHeight * devicePixelRatio);
  const context = sample.getContext('2d');
  context.fillStyle = paintOf(sample);
  context.fillRect(0, 0, sample.width, sample.height);
}
