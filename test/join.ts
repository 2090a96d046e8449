// Part of `npm run build`: all modules that `index.js` needs become two files, the core and the compiler, because a process
// pays more for opening a hundred small modules than for everything in them. Every module stays where it is and hands on
// what the joined file holds of it, so that each exists once whoever imports it. `tsx test/join.ts dist`
// It reads what tsc writes from this project (named imports, named exports, no cycles) and refuses everything else.

import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The joined files, each of which may import those before it, and what they hold. */
const files = ['core.js', 'compiler.js', 'index.js'] as const;
type File = (typeof files)[number];

/** Losses and layers open the core alone: importing them must not drag the compiler in, nor register it. */
const fileOf = (path: string): File => (path === 'index.js' ? 'index.js' : path.startsWith('compile/') ? 'compiler.js' : 'core.js');

interface Module {
  /** Of the object with its exports in the joined file. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** What is exported, and the expression for it. */
  readonly exports: ReadonlyMap<string, string>;
}

/** The two names of every entry of `{ a, b as c }`. */
const entries = (list: string): (readonly [string, string])[] => list.split(',').flatMap((entry) => {
  const [inner, outer = inner] = entry.trim().split(' as ');
  return inner === undefined || outer === undefined || inner === '' ? [] : [[inner, outer] as const];
});

/** `{ a, c: b }`: a pattern or an object. */
const braces = (pairs: Iterable<readonly [string, string]>): string =>
  `{ ${[...pairs].map(([key, value]) => (key === value ? key : `${key}: ${value}`)).join(', ')} }`;

/**
 * What a module gives. What it hands on of others is written as the whole of them, so that an index is a line and not a list
 * of lists: of those of which nothing else has a name that is given here, and before them of one of which it has.
 */
function givenBy({ exports }: Module, modules: readonly Module[]): string {
  const parts: string[] = [];
  const [clear, others] = [new Set<string>(), new Set<string>()];
  for (const [outer, inner] of exports) {
    const other = modules.find(({ name }) => inner.startsWith(`${name}.`));
    const isOwn = (name: string): boolean => other !== undefined && exports.get(name) === `${other.name}.${name}`;
    const isClear = other !== undefined && [...other.exports.keys()].every((name) => isOwn(name) || !exports.has(name));
    if (isOwn(outer) && (isClear || others.size === 0 || others.has(other!.name))) (isClear ? clear : others).add(other!.name);
    else parts.push(outer === inner ? outer : `${outer}: ${inner}`);
  }
  return `{ ${[...[...others, ...clear].map((name) => `...${name}`), ...parts].join(', ')} }`;
}

const importLine = (modules: readonly Module[], path: string): string =>
  (modules.length === 0 ? '' : `import { ${modules.map(({ name }) => name).join(', ')} } from '${path}';\n`);

/** Reads what `index.js` in a folder needs, every module after those it imports. */
function readModules(folder: string): Module[] {
  const modules = new Map<string, Module>();
  const open = new Set<string>();
  const visit = (path: string): Module => {
    const known = modules.get(path);
    if (known !== undefined) return known;
    if (open.has(path)) throw new Error(`${path} imports itself in a circle`);
    open.add(path);
    const from = (target: string): string => {
      if (!target.startsWith('.')) throw new Error(`${path} imports ${target}, which is no module of the package`);
      return visit(join(dirname(path), target)).name;
    };
    const exports = new Map<string, string>();
    const text = readFileSync(join(folder, path), 'utf8')
      .replace(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, list: string, target: string) => `const ${braces(entries(list))} = ${from(target)};`)
      .replace(/^export \{([^}]*)\} from '([^']+)';$/gm, (_, list: string, target: string) => {
        const module = from(target);
        for (const [inner, outer] of entries(list)) exports.set(outer, `${module}.${inner}`);
        return '';
      })
      .replace(/^export \{([^}]*)\};$/gm, (_, list: string) => {
        for (const [inner, outer] of entries(list)) exports.set(outer, inner);
        return '';
      })
      .replace(/^export ((?:const|class|function) )([\w$]+)/gm, (_, what: string, name: string) => {
        exports.set(name, name);
        return what + name;
      })
      .replaceAll('import.meta.url', `new URL('./${path}', import.meta.url).href`);
    const strange = /^(?:import|export)\b.*/m.exec(text);
    if (strange !== null) throw new Error(`${path}: ${strange[0]}`);
    // Short: these names stand a thousand times in what everybody downloads.
    const module = { name: `$${modules.size}`, path, text, exports };
    modules.set(path, module);
    return module;
  };
  visit('index.js');
  return [...modules.values()];
}

/** Joins what `index.js` in a folder needs. */
export function joinModules(folder: string): void {
  const modules = readModules(folder);
  files.forEach((file, at) => {
    const own = modules.filter(({ path }) => fileOf(path) === file);
    const needed = files.slice(0, at).map((before) => {
      const used = modules.filter(({ name, path }) => fileOf(path) === before && own.some(({ text, exports }) =>
        text.includes(`= ${name};`) || [...exports.values()].some((value) => value.startsWith(`${name}.`))));
      return importLine(used, `./${before}`);
    });
    const parts = own.map((module) =>
      `// ${module.path}\nconst ${module.name} = (() => {\n${module.text.trim()}\nreturn ${givenBy(module, modules)};\n})();\n`);
    const entry = own.filter(({ path }) => path === file)
      .map(({ name, exports }) => `export const { ${[...exports.keys()].join(', ')} } = ${name};\n`);
    const rest = own.filter(({ path }) => path !== file).map(({ name }) => name);
    const given = rest.length > 0 ? [`export { ${rest.join(', ')} };\n`] : [];
    writeFileSync(join(folder, file), [...needed, ...parts, ...entry, ...given].join(''));
  });
  for (const module of modules) {
    const { path, name, exports } = module;
    const back = relative(dirname(path), fileOf(path));
    if (path === fileOf(path)) continue;
    const line = importLine([module], back.startsWith('.') ? back : `./${back}`);
    writeFileSync(join(folder, path), `${line}export const { ${[...exports.keys()].join(', ')} } = ${name};\n`);
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  joinModules(resolve(process.argv[2] ?? 'dist'));
}
