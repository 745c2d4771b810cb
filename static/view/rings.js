// Two rings round a picture: chat outside, mail inside. They say nothing that the sentence beside them does not say, too.

import { setAttr } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const RADIUS = Object.freeze({ chat: 18.75, mail: 15.75 }); // on a square of 40

function draw(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Made only where there is a run: of hundreds of pictures few have rings. */
function addTo(frame) {
  const drawing = draw('svg', { class: 'rings', viewBox: '0 0 40 40', 'aria-hidden': 'true', focusable: 'false' });
  for (const [type, r] of Object.entries(RADIUS)) {
    drawing.append(draw('circle', { class: `ring ${type}`, cx: 20, cy: 20, r, pathLength: 100, transform: 'rotate(-90 20 20)' }));
  }
  frame.append(drawing);
  return drawing;
}

/** Show rings in a frame with the class `ringed`; each is of rings.js' `ringOf`, or null. */
export function setRings(frame, rings) {
  let drawing = frame.querySelector('.rings');
  if (rings.chat === null && rings.mail === null) {
    drawing?.remove();
    return;
  }
  drawing ??= addTo(frame);
  for (const type of Object.keys(RADIUS)) {
    const node = drawing.querySelector(`.${type}`);
    const ring = rings[type];
    setAttr(node, 'data-tone', ring?.tone ?? null);
    setAttr(node, 'stroke-dasharray', ring ? `${ring.share} 100` : null);
  }
}
