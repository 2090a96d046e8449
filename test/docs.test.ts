// What the documentation says holds: every TypeScript snippet runs and gives what its comments say, derivations have the
// verdicts they are shown for, links lead somewhere, scripts exist, and the generated pages are current.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDerivation } from '../src/check/derivation.ts';
import { summaryText } from '../src/check/ledger-text.ts';
import { parseDerivation } from '../src/formula/index.ts';
import { catalogue } from '../src/losses/index.ts';
import { generatedPages, scoreClaims, vectorClaims } from './docs/pages.ts';
import { blocks, programOf, runProgram } from './docs/snippets.ts';
import { root } from './source.ts';
import './values.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const pages = ['README.md', ...readdirSync(join(root, 'docs'), { recursive: true }).map((path) => `docs/${String(path)}`).filter((path) => path.endsWith('.md'))];

describe('the TypeScript of', () => {
  it.each([['README.md', 1], ['docs/tutorial.md', 20], ['docs/tour.md', 8], ['docs/README.md', 2]])('%s runs and gives what its comments say', async (path, least) => {
    const { text, assertions } = programOf(blocks(read(path), 'ts'));
    expect(assertions).toBeGreaterThanOrEqual(least);
    await runProgram(text);
  });

  it('a page would fail where a comment is wrong', async () => {
    const { text, assertions } = programOf(["import { add, tensor } from 'marginalia';\nadd(tensor(1), 1).item(); // 3\n"]);
    expect(assertions).toBe(1);
    await expect(runProgram(text)).rejects.toThrow(/add\(tensor\(1\), 1\)\.item\(\)/);
  });
});

describe('the pages', () => {
  it('say of every loss over cosines how its gradient reaches the vectors, and it holds', () => {
    const head = 'title T\ndeclare x: n d\ndeclare w: k d\ndeclare y: n -> k\ndeclare s m t: scalar in [1, 2]\n';
    const { ok, rows } = checkDerivation(parseDerivation([
      head, ...catalogue['sv-am-softmax']!.equation.split('\n').map((line) => `define ${line.split(/[ [=]/)[0]!} ${line}`),
      ...vectorClaims.map((claim, i) => `claim V${i} ${claim}`),
    ].join('\n')), { cases: 24 });
    expect([ok, rows.filter(({ kind }) => kind === 'claim').length]).toEqual([true, 2]);
  });

  it.each(Object.entries(scoreClaims))('say of %s how its gradient reaches the vectors from the scores, and it holds', (id, claims) => {
    const { equation, handGradient } = catalogue[id]!;
    const defined = (line: string): string => `define ${line.split(/[ [=]/)[0]!} ${line}`;
    const { ok, rows } = checkDerivation(parseDerivation([
      'title T', 'declare x: n d', 'declare w centers: k d', 'declare b: k', 'declare y: n -> k', 'declare s: scalar in [1, 2]', 'declare lambda: scalar in [0, 1]',
      ...equation.split('\n').map(defined), defined(handGradient.split('\n')[0]!),
      ...claims.map((claim, i) => `claim V${i} ${claim}`),
    ].join('\n')), { cases: 24 });
    expect([ok, rows.filter(({ kind }) => kind === 'claim').length]).toEqual([true, claims.length]);
  });

  it('link to files and headings that exist', () => {
    const slug = (heading: string): string => heading.toLowerCase().replace(/[^\p{L}\p{N} -]/gu, '').replaceAll(' ', '-');
    const headings = (path: string): string[] => [...read(path).matchAll(/^#+ (.*)$/gm)].map((match) => slug(match[1]!));
    const broken = pages.flatMap((path) => [...read(path).replace(/^```[\s\S]*?^```$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => {
      if (/^https?:/.test(target!)) return [];
      const [file, place] = target!.split('#') as [string, string?];
      const full = file === '' ? path : join(dirname(path), file);
      const found = existsSync(join(root, full)) && (place === undefined || !full.endsWith('.md') || headings(full).includes(place));
      return found ? [] : [`${path}: ${target!}`];
    }));
    expect(broken).toEqual([]);
  });

  it('are reached from the front page', () => {
    const top = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md');
    const front = read('docs/README.md');
    expect(top.filter((name) => !front.includes(`](${name})`))).toEqual([]);
    expect(readme).toContain('](docs/README.md)');
  });

  it('that are generated are what `npm run docs` writes today, and no page is left over', () => {
    const current = generatedPages();
    const behind = [...current].filter(([path, text]) => !existsSync(join(root, 'docs', path)) || read(`docs/${path}`) !== text).map(([path]) => path);
    expect(behind).toEqual([]);
    expect(readdirSync(join(root, 'docs/derivations')).filter((name) => !current.has(`derivations/${name}`))).toEqual([]);
  });
});

describe('the tutorial', () => {
  it('ends with a derivation that holds', () => {
    const [text] = blocks(read('docs/tutorial.md'), 'derivation');
    expect(checkDerivation(parseDerivation(text!), { cases: 24 }).rows.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 9 }, () => 'holds'));
  });
});

describe('README', () => {
  it('shows a derivation whose last line is found wrong, with one sample and two classes', () => {
    const [text] = blocks(readme, 'derivation');
    const ledger = checkDerivation(parseDerivation(text!));
    expect(ledger.rows.map((row) => row.verdict)).toEqual(['holds', 'holds', 'holds', 'fails']);
    const { values } = ledger.rows.at(-1)!.counterexample!;
    const [said] = /`The first line that is wrong: .*`/.exec(readme)!;
    expect(`\`${summaryText(ledger, (_, words) => words, { file: 'mine.derivation' }).split('\n').at(-1)!}\``).toBe(said);
    expect([values['y'], values['w']].map((list) => (list as unknown[]).length)).toEqual([1, 2]);
  });

  it('names scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?(start|test|build|check|docs|mutate|bench|example)\b/g)].map((match) => match[1]!);
    expect(named).toContain('start');
    for (const name of named) expect(scripts).toHaveProperty(name);
  });
});
