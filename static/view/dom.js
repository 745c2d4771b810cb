// Small helpers that touch the page only where something changed, so that carets, focus and screen readers are left
// in peace. Text of others goes through `textContent` only.

import { initials } from '../names.js';
import { words } from '../words.js';

export const $ = (selector, root = document) => root.querySelector(selector);
export const byId = (id) => document.getElementById(id);

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const NUMBER = /^\(\d+\) /; // of what came while nobody looked, before the title

/** Title the page; `number` is that of what nobody has seen yet, and stays as it is where none is given. */
export function setTitle(text = document.title.replace(NUMBER, ''), number = null) {
  const before = number === null ? (NUMBER.exec(document.title)?.[0] ?? '') : number > 0 ? `(${number}) ` : '';
  if (document.title !== before + text) document.title = before + text;
}

/** Set an attribute; null takes it away. */
export function setAttr(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** Mark a button as one that does nothing now; it keeps its focus and can say why when pressed. */
export const setBlocked = (button, blocked) => setAttr(button, 'aria-disabled', blocked ? 'true' : null);

/** Block a button for a reason, which it shows, and which is said when it is pressed; '' for no reason. */
export function hold(button, why) {
  setBlocked(button, why !== '');
  setAttr(button, 'title', why || null);
}

/** A key that is held down presses a button once: what it turns into, or what is there after it, was not meant. */
export function untilReleased(button) {
  button.addEventListener('keydown', (event) => {
    if (event.repeat && event.key === 'Enter') event.preventDefault();
  });
}

/** The first element of a template, as a new copy. */
export const clone = (id) => byId(id).content.firstElementChild.cloneNode(true);

/** A new element with a class, text and attributes. */
export function element(tag, className = '', text = '', attributes = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Fill an avatar: the picture if there is one that loads, else the initials. */
export function setAvatar(node, { name, photo_link: photo, external_id: id }) {
  if (node.dataset.photo === `${id} ${photo}`) return;
  node.dataset.photo = `${id} ${photo}`;
  node.dataset.hue = String([...String(id)].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6);
  node.replaceChildren(initials(name));
  if (!photo) return;
  const image = element('img', '', '', { alt: '', loading: 'lazy', decoding: 'async' });
  image.addEventListener('error', () => image.remove());
  image.src = photo;
  node.append(image);
}

/** "34 · Ukraine", of whatever is known. */
export const about = ({ age, country_name: country }) => words.join([age, country]);

/** Close all that stand in front of the page. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
}
