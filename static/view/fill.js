// Puts the words of words.js where index.html names them, in templates, too:
//   data-words="signIn.email"       the text of the element
//   data-words-title, -label, -placeholder   an attribute of it (label: aria-label)

import { words } from '../words.js';

const ATTRIBUTES = { wordsTitle: 'title', wordsLabel: 'aria-label', wordsPlaceholder: 'placeholder' };
const NAMED = '[data-words], [data-words-title], [data-words-label], [data-words-placeholder]';

const wordsAt = (path) => path.split('.').reduce((group, name) => group[name], words);

/** Fill `root` and the templates in it. */
export function fill(root = document) {
  for (const node of root.querySelectorAll(NAMED)) {
    const { dataset } = node;
    if (dataset.words) node.textContent = wordsAt(dataset.words);
    for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
      if (dataset[name]) node.setAttribute(attribute, wordsAt(dataset[name]));
    }
  }
  for (const template of root.querySelectorAll('template')) fill(template.content);
}
