// Part of `npm run build`, its last step: what the package carries is what its users can read. Declarations and modules that
// no entry of package.json reaches are taken out (nobody can import them), every level of indentation, four spaces as tsc
// writes it, becomes one tab, which saves a tenth of the code, an `if` has its one statement beside it again, as src has it, lists
// and brackets lose their spaces, a lone parameter its brackets, comments the stars down their side, and an exported declaration goes
// without `declare`. Names and statements stay as they were written. `tsx test/trim.ts`

import { readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reachedDeclarations } from './declarations.ts';
import { root, scan } from './source.ts';

const tabs = (indent: string): string => '\t'.repeat(indent.length / 4);

/** A line that is all of a statement but the one statement it governs, which tsc writes under it. */
const head = /^( *)(?:(?:else )?(?:if|for|while) \(.*\)|else)$/;

/** A line of names from another module, or for others. */
const names = /^(?:import|export|(?:export )?const|return) (?:type )?\{.*\}(?: from '[^']*'| = \$\d+)?;$/;
/** Brackets of a parameter that stands alone, and spaces at brackets, braces, arrows and commas, with what is left of each. */
const spare: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w$)])\((\w+)\) =>/g, '$1 =>'], [/ => /g, '=>'], [/\b(if|for|while) \(/g, '$1('], [/\) \{/g, '){'],
  [/\{ (?=\S)/g, '{'], [/(?<=\S) \}/g, '}'], [/, (?=\S)/g, ','],
];

/** Without the spaces of lists of names, and without what is spare. */
function bare(line: string, code: string): string {
  if (names.test(line)) return line.replace(/ ?([{},=]) ?/g, '$1').replace(/^const\{/, 'const {');
  // A literal may hold what looks like code: then the line stays.
  return spare.reduce((text, [what, left]) => (line.match(what)?.length === code.match(what)?.length ? text.replace(what, left) : text), line);
}

/** One tab for every four spaces a line of code begins with; what stands inside a literal keeps its spaces and lines. */
export function tabbed(text: string): string {
  const [code, lines] = [scan(text).code.split('\n'), text.split('\n')];
  const isUnder = (i: number): boolean => {
    const indent = head.exec(code[i - 1] ?? '')?.[1];
    return indent !== undefined && code[i]!.startsWith(`${indent}    `) && /^ *[^ {]/.test(code[i]!);
  };
  // The scanner empties literals: a line that begins inside one has lost its spaces there.
  return lines.map((line, i) => {
    const text = bare(line, code[i]!);
    if (i > 0 && isUnder(i)) return ` ${text.trimStart()}`;
    return `${i === 0 ? '' : '\n'}${code[i]!.startsWith(' ') ? text.replace(/^(?: {4})+/, tabs) : text}`;
  }).join('');
}

/** The modules that some reach, themselves and what is loaded later among them. */
function reachedModules(entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set(entries);
  // A set is walked on into what is added on the way.
  for (const path of reached) {
    for (const [, target] of readFileSync(path, 'utf8').matchAll(/(?:from |import |import\()'(\.[^']+\.js)'/g)) reached.add(join(path, '..', target!));
  }
  return reached;
}

interface Package {
  readonly exports: Record<string, { readonly types: string; readonly default: string }>;
  readonly bin?: Record<string, string>;
}

/** Trims `dist` of a package. */
export function trim(folder: string): void {
  const { exports, bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;
  // Threads begin in a file that nothing imports.
  const worker = 'dist/compile/worker.js';
  const entries = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin), worker];
  const modules = reachedModules(entries.map((path) => join(folder, path)));
  const wanted = reachedDeclarations(Object.values(exports).map(({ types }) => join(folder, types)));
  for (const entry of readdirSync(join(folder, 'dist'), { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.endsWith('.js')) {
      // The playground's page names its own.
      if (modules.has(path) || path.includes('playground')) writeFileSync(path, tabbed(readFileSync(path, 'utf8')));
      else rmSync(path);
    }
    if (!path.endsWith('.d.ts')) continue;
    const text = wanted.get(path);
    if (text === undefined) rmSync(path);
    else writeFileSync(path, text.replace(/^(?: {4})+/gm, tabs).replace(/^export declare /gm, 'export ')
      // Words in columns and stars down the side: no editor shows them.
      .replace(/^(\s*\*(?: \w+)?) {2,}/gm, '$1 ').replace(/\s*\n\s*\*\/$/gm, ' */').replace(/^\t* \*(?!\/) ?/gm, '')
      .replace(/^(?:import|export) (?:type )?\{.*;$/gm, (line) => bare(line, line)));
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) trim(root);
