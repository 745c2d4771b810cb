// What a page must hold for people who do not see it, or see it badly. Returns a list of complaints.
(() => {
  // In the middle of a change colours are of no theme, and the next change may begin as soon as the page goes on.
  for (const one of document.getAnimations()) {
    if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  }
  const complaints = [];
  const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getBoundingClientRect().width > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  // What is not rendered names nothing: innerText leaves it out.
  const name = (node) =>
    (node.getAttribute('aria-label') || node.innerText || node.title || '').trim() ||
    [...(node.labels ?? [])].map((label) => label.textContent.trim()).join(' ');
  const tell = (node, words) => complaints.push(`${words}: ${node.outerHTML.slice(0, 120)}`);

  for (const field of all('input, textarea, select')) {
    if (!field.getAttribute('aria-label') && !(field.labels?.length > 0)) tell(field, 'a field without a label');
  }
  for (const control of all('button, a[href], [role=button]')) {
    if (!name(control)) tell(control, 'a control without a name');
  }
  for (const image of all('img')) if (!image.hasAttribute('alt')) tell(image, 'a picture without alt');
  for (const bar of document.querySelectorAll('[role=progressbar]')) {
    if (!name(bar)) tell(bar, 'a progress bar without a name');
    const unknown = bar.dataset.unknown === 'true'; // until the run knows how many there are
    if (shown(bar) && !unknown && !/^\d+$/.test(bar.getAttribute('aria-valuenow') ?? '')) tell(bar, 'a progress bar without a value');
  }
  for (const node of document.querySelectorAll('[aria-labelledby], [aria-describedby], [aria-controls]')) {
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls']) {
      for (const id of (node.getAttribute(attribute) ?? '').split(/\s+/).filter(Boolean)) {
        if (!document.getElementById(id)) tell(node, `${attribute} names ${id}, which is not there`);
      }
    }
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) complaints.push(`id ${id} occurs twice`);
  if (!document.documentElement.lang) complaints.push('the page has no language');
  if (!document.title) complaints.push('the page has no title');
  if (all('main').length !== 1) complaints.push(`${all('main').length} main landmarks`);
  if (all('h1').length !== 1) complaints.push(`${all('h1').length} headings of the first level`);

  // Contrast, WCAG 2.1 AA: 4.5, or 3 for large text.
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((part, i) => (part * a + below[i] * (255 - a)) / 255);
  const ground = (node) => {
    if (!node) return [255, 255, 255];
    const colour = parse(getComputedStyle(node).backgroundColor);
    return colour[3] === 255 ? colour.slice(0, 3) : over(colour, ground(node.parentElement));
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const node of all('body *')) {
    const text = [...node.childNodes].filter(({ nodeType, data }) => nodeType === 3 && data.trim()).length > 0;
    const field = node.matches('input, textarea');
    const box = node.getBoundingClientRect();
    if ((!text && !field) || box.width <= 1 || node.closest('[aria-disabled=true], .vh, .skip, noscript, template')) continue;
    const style = getComputedStyle(node);
    const below = ground(node);
    const [a, b] = [light(over(parse(style.color), below)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) tell(node, `contrast ${ratio.toFixed(2)}`);
  }
  return complaints;
})();
