// The linter for what matters: the house rules that a test can hold.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenFloors, codeLines, exportedNames, filesBelow, floors, folderOf, readSources, root, scan, type Source } from './source.ts';

const sources = readSources('src');
const tests = readSources('test');
const all = [...sources, ...tests];
const json = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, Record<string, string>>;

/** The lines of code that a pattern finds, as `path:line: code`. */
function matches(among: readonly Source[], pattern: RegExp): string[] {
  return among.flatMap(({ path, code }) => code.flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])));
}

describe('the root', () => {
  it('holds only the allowed names', () => {
    const tracked = [
      'package.json', 'package-lock.json', 'tsconfig.json', 'src', 'test', 'examples', 'docs', 'README.md', 'LICENSE',
      '.gitignore', '.editorconfig', '.ci',
    ];
    const untracked = ['.git', 'node_modules', 'dist', 'marginalia-report'];
    expect(readdirSync(root).filter((name) => !tracked.includes(name) && !untracked.includes(name))).toEqual([]);
  });

  it('has no runtime dependency and exactly five for development', () => {
    const { dependencies, peerDependencies, optionalDependencies, devDependencies } = json('package.json');
    expect([dependencies, peerDependencies, optionalDependencies]).toEqual([undefined, undefined, undefined]);
    expect(Object.keys(devDependencies!)).toEqual(['@types/node', 'fast-check', 'tsx', 'typescript', 'vitest']);
  });

  it('runs no script when it is installed', () => {
    expect(Object.keys(json('package.json')['scripts']!).filter((name) => /install|prepare/.test(name))).toEqual([]);
  });
});

describe('the scanner these tests rest on', () => {
  it('sees code, and neither comments nor the contents of literals', () => {
    const text = "const a = 'x // y'; // console\n/* any\nenum */ const b = `p ${c + `'`} q`; const r = /[/'`]any/u;\nreturn a / b / c;";
    expect(scan(text).code).toBe("const a = ''; \n\n const b = ``; const r = //u;\nreturn a / b / c;");
  });

  it('finds what a file imports', () => {
    const { imports } = sources.find(({ path }) => path === 'src/graph/value.ts')!;
    expect(imports).toEqual(['src/base/dtype.ts', 'src/base/shape.ts']);
  });
});

describe('imports', () => {
  it('go to lower floors only, never sideways and never to the root entry', () => {
    expect(sources.map(({ path }) => folderOf(path)).filter((folder) => folder !== '' && !(folder in floors))).toEqual([]);
    expect(brokenFloors(sources)).toEqual([]);
  });

  it('would be reported', () => {
    const wrong = { path: 'src/graph/graph.ts', text: '', code: [], imports: ['src/ops/index.ts', 'src/graph/value.ts', 'src/base/shape.ts'] };
    expect(brokenFloors([wrong, { ...wrong, path: 'src/autodiff/gradient.ts' }])).toEqual([
      'src/graph/graph.ts imports src/ops/index.ts', 'src/autodiff/gradient.ts imports src/ops/index.ts',
    ]);
  });

  it('inside the compiler go down as well: programs, passes, kernels, WebAssembly', () => {
    const order = ['src/compile/wasm', 'src/compile/kernels', 'src/compile/passes', 'src/compile'];
    const floor = (path: string): number => order.indexOf(path.replace(/\/[^/]+$/, ''));
    const within = sources.filter(({ path }) => folderOf(path) === 'compile');
    expect(within.filter(({ path }) => floor(path) < 0)).toEqual([]);
    expect(within.flatMap(({ path, imports }) => imports.filter((name) => floor(name) > floor(path)).map((name) => `${path} imports ${name}`))).toEqual([]);
  });

  it('name files that are there, with their extension', () => {
    const paths = all.flatMap(({ path, imports }) => imports.filter((target) => target.startsWith('src/')).map((target) => ({ path, target })));
    const built = (target: string): string => target.replace(/\.js$/, '.ts');
    expect(paths.filter(({ target }) => !existsSync(join(root, target)) && !existsSync(join(root, built(target))))).toEqual([]);
  });

  it('of node stay in the command line and in the modules that say so', () => {
    const mayUseNode = (path: string): boolean => path.startsWith('src/cli/') || /\/(node|pool|worker)\.ts$/.test(path);
    expect(sources.flatMap(({ path, imports }) => (mayUseNode(path) ? [] : imports.filter((name) => !name.startsWith('src/')).map((name) => `${path}: ${name}`)))).toEqual([]);
  });

  it('of packages are node itself in src, and the five in test', () => {
    const packages = (among: readonly Source[]): string[] =>
      [...new Set(among.flatMap(({ imports }) => imports.filter((name) => /^[@\w]/.test(name) && !/^(src|test|examples|dist)\/|\.json$/.test(name))))].sort();
    expect(packages(sources).filter((name) => !name.startsWith('node:'))).toEqual([]);
    // The playground's tests hold it against the package itself, by the name the page uses.
    const others = packages(tests).filter((name) => !name.startsWith('node:') && !/^(marginalia|vitest)(\/|$)/.test(name));
    expect(others).toEqual(['fast-check']);
  });
});

describe('the language', () => {
  it.each([
    ['any', /(:|\bas|<|\||,|\bextends)\s*any\b/],
    ['an enum or a namespace', /^\s*(export )?(declare )?(const )?(enum|namespace) \w/],
    ['a default export', /\bexport default\b/],
    ['Math.random', /\bMath\.random\b/],
    ['console', /\bconsole\./],
    ['code made from text', /\beval\(|\bnew Function\b/],
    ['a compiler directive', /@ts-(ignore|expect-error|nocheck)/],
  ])('has no %s in src', (_, pattern) => {
    expect(matches(sources, pattern)).toEqual([]);
  });

  it('has no directive to the compiler in a comment', () => {
    expect(sources.filter(({ text }) => /@ts-(ignore|expect-error|nocheck)/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('leaves nothing for later', () => {
    const marks = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
    expect(all.filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('never asks a primitive for its name or identity outside primitives/', () => {
    const outside = sources.filter(({ path }) => folderOf(path) !== 'primitives');
    expect(matches(outside, /primitive(\.name)?\s*[!=]==(?!\s*undefined)/i)).toEqual([]);
    expect(matches(outside, /[!=]==\s*[\w.!]*primitive(\.name)?\s*($|[)&|;,?])/i)).toEqual([]);
    expect(matches(outside, /switch \(.*primitive\.name|(has|includes|get)\([^)]*primitive\.name/)).toEqual([]);
  });
});

describe('sizes', () => {
  it('keep a file under 300 lines of code', () => {
    expect(sources.filter((source) => codeLines(source) > 300).map((source) => `${source.path}: ${codeLines(source)}`)).toEqual([]);
  });

  it('keep nearly every line of code within 130 columns and each within 200, the sentences of messages aside', () => {
    const crowded = Object.keys(floors).filter((folder) => {
      const lines = sources.filter(({ path }) => folderOf(path) === folder).flatMap(({ code }) => code);
      return lines.filter((line) => line.length > 130).length > lines.length * 0.05;
    });
    expect(crowded).toEqual([]);
    expect(sources.flatMap(({ path, code }) => code.flatMap((line, i) => (line.length > 200 ? [`${path}:${i + 1}`] : [])))).toEqual([]);
  });

  it('keep the core readable in an evening', () => {
    const core = sources.filter(({ path }) => ['base', 'graph', 'primitives', 'autodiff'].includes(folderOf(path)));
    expect(core.reduce((sum, source) => sum + codeLines(source), 0)).toBeLessThanOrEqual(3300);
  });
});

describe('files', () => {
  it('open with a comment that says what lives there', () => {
    const opening = (text: string): string => text.replace(/^#!.*\n/, '');
    expect(sources.filter(({ text }) => !opening(text).startsWith('// ')).map(({ path }) => path)).toEqual([]);
  });

  // Tests that speak of the whole house may stand for any folder; the others for their own.
  const whole = ['', 'laws', 'golden', 'mistakes', 'bench', 'browser', 'playground'];
  const helpers = (test: Source): Source[] =>
    [test, ...tests.filter(({ path }) => test.imports.includes(path) && !path.endsWith('.test.ts'))];

  it('are tested: a test of their folder imports them, directly or through files of the folder', () => {
    const reached = new Set(tests.flatMap((test) => helpers(test).flatMap(({ imports }) => imports)
      .filter((target) => folderOf(target) === folderOf(test.path) || whole.includes(folderOf(test.path)))));
    for (const path of reached) {
      const inside = sources.find((source) => source.path === path)?.imports ?? [];
      for (const target of inside) if (folderOf(target) === folderOf(path)) reached.add(target);
    }
    expect(sources.filter((source) => exportedNames(source).length > 0 && !reached.has(source.path)).map(({ path }) => path)).toEqual([]);
  });

  it('export nothing that no other file uses', () => {
    const texts = all.map(({ path, code }) => ({ path, words: new Set(code.join('\n').match(/\w+/g)) }));
    const unused = sources.flatMap((source) => exportedNames(source)
      .filter((name) => !texts.some(({ path, words }) => path !== source.path && words.has(name)))
      .map((name) => `${source.path}: ${name}`));
    expect(unused).toEqual([]);
  });

  it('of tests belong to a folder of src and use it, or to a folder that says what it is for', () => {
    const stray = tests.filter((test) => test.path.endsWith('.test.ts') && !whole.includes(folderOf(test.path))
      && !helpers(test).some(({ imports, text }) => text.includes(`'src/${folderOf(test.path)}/`)
        || imports.some((target) => folderOf(target) === folderOf(test.path) && target.startsWith('src/'))));
    expect(stray.map(({ path }) => path)).toEqual([]);
  });

  it('of golden text and numbers are all used', () => {
    const used = tests.map(({ text }) => text).join('\n');
    const data = filesBelow('test/golden').filter((path) => !path.endsWith('.ts'));
    expect(data.filter((path) => !used.includes(path.split('/').at(-1)!.replace(/\.golden\.txt$/, '')))).toEqual([]);
  });
});
