// Classic and blocking on purpose: the chosen theme is there before the first paint.
document.documentElement.dataset.theme = localStorage.getItem('alphasync.theme') ?? 'auto';
