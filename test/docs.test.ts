// What the README says runs: every TypeScript snippet, the derivation file, and the scripts it names.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDerivation } from '../src/check/derivation.ts';
import { parseDerivation } from '../src/formula/index.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The fenced blocks of a language. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]!);
}

describe('README', () => {
  it('has TypeScript snippets that run and give what their comments say', () => {
    const snippets = blocks(readme, 'ts');
    expect(snippets.length).toBeGreaterThan(0);
    const folder = mkdtempSync(join(root, 'examples', '.readme-'));
    try {
      for (const snippet of snippets) {
        // `expression; // value` becomes an assertion.
        const checked = snippet.replace(/^(.+); \/\/ (.+)$/gm, 'assert.deepStrictEqual($1, $2);');
        expect(checked).toMatch(/assert/);
        const file = join(folder, 'snippet.ts');
        writeFileSync(file, `import assert from 'node:assert';\n${checked}`);
        const { status, stderr } = spawnSync('npx', ['tsx', file], { cwd: root, encoding: 'utf8' });
        expect(status, stderr).toBe(0);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('shows a derivation whose last line is found wrong, with one sample and two classes', () => {
    const [text] = blocks(readme, 'derivation');
    const ledger = checkDerivation(parseDerivation(text!));
    expect(ledger.rows.map((row) => row.verdict)).toEqual(['holds', 'holds', 'holds', 'fails']);
    const { values } = ledger.rows.at(-1)!.counterexample!;
    expect([values['y'], values['w']].map((list) => (list as unknown[]).length)).toEqual([1, 2]);
  });

  it('names scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?(start|test|build|check|mutate|bench|example)\b/g)].map((match) => match[1]!);
    expect(named).toContain('start');
    for (const name of named) expect(scripts).toHaveProperty(name);
  });
});
