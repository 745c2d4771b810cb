// What AsyncAPI's own parser has to say of a document: node asyncapi.mjs FILE
// Prints one line of JSON, {"understood", "complaints"}.

import { readFile } from 'node:fs/promises';

import { Parser } from '@asyncapi/parser';

const { document, diagnostics } = await new Parser().parse(await readFile(process.argv[2], 'utf8'));
console.log(JSON.stringify({
  understood: document !== undefined,
  complaints: diagnostics.map(({ code, message, path }) => `${path.join('.')}: ${message} (${code})`),
}));
