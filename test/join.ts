// Part of `npm run build`: all modules that `index.js` needs become one file, because a process pays more for opening a
// hundred small modules than for everything in them. Every module stays where it is and hands on what the joined file
// holds of it, so that each exists once whoever imports it. `tsx test/join.ts dist`
// It reads what tsc writes from this project (named imports, named exports, no cycles) and refuses everything else.

import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const joinedName = 'joined.js';

interface Module {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** What it exports, as text: a name, or a name and where it comes from. */
  readonly exports: readonly { readonly name: string; readonly value: string }[];
}

const names = (list: string): [string, string][] => list.split(',').map((part) => part.trim()).filter((part) => part !== '')
  .map((part) => part.split(' as ') as [string, string?]).map(([inner, outer]) => [inner, outer ?? inner]);

/** Joins what `index.js` in a folder needs; gives the number of modules. */
export function joinModules(folder: string): number {
  const modules = new Map<string, Module>();
  const open = new Set<string>();
  const visit = (path: string): Module => {
    const known = modules.get(path);
    if (known !== undefined) return known;
    if (open.has(path)) throw new Error(`${path} imports itself in a circle`);
    open.add(path);
    const from = (target: string): string => {
      if (!target.startsWith('.')) throw new Error(`${path} imports ${target}, which is no module of the package`);
      return visit(resolve(dirname(path), target)).name;
    };
    const exports: { name: string; value: string }[] = [];
    const declare = (_: string, what: string, name: string): string => {
      exports.push({ name, value: name });
      return what + name;
    };
    const text = readFileSync(path, 'utf8')
      .replace(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, list: string, target: string) =>
        `const { ${names(list).map(([name, own]) => (name === own ? name : `${name}: ${own}`)).join(', ')} } = ${from(target)};`)
      .replace(/^export \{([^}]*)\} from '([^']+)';$/gm, (_, list: string, target: string) => {
        const module = from(target);
        for (const [inner, name] of names(list)) exports.push({ name, value: `${module}.${inner}` });
        return '';
      })
      .replace(/^export \{([^}]*)\};$/gm, (_, list: string) => {
        for (const [value, name] of names(list)) exports.push({ name, value });
        return '';
      })
      .replace(/^export ((?:const|class|function) )([\w$]+)/gm, declare)
      .replaceAll('import.meta.url', `new URL('./${relative(folder, path)}', import.meta.url).href`);
    const strange = /^(?:import|export)\b.*/m.exec(text);
    if (strange !== null) throw new Error(`${path}: ${strange[0]}`);
    const module = { name: `module${modules.size}`, path, text, exports };
    modules.set(path, module);
    return module;
  };
  visit(resolve(folder, 'index.js'));
  const parts = [...modules.values()].map(({ name, path, text, exports }) => [
    `// ${relative(folder, path)}`, `const ${name} = (() => {`, text.trim(),
    `return { ${exports.map((e) => (e.name === e.value ? e.name : `${e.name}: ${e.value}`)).join(', ')} };`, '})();',
  ].join('\n'));
  const all = [...modules.values()].map(({ name }) => name).join(', ');
  writeFileSync(join(folder, joinedName), `${parts.join('\n')}\nexport { ${all} };\n`);
  for (const { name, path, exports } of modules.values()) {
    const back = relative(dirname(path), join(folder, joinedName));
    const list = exports.map((e) => e.name).join(', ');
    writeFileSync(path, `import { ${name} } from '${back.startsWith('.') ? back : `./${back}`}';\nexport const { ${list} } = ${name};\n`);
  }
  return modules.size;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  joinModules(resolve(process.argv[2] ?? 'dist'));
}
