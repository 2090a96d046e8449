// The step of the build that joins modules, on three small modules in a folder of their own: what they export, that each
// exists once, and that what cannot be joined is refused.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { joinModules } from './join.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function written(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'join-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

const load = (folder: string, name: string): Promise<Record<string, unknown>> =>
  import(/* @vite-ignore */ pathToFileURL(join(folder, name)).href) as Promise<Record<string, unknown>>;

describe('joined modules', () => {
  const files = {
    'index.js': "import { start } from './compile/index.js';\nexport { Box as Case, two } from './base/box.js';\nexport { start } from './compile/index.js';\nstart();\n",
    'base/box.js': 'export class Box {\n}\nconst one = 1;\nexport const two = one + one;\nexport function here() {\n    return import.meta.url;\n}\nexport {};\n',
    'compile/index.js': "import { Box, two as one } from '../base/box.js';\nlet started = 0;\nexport function start() {\n    started += one;\n    return new Box();\n}\nexport const count = () => started;\n",
  };

  it('export what they exported, from the index and from where they were', async () => {
    const folder = written(files);
    joinModules(folder);
    const [index, box, compile] = await Promise.all(['index.js', 'base/box.js', 'compile/index.js'].map((name) => load(folder, name)));
    expect(Object.keys(index!).sort()).toEqual(['Case', 'start', 'two']);
    expect(Object.keys(box!).sort()).toEqual(['Box', 'here', 'two']);
    expect(index!['two']).toBe(2);
    expect(index!['Case']).toBe(box!['Box']);
    expect((compile!['start'] as () => unknown)()).toBeInstanceOf(box!['Box']);
    expect((compile!['count'] as () => number)()).toBe(4);
    expect((box!['here'] as () => string)()).toBe(pathToFileURL(join(folder, 'base/box.js')).href);
  });

  it('of the core do not open the compiler', async () => {
    const folder = written(files);
    joinModules(folder);
    rmSync(join(folder, 'compiler.js'));
    expect((await load(folder, 'base/box.js'))['two']).toBe(2);
    expect(existsSync(join(folder, 'compiler.js'))).toBe(false);
    expect(readFileSync(join(folder, 'core.js'), 'utf8')).not.toContain('started');
  });

  it('are refused when they import in a circle, from elsewhere, or in another way', () => {
    const circle = { 'index.js': "export { a } from './a.js';\n", 'a.js': "import { b } from './b.js';\nexport const a = b;\n" };
    expect(() => joinModules(written({ ...circle, 'b.js': "import { a } from './a.js';\nexport const b = a;\n" }))).toThrow('circle');
    expect(() => joinModules(written({ 'index.js': "import { join } from 'node:path';\n" }))).toThrow('node:path');
    expect(() => joinModules(written({ 'index.js': 'export default 1;\n' }))).toThrow('export default');
  });
});
