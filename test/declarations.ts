// Which declarations a package's users can reach: those its entries export, and those that these mention, however deep. It
// reads what tsc writes (statements that begin in the first column, named imports and exports) and refuses everything else.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Link {
  /** The file it comes from: undefined for this one, null for another package. */
  readonly from: string | undefined | null;
  readonly name: string;
}

interface Statement {
  readonly text: string;
  /** What it declares; undefined for a list of imports or exports. */
  readonly name: string | undefined;
  /** What is in such a list: the name outside, and the entry as it was written. */
  readonly list: ReadonlyMap<string, string>;
}

interface File {
  readonly statements: readonly Statement[];
  readonly imports: ReadonlyMap<string, Link>;
  readonly exports: ReadonlyMap<string, Link>;
}

const declaring = /^(?:export )?(?:declare )?(?:abstract )?(?:class|const|function|interface|type) ([\w$]+)/m;
const listing = /^(import|export)(?: type)? \{([^}]*)\}(?: from '([^']+)')?;$/;

const fileOf = (path: string, target: string): string | null =>
  (target.startsWith('.') ? join(path, '..', target.replace(/\.[tj]s$/, '.d.ts')) : null);

/** A statement with the comment before it, from its first line to the line before the next. */
const split = (text: string): string[] => text.match(/^(?:\/\*\*(?:[^*]|\*(?!\/))*\*\/\n)?[a-z][^\n]*\n(?:[^a-z/\n][^\n]*\n|\n)*/gm) ?? [];

function read(path: string): File {
  const text = readFileSync(path, 'utf8');
  const parts = split(text);
  if (parts.join('') !== text) throw new Error(`${path}: not only declarations`);
  const [imports, exports] = [new Map<string, Link>(), new Map<string, Link>()];
  const statements = parts.map((part): Statement => {
    const found = listing.exec(part.trimEnd());
    const list = new Map<string, string>();
    if (found === null) {
      const name = declaring.exec(part)?.[1];
      if (name === undefined) throw new Error(`${path}: ${part}`);
      if (/^export/m.test(part)) exports.set(name, { from: undefined, name });
      return { text: part, name, list };
    }
    const from = found[3] === undefined ? undefined : fileOf(path, found[3]);
    for (const entry of found[2]!.split(',').map((each) => each.trim()).filter((each) => each !== '')) {
      const [inner, outer = inner] = entry.replace(/^type /, '').split(' as ') as [string, string?];
      (found[1] === 'import' ? imports : exports).set(outer, { from, name: inner });
      list.set(outer, entry);
    }
    return { text: part, name: undefined, list };
  });
  return { statements, imports, exports };
}

/** The declaration files that the entries need, each with what is needed of it. */
export function reachedDeclarations(entries: readonly string[]): Map<string, string> {
  const files = new Map<string, File>();
  const needed = new Map<string, Set<string>>();
  const open = (path: string): File => {
    const file = files.get(path) ?? read(path);
    files.set(path, file);
    return file;
  };
  const isNew = (path: string, what: string): boolean => {
    const known = needed.get(path) ?? new Set();
    needed.set(path, known);
    return !known.has(what) && known.add(what) !== undefined;
  };
  const follow = (path: string, { from, name }: Link): void => (from === undefined ? needInside(path, name) : needOutside(from, name));
  const needOutside = (path: string | null, name: string): void => {
    if (path === null) return;
    const link = open(path).exports.get(name);
    if (link === undefined) throw new Error(`${path} exports no ${name}`);
    if (isNew(path, `export ${name}`)) follow(path, link);
  };
  const needInside = (path: string, name: string): void => {
    const { statements, imports } = open(path);
    const link = imports.get(name);
    if (link !== undefined && isNew(path, `import ${name}`)) follow(path, link);
    const own = statements.filter((statement) => statement.name === name);
    if (own.length === 0 || !isNew(path, name)) return;
    for (const { text } of own) {
      const code = text.replace(/\/\*\*(?:[^*]|\*(?!\/))*\*\//g, '');
      for (const [, target, inner] of code.matchAll(/\bimport\("([^"]+)"\)\.([\w$]+)/g)) needOutside(fileOf(path, target!), inner!);
      for (const [word] of code.matchAll(/[A-Za-z_$][\w$]*/g)) needInside(path, word);
    }
  };
  for (const entry of entries) {
    if (!needed.has(entry)) needed.set(entry, new Set());
    for (const name of open(entry).exports.keys()) needOutside(entry, name);
  }
  return new Map([...needed].map(([path, names]) => [path, shortened(open(path), names)]));
}

/** A file without the statements and the entries of lists that nobody needs. */
function shortened({ statements }: File, names: ReadonlySet<string>): string {
  return statements.map(({ text, name, list }) => {
    if (name !== undefined) return names.has(name) ? text : '';
    const kind = text.startsWith('import') ? 'import' : 'export';
    const left = [...list].filter(([outer]) => names.has(`${kind} ${outer}`)).map(([, entry]) => entry);
    return left.length === 0 && list.size > 0 ? '' : text.replace(/\{[^}]*\}/, left.length === 0 ? '{}' : `{ ${left.join(', ')} }`);
  }).join('');
}
