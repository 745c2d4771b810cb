// Classic and blocking on purpose: the chosen theme is there before the first paint.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem('alphasync.theme');
  } catch {
    // blocked: as the system says
  }
  document.documentElement.dataset.theme = /^"?(light|dark)"?$/.exec(stored ?? '')?.[1] ?? 'auto';
})();
