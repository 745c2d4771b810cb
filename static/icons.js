// The drawings of the console: outlines on a square of 20, in the colour of the text beside them. They go into the page once,
// as symbols; whoever shows one refers to it, here with `icon`, in index.html with `<use href="#i-NAME"/>`.

const SVG = 'http://www.w3.org/2000/svg';

/** Each is a list of paths; a path that begins with "=" is filled, the others are drawn as lines. */
const DRAWINGS = {
  play: ['=M6 4.2v11.6a.8.8 0 0 0 1.2.7l9-5.8a.8.8 0 0 0 0-1.4l-9-5.8A.8.8 0 0 0 6 4.2z'],
  stop: ['=M7 5h6a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z'],
  pause: ['=M6 4.5h2.2v11H6zM11.8 4.5H14v11h-2.2z'],
  chat: ['M5 4.5h10A1.5 1.5 0 0 1 16.5 6v6a1.5 1.5 0 0 1-1.5 1.5h-4L7.5 16.5v-3H5A1.5 1.5 0 0 1 3.5 12V6A1.5 1.5 0 0 1 5 4.5z'],
  mail: ['M4.5 5h11A1.5 1.5 0 0 1 17 6.5v7a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 13.5v-7A1.5 1.5 0 0 1 4.5 5zM3.5 6.5 10 11l6.5-4.5'],
  clip: ['m14.5 9.5-4.8 4.8a3 3 0 0 1-4.2-4.2L11 4.6a2 2 0 0 1 2.8 2.8l-5.4 5.4a1 1 0 0 1-1.4-1.4l4.6-4.6'],
  picture: ['M4.5 4.5h11A1.5 1.5 0 0 1 17 6v8a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14V6a1.5 1.5 0 0 1 1.5-1.5zM3.5 13.5l3.5-4 3.5 3.5 2.5-2.5 3.5 3.5', '=M12 6.5a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6z'],
  video: ['M4 5.5h7.5A1.5 1.5 0 0 1 13 7v6a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 13V7A1.5 1.5 0 0 1 4 5.5zM13 9l4.5-2.5v7L13 11'],
  audio: ['M8 14.5V5l8-1.5v9.5M8 14.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM16 13a2 2 0 1 1-4 0 2 2 0 0 1 4 0z'],
  back: ['M12 4.5 6.5 10l5.5 5.5'],
  down: ['m5.5 8 4.5 4.5L14.5 8'],
  more: ['=M4.5 8.7a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6zM10 8.7a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6zM15.5 8.7a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6z'],
  close: ['m5.5 5.5 9 9m0-9-9 9'],
  check: ['m4.5 10.5 3.5 3.5 7.5-8'],
  select: ['M5.5 4h9A1.5 1.5 0 0 1 16 5.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 4 14.5v-9A1.5 1.5 0 0 1 5.5 4zM7 10.2l2.2 2.2 4-4.6'],
  warn: ['M10 3.5 17.5 16.5h-15zM10 8.5v3.5', '=M10 13.3a.9.9 0 1 1 0 1.8.9.9 0 0 1 0-1.8z'],
  find: ['M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l3.5 3.5'],
  filter: ['M3.5 5.5h13M6 10h8M8.5 14.5h3'],
  sort: ['M6.5 4v12m0 0L4 13.5M6.5 16 9 13.5M13.5 16V4m0 0L11 6.5M13.5 4 16 6.5'],
  pin: ['M12.5 3.5 16.5 7.5l-2.5 1-2.5 2.5-.5 3.5-5.5-5.5 3.5-.5 2.5-2.5zM7.5 12.5l-4 4'],
  pen: ['M13.5 3.5l3 3-9.5 9.5-3.8.8.8-3.8zM11.3 5.7l3 3'],
  undo: ['M7.5 5 4 8.5 7.5 12M4.5 8.5h7a4 4 0 0 1 0 8H9'],
  again: ['M15.5 6.5A6.5 6.5 0 1 0 16.5 10M16 3.5v3.5h-3.5'],
  key: ['M7 9a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM9.5 10 16 3.5M13.5 6l2.5 2.5'],
  hook: ['M3.5 10h8M8.5 6.5 12 10l-3.5 3.5M12.5 4h3a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-3'],
  clock: ['M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM10 6.5V10l2.5 2'],
  device: ['M4 4.5h12A1.5 1.5 0 0 1 17.5 6v6.5A1.5 1.5 0 0 1 16 14H4a1.5 1.5 0 0 1-1.5-1.5V6A1.5 1.5 0 0 1 4 4.5zM7 16.5h6'],
  phone: ['M7 3h6a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 13 17H7a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 7 3zM9 14.5h2'],
  never: ['M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM5.4 5.4l9.2 9.2'],
  people: ['M7.5 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM3 15.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M13 5a2.3 2.3 0 0 1 0 4.5M14.5 11.7c1.6.5 2.5 1.9 2.5 3.8'],
  person: ['M10 3.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM4.5 16.5c0-3 2.5-4.5 5.5-4.5s5.5 1.5 5.5 4.5'],
  activity: ['M3 10.5h3l2-5.5 3.5 10 2-4.5H17'],
  events: ['M3.5 6h9M7.5 10h9M3.5 14h9'],
  history: ['M10 4a6 6 0 1 1-5.6 3.8M4 4.5v3.6h3.6M10 7v3.2l2.2 1.5'],
  chart: ['M3.5 16.5h13M6 13.5v-4M10 13.5v-9M14 13.5v-6'],
  record: ['M5.5 3.5h9v13h-9zM8 7h4M8 10h4M8 13h2'],
  keyboard: ['M3.5 5.5h13A1 1 0 0 1 17.5 6.5v7a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1zM5.5 8.5h0M8.5 8.5h0M11.5 8.5h0M14.5 8.5h0M7 11.5h6'],
  theme: ['M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z', '=M10 3.5a6.5 6.5 0 0 1 0 13z'],
  light: ['M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M15.3 4.7l-1 1M5.7 14.3l-1 1'],
  dark: ['M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5z'],
  bell: ['M5.5 13.5V9a4.5 4.5 0 0 1 9 0v4.5l1.5 1.5H4zM8.5 17h3'],
  sound: ['M3.5 8v4h2.5l4 3.5v-11L6 8zM13 7.5a3.5 3.5 0 0 1 0 5M15 5a7 7 0 0 1 0 10'],
  number: ['M7.5 4 6 16M14 4l-1.5 12M4 8h12.5M3.5 12.5H16'],
  out: ['M8 4H5.5A1.5 1.5 0 0 0 4 5.5v9A1.5 1.5 0 0 0 5.5 16H8M9 10h7.5m-3-3 3 3-3 3'],
};

function drawn(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Put all drawings into the page. */
export function addDrawings() {
  const sprite = drawn('svg', { class: 'sprite', 'aria-hidden': 'true', focusable: 'false' });
  for (const [name, paths] of Object.entries(DRAWINGS)) {
    const symbol = drawn('symbol', { id: `i-${name}`, viewBox: '0 0 20 20' });
    for (const path of paths) {
      const filled = path.startsWith('=');
      symbol.append(drawn('path', filled ? { d: path.slice(1) } : { d: path, class: 'line' }));
    }
    sprite.append(symbol);
  }
  document.body.prepend(sprite);
}

/** A new element that shows a drawing; it says nothing to who listens. */
export function icon(name) {
  const node = drawn('svg', { class: 'icon', 'aria-hidden': 'true' });
  node.append(drawn('use', { href: `#i-${name}` }));
  return node;
}
