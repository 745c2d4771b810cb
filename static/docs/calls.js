// The HTTP calls, as Swagger UI shows them.

import { failed } from './failed.js';

const calls = document.getElementById('calls');
const dark = matchMedia('(prefers-color-scheme: dark)');

const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);

follow();
dark.addEventListener('change', follow);

if (globalThis.SwaggerUIBundle) {
  globalThis.SwaggerUIBundle({
    url: '/docs/openapi.json',
    domNode: calls,
    docExpansion: 'list',
    defaultModelsExpandDepth: -1,
    validatorUrl: null, // it would send the document to a stranger
  });
} else failed(calls);
