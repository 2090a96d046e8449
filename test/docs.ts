// `npm run docs`: writes the generated pages of docs/, and takes away those of losses that are gone.

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkMistake, mistakes, mistakesMarkdown } from '../src/papers/index.ts';
import { generatedPages } from './docs/pages.ts';
import { root } from './source.ts';

const reports = mistakes.map(({ id }) => checkMistake(id));
const pages = new Map([...generatedPages(), ['mistakes.md', mistakesMarkdown(mistakes, reports)]]);
for (const name of readdirSync(join(root, 'docs/derivations'))) {
  if (!pages.has(`derivations/${name}`)) rmSync(join(root, 'docs/derivations', name));
}
for (const [path, text] of pages) writeFileSync(join(root, 'docs', path), text);
process.stdout.write(`${pages.size} pages written to docs/\n`);
