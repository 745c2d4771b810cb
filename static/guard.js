// Classic, first and without a build in its address: if a file of this page is nowhere, as when all servers were
// replaced while it was under way, the page is loaded anew, once.
(() => {
  const KEY = 'alphasync.reloaded';
  const AGAIN = 60_000; // ms in which a second time would not help
  const WORDS = 'The console could not be loaded. Wait a moment, then reload the page.';

  /** Whether the page was not loaded anew a moment ago; where nothing can be kept, nobody can tell. */
  function first() {
    try {
      const last = Number(sessionStorage.getItem(KEY) ?? 0);
      sessionStorage.setItem(KEY, String(Date.now()));
      return Date.now() - last > AGAIN;
    } catch {
      return false;
    }
  }

  let failed = false;
  addEventListener(
    'error',
    ({ target }) => {
      if (failed || !(target instanceof HTMLScriptElement || target instanceof HTMLLinkElement)) return;
      failed = true;
      if (first()) {
        location.reload();
        return;
      }
      addEventListener('load', () => {
        const words = document.createElement('p');
        words.textContent = WORDS;
        words.setAttribute('role', 'alert');
        document.body.replaceChildren(words);
      });
    },
    true,
  );
})();
