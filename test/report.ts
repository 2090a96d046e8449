// What `npm run check` prints beside the compiler: how long each folder is, who imports whom, and what stands in the
// code twice. It judges nothing; the architecture test does.

import { brokenFloors, codeLines, floors, folderOf, leaves, readSources, repeats, type Source } from './source.ts';

const print = (line = ''): void => void process.stdout.write(`${line}\n`);
const sources = readSources('src');
const tests = readSources('test');
const total = (among: readonly Source[]): number => among.reduce((sum, source) => sum + codeLines(source), 0);
const order = Object.keys(floors).sort((a, b) => floors[a]! - floors[b]! || a.localeCompare(b));

print('lines of code, without blank lines and comments');
print(`  ${'folder'.padEnd(12)}${'floor'.padEnd(7)}${'files'.padStart(5)}${'lines'.padStart(7)}${'tests'.padStart(7)}   imports`);
for (const folder of ['', ...order]) {
  const own = sources.filter(({ path }) => folderOf(path) === folder);
  if (own.length === 0) continue;
  const tested = tests.filter(({ path }) => folderOf(path) === folder && folder !== '');
  const below = new Set(own.flatMap(({ imports }) => imports.filter((target) => target.startsWith('src/')).map(folderOf)));
  below.delete(folder);
  const floor = folder === '' ? '' : leaves.has(folder) ? 'leaf' : `F${floors[folder]}`;
  const counts = [own.length, total(own), total(tested)].map((n, i) => String(n).padStart(i === 0 ? 5 : 7)).join('');
  print(`  ${(folder === '' ? 'index.ts' : folder).padEnd(12)}${floor.padEnd(7)}${counts}   ${order.filter((name) => below.has(name)).join(' ')}`);
}
const core = total(sources.filter(({ path }) => ['base', 'graph', 'primitives', 'autodiff'].includes(folderOf(path))));
print(`  all of src ${total(sources)}, of that the core ${core} (at most 3300); all of test ${total(tests)}`);

const broken = brokenFloors(sources);
print();
print(broken.length === 0 ? 'imports: every folder imports from lower floors only' : `imports against the floors:\n  ${broken.join('\n  ')}`);

print();
const found = repeats([...sources, ...tests]);
print(found.length === 0 ? 'repeated code: none of 6 lines or more' : 'repeated code, 6 lines or more');
for (const { lines, places } of found) print(`  ${String(lines).padStart(3)} lines  ${places.join('  ')}`);
