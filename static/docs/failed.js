// Says that a part of the page could not be loaded.

export function failed(part) {
  const note = document.createElement('p');
  note.setAttribute('role', 'alert');
  note.textContent = 'This could not be loaded. Try again in a moment.';
  part.prepend(note);
}
