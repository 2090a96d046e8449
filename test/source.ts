// The project's own reader of its sources, for the architecture test and the report: which files there are, their code
// without comments and with the contents of literals blanked, what they import, how long they are. It knows only as
// much TypeScript as that needs.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Source {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The lines without comments; literals keep their quotes and lose their contents. */
  readonly code: readonly string[];
  /** What it imports: package names, or paths relative to the root. */
  readonly imports: readonly string[];
}

/** All files below a folder of the project, as paths relative to the root; packages installed there are not the project's. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.includes('/node_modules/'))
    .sort();
}

export function readSources(folder: string): Source[] {
  return filesBelow(folder).filter((path) => path.endsWith('.ts')).map((path) => readSource(path));
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const { code, literals } = scan(text);
  const imports = literals.flatMap(({ before, content }) => {
    // A relative path to a module counts wherever it stands: a worker and a child process are named by theirs.
    if (/^\.\.?\/.*\.[tj]s$/.test(content)) return [relative(root, resolve(root, dirname(path), content)).split(sep).join('/')];
    return /(\bfrom|\bimport|\bimport\()$/.test(before.trimEnd()) ? [content] : [];
  });
  return { path, text, code: code.split('\n'), imports };
}

interface Literal {
  /** The code of the same statement in front of it. */
  readonly before: string;
  readonly content: string;
}

/** Separates code from comments and from the contents of strings, templates and regular expressions. */
export function scan(text: string): { code: string; literals: Literal[] } {
  const literals: Literal[] = [];
  let code = '';
  let at = 0;
  const skipTo = (end: number): void => {
    code += text.slice(at, end).replace(/[^\n]/g, '');
    at = end;
  };
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const char = text[at]!;
    if (rest === '//') skipTo(endOf(text, at, '\n'));
    else if (rest === '/*') skipTo(endOf(text, at + 2, '*/') + 2);
    else if (char === "'" || char === '"' || char === '`' || (char === '/' && /(^|[(,=:[!&|?{};+>\n]|return)\s*$/.test(code.slice(-40)))) {
      const end = closing(text, at);
      literals.push({ before: code.slice(-40), content: text.slice(at + 1, end) });
      code += char;
      at += 1;
      skipTo(end);
      code += char;
      at = end + 1;
    } else {
      code += char;
      at += 1;
    }
  }
  return { code, literals };
}

function endOf(text: string, from: number, mark: string): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}

/** Where the literal that opens here closes; what `${}` of a template holds belongs to the literal. */
function closing(text: string, open: number): number {
  const quote = text[open]!;
  let depth = 0;
  let inClass = false;
  for (let at = open + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\') at += 1;
    else if (quote === '`' && text.startsWith('${', at)) depth += 1;
    else if (depth > 0 && char === '}') depth -= 1;
    else if (depth > 0 && (char === '`' || char === "'")) at = closing(text, at);
    else if (quote === '/' && (char === '[' || char === ']')) inClass = char === '[';
    else if (char === quote && depth === 0 && !inClass) return at;
  }
  return text.length;
}

/** Lines that hold code: neither blank nor comment. */
export function codeLines({ code }: Source): number {
  return code.filter((line) => line.trim() !== '').length;
}

/** The names a module exports for use at run time. */
export function exportedNames({ code }: Source): string[] {
  return [...code.join('\n').matchAll(/^export (?:async )?(?:function\*?|const|let|class) (\w+)/gm)].map((found) => found[1]!);
}

/** The folder of src a file belongs to; '' for src itself. */
export function folderOf(path: string): string {
  const [, folder, ...rest] = path.split('/');
  return rest.length === 0 ? '' : folder!;
}

/** The floors of the house: a folder imports from lower floors only, never sideways. */
export const floors: Readonly<Record<string, number>> = {
  base: 0, graph: 1, primitives: 2, autodiff: 3, ops: 3, formula: 4, explain: 5, compile: 5, export: 5,
  check: 6, losses: 6, nn: 6, optim: 6, papers: 7, train: 7, cli: 8,
  metrics: 1, data: 1, plot: 1,
};
/** These only read plain arrays, whatever their floor would allow. */
export const leaves: ReadonlySet<string> = new Set(['metrics', 'data', 'plot']);

/** Imports that break the order of the floors, as sentences. */
export function brokenFloors(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    const from = folderOf(path);
    if (from === '') return [];
    return imports.filter((target) => target.startsWith('src/')).flatMap((target) => {
      const to = folderOf(target);
      const allowed = to === from || (to !== '' && floors[to]! < floors[from]! && (!leaves.has(from) || to === 'base'));
      return allowed ? [] : [`${path} imports ${target}`];
    });
  });
}

export interface Repeat {
  readonly lines: number;
  readonly places: readonly string[];
}

/** Runs of at least `least` identical lines of code (whitespace aside) that stand in several places. */
export function repeats(sources: readonly Source[], least = 6): Repeat[] {
  const telling = sources.flatMap(({ path, text, code }) => {
    const raw = text.split('\n');
    return code.flatMap((line, i) => (/\w/.test(line) && !/^\s*(import|export) .*from/.test(line)
      ? [{ path, number: i + 1, text: raw[i]!.trim().replace(/\s+/g, ' ') }] : []));
  });
  const starts = new Map<string, number[]>();
  for (let i = 0; i + least <= telling.length; i++) {
    if (telling[i]!.path !== telling[i + least - 1]!.path) continue;
    const key = telling.slice(i, i + least).map((line) => line.text).join('\n');
    starts.set(key, [...(starts.get(key) ?? []), i]);
  }
  const found: Repeat[] = [];
  const covered = new Set<number>();
  for (const [first, ...others] of starts.values()) {
    const fresh = others.filter((start) => !covered.has(start));
    if (first === undefined || fresh.length === 0) continue;
    const lengths = fresh.map((start) => {
      let length = least;
      const same = (n: number): boolean => telling[start + n]?.text === telling[first + n]?.text
        && telling[start + n]?.path === telling[start]!.path && telling[first + n]?.path === telling[first]!.path;
      while (same(length)) length++;
      for (let i = 0; i < length; i++) covered.add(start + i);
      return length;
    });
    const place = (start: number): string => `${telling[start]!.path}:${telling[start]!.number}`;
    found.push({ lines: Math.max(...lengths), places: [place(first), ...fresh.map(place)] });
  }
  return found.sort((a, b) => b.lines - a.lines);
}
