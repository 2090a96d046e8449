// Runs the TypeScript of a page: its blocks, one after the other, are one program, in which `expression; // value` is an
// assertion. The package is imported from its sources, by the table of package.json.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../source.ts';

/** The fenced blocks of a language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]!);
}

/** The program of a page; how many of its lines assert something. */
export function programOf(snippets: readonly string[]): { readonly text: string; readonly assertions: number } {
  let assertions = 0;
  const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, { default: string }> };
  const lines = snippets.join('\n').split('\n').map((line) => {
    const [, expression, value] = /^(?!const|let|import)(\S.*); \/\/ (.+)$/.exec(line) ?? [];
    if (expression === undefined) return line;
    assertions++;
    return `assert.deepStrictEqual(${expression}, ${value!}, ${JSON.stringify(expression)});`;
  });
  const text = lines.join('\n').replace(/from 'marginalia(\/[\w/]+)?'/g, (_, path: string | undefined) => {
    const built = entries[`.${path ?? ''}`]!.default;
    return `from '${pathToFileURL(join(root, built.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))).href}'`;
  });
  return { text: `import assert from 'node:assert';\n${text}`, assertions };
}

/** Runs a program in this process. */
export async function runProgram(text: string): Promise<void> {
  const folder = mkdtempSync(join(root, 'examples', '.docs-'));
  try {
    const file = join(folder, 'program.ts');
    writeFileSync(file, text);
    await import(/* @vite-ignore */ pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
