// The last step of the build, on a small package in a folder of its own, and what it is for: the package as it was built.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { filesBelow, root } from './source.ts';
import { tabbed, trim } from './trim.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What is left of the files in `dist` of a package with two entries. */
function trimmed(files: Record<string, string>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'trim-'));
  folders.push(folder);
  const exports = Object.fromEntries([['.', 'index'], ['./more', 'more/index']].map(([name, file]) => [name, { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` }]));
  const code = Object.fromEntries(['index.js', 'more/index.js', 'compile/worker.js'].map((name) => [name, '']));
  for (const [name, text] of Object.entries({ 'package.json': JSON.stringify({ exports }), ...code, ...files })) {
    const path = join(folder, name === 'package.json' ? '' : 'dist', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  trim(folder);
  const dist = join(folder, 'dist');
  return Object.fromEntries(Object.keys(files).filter((name) => existsSync(join(dist, name))).map((name) => [name, readFileSync(join(dist, name), 'utf8')]));
}

describe('trimmed', () => {
  it('code is indented by tabs, and what stands in a literal keeps its spaces', () => {
    expect(tabbed('if (a)\n    b(`p\n    q ${c\n        }`\n        .d);\n      e;')).toBe('if(a) b(`p\n    q ${c\n        }`\n\t\t.d);\n\t  e;');
  });

  it('a statement stands beside the one that governs it', () => {
    const written = 'if (a)\n    for (const b of c)\n        d(`if (a)\n    e`);\nelse if (f) {\n    g = `if (h)`\n        + i;\n}\nelse\n    j(1,\n        2);\n';
    expect(tabbed(written)).toBe('if(a) for(const b of c) d(`if (a)\n    e`);\nelse if(f){\n\tg = `if (h)`\n\t\t+ i;\n}\nelse j(1,\n\t\t2);\n');
  });

  it('lists lose their spaces and a lone parameter its brackets, unless a literal on that line looks the same', () => {
    expect(tabbed("import { a, b as c } from './d.js';\nconst e = a.map((f) => ({ f }));\nexport { e };\n"))
      .toBe("import{a,b as c}from './d.js';\nconst e = a.map(f=>({f}));\nexport{e};\n");
    expect(tabbed("g((f) => '(f) => { f }');\nconst { a, b } = c;\n")).toBe("g((f) => '(f) => { f }');\nconst {a,b} = c;\n");
    expect(tabbed("i(j, ', ');\nk(l, m);\n")).toBe("i(j, ', ');\nk(l,m);\n");
    expect(tabbed('h(async (f) => f, (i, j) => i, function (k) {});\n')).toBe('h(async f=>f,(i,j)=>i,function (k){});\n');
  });

  it('a package keeps the declarations that its entries reach, however deep', () => {
    const left = trimmed({
      'index.d.ts': "import type { T } from './base/t.ts';\nexport { a as A } from './base/a.ts';\n/** b. */\nexport declare const b: import(\"./base/b.js\").B<T>;\n",
      'base/a.d.ts': "import type { C, D } from '../more/c.ts';\nimport { Worker } from 'node:worker_threads';\nimport { unused } from './unused.ts';\n"
        + '/** Not reached. */\nexport interface Alone {\n    d: D;\n}\n/** a. */\nexport declare function a(x: Inner): C;\nexport declare function a(x: Worker): C;\n'
        + 'interface Inner {\n    x: C;\n}\nexport {};\n',
      'base/b.d.ts': 'export type B<T> = T[];\nexport type Other = 1;\n',
      'base/t.d.ts': "export type { T, U } from './u.ts';\n",
      'base/u.d.ts': 'type T = 1;\ntype U = 2;\nexport { T, U };\n',
      'base/unused.d.ts': 'export declare const unused = 1;\n',
      'more/index.d.ts': 'export {};\n',
      'more/c.d.ts': '/** The type C, not D. */\nexport interface C {\n    c: number;\n}\nexport interface D {\n    d: C;\n}\n',
      'more/inner.d.ts': 'export {};\n',
    });
    expect(left).toEqual({
      'index.d.ts': "import type{T}from './base/t.ts';\nexport{a as A}from './base/a.ts';\n/** b. */\nexport const b: import(\"./base/b.js\").B<T>;\n",
      'base/a.d.ts': "import type{C}from '../more/c.ts';\nimport{Worker}from 'node:worker_threads';\n"
        + '/** a. */\nexport function a(x: Inner): C;\nexport function a(x: Worker): C;\ninterface Inner {\n\tx: C;\n}\nexport{};\n',
      'base/b.d.ts': 'export type B<T> = T[];\n',
      'base/t.d.ts': "export type{T}from './u.ts';\n",
      'base/u.d.ts': 'type T = 1;\nexport{T};\n',
      'more/index.d.ts': 'export{};\n',
      'more/c.d.ts': '/** The type C, not D. */\nexport interface C {\n\tc: number;\n}\n',
    });
  });

  it('a package keeps all that is no declaration', () => {
    const left = trimmed({ 'index.d.ts': 'export {};\n', 'more/index.d.ts': 'export {};\n', 'more/index.js': 'if (1)\n    f();\n', 'b.derivation': '    x\n' });
    expect([left['more/index.js'], left['b.derivation']]).toEqual(['if(1) f();\n', '    x\n']);
  });

  it('a package keeps the modules that its entries reach, what is loaded later and the worker among them', () => {
    const left = trimmed({
      'index.d.ts': 'export {};\n', 'more/index.d.ts': 'export {};\n', 'index.js': "import './a.js';\nexport { b } from './more/b.js';\n",
      'a.js': "const later = () => import('./c.js');\n", 'more/b.js': 'export const b = 1;\n',
      'c.js': 'c();\n', 'compile/worker.js': 'w();\n', 'alone.js': "import './a.js';\n", 'playground/main.js': 'p();\n',
    });
    expect(Object.keys(left).filter((name) => name.endsWith('.js'))).toEqual(['index.js', 'a.js', 'more/b.js', 'c.js', 'compile/worker.js', 'playground/main.js']);
  });

  it('declarations are refused in another form, or where a name is missing', () => {
    const rest = { 'more/index.d.ts': 'export {};\n' };
    expect(() => trimmed({ ...rest, 'index.d.ts': "export * from './more/index.ts';\n" })).toThrow('export *');
    expect(() => trimmed({ ...rest, 'index.d.ts': '    export declare const a: 1;\n' })).toThrow('not only declarations');
    expect(() => trimmed({ ...rest, 'index.d.ts': "export { a } from './more/index.ts';\n" })).toThrow('exports no a');
  });
});

describe('the package, as `npm run build` left it,', () => {
  const { files, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as
    { files: string[]; exports: Record<string, Record<string, string>> };

  it('is at most 1.5 MiB unpacked', () => {
    const carried = [...files, 'package.json'].flatMap((name) => (statSync(join(root, name)).isFile() ? [name] : filesBelow(name)));
    expect(carried.length).toBeGreaterThan(100);
    expect(carried.reduce((bytes, path) => bytes + statSync(join(root, path)).size, 0)).toBeLessThanOrEqual(1.5 * 2 ** 20);
  });

  it('has the declarations and the code of every entry, declarations first', () => {
    const wrong = Object.entries(exports).filter(([, entry]) =>
      Object.keys(entry).join() !== 'types,default' || Object.values(entry).some((path) => !existsSync(join(root, path))));
    expect(wrong).toEqual([]);
  });
});
