// The machine form of a derivation: JSON.stringify of it, and the way back, which trusts nothing. The shapes of all
// types stand below as a table; every value is checked against it, then the whole is printed and read again, so that
// JSON can say nothing that a file could not say. Only own properties are read and kinds are looked up in maps, so
// `__proto__` is a key like any other.

import { FormatError } from '../base/errors.ts';
import { parseDerivation, type Derivation } from './derivation.ts';
import { binaryOps, boundOps, compareOps, sameTree } from './grammar.ts';
import { printDerivation } from './print.ts';

/**
 * A checked value: a basic type, the name of a type in the table, a list, null or another, one of some texts, fields,
 * or by kind.
 */
type Shape =
  | 'text' | 'lines' | 'number' | 'position' | TypeName
  | { readonly list: Shape }
  | { readonly orNull: Shape }
  | { readonly oneOf: ReadonlySet<string> }
  | { readonly fields: Fields }
  | { readonly kinds: ReadonlyMap<string, Fields> };
type Fields = ReadonlyMap<string, Shape>;
type TypeName =
  | 'Expr' | 'NameExpr' | 'Cond' | 'Claim' | 'Target' | 'Declaration' | 'Index' | 'Line' | 'Section' | 'Derivation';
type Table = Readonly<Record<string, Shape>>;

const fields = (shape: Table): Fields => new Map(Object.entries(shape));
const kinds = (table: Readonly<Record<string, Table>>): { kinds: ReadonlyMap<string, Fields> } => (
  { kinds: new Map(Object.entries(table).map(([kind, shape]) => [kind, fields({ kind: 'text', ...shape })])) });

const at = { 'column?': 'position' } as const;
const place = { text: 'lines', lineNumber: 'position' } as const;
const origin = { notes: { list: 'text' }, ...place } as const;
const sides = { left: 'Expr', right: 'Expr', ...at } as const;
const defined = { id: 'text', target: 'Target', value: 'Expr', ...origin } as const;
const claimed = { id: 'text', claim: 'Claim', 'amended?': 'Claim', 'amendedFrom?': { fields: fields(place) }, ...origin } as const;

/** The types of grammar.ts, declarations.ts and derivation.ts. A key with ? may be absent. */
const types: Readonly<Record<TypeName, Shape>> = {
  Expr: kinds({
    number: { value: 'number', text: 'text', ...at },
    name: { name: 'text', index: { list: 'text' }, ...at },
    negate: { of: 'Expr', ...at },
    binary: { op: { oneOf: binaryOps }, ...sides },
    call: { name: 'text', args: { list: 'Expr' }, ...at },
    bound: { op: { oneOf: boundOps }, index: 'text', where: { orNull: 'Cond' }, body: 'Expr', ...at },
    select: { then: 'Expr', cond: 'Cond', otherwise: 'Expr', ...at },
    derivative: { of: 'Expr', by: 'NameExpr', ...at },
    at: { of: 'Expr', bindings: { list: { fields: fields({ name: 'text', value: 'Expr', ...at }) } }, ...at },
  }),
  NameExpr: kinds({ name: { name: 'text', index: { list: 'text' }, ...at } }),
  Cond: kinds({
    compare: { op: { oneOf: compareOps }, ...sides },
    not: { of: 'Cond', ...at },
    and: { all: { list: 'Cond' }, ...at },
  }),
  Claim: { fields: fields({ op: { oneOf: compareOps }, where: { orNull: 'Cond' }, ...sides }) },
  Target: { fields: fields({ name: 'text', index: { list: 'text' } }) },
  Declaration: {
    fields: fields({
      names: { list: 'text' },
      type: kinds({ scalar: {}, tensor: { axes: { list: 'text' } }, label: { from: 'text', to: 'text' } }),
      domain: { orNull: kinds({ interval: { low: 'number', high: 'number' }, list: { values: { list: 'number' } } }) },
      ...origin,
    }),
  },
  Index: { fields: fields({ name: 'text', axis: 'text', ...origin }) },
  Line: kinds({ define: defined, step: defined, claim: claimed, number: claimed }),
  Section: {
    fields: fields({
      id: 'text', title: 'text', notes: { list: 'text' },
      declarations: { list: 'Declaration' }, indices: { list: 'Index' }, lines: { list: 'Line' },
    }),
  },
  Derivation: {
    fields: fields({ 'file?': 'text', title: 'text', source: 'text', notes: { list: 'text' }, sections: { list: 'Section' } }),
  },
};

/** More nesting than any formula that can be read has. */
const deepest = 3000;

/** Reads the machine form; anything malformed is a FormatError that says where in which file. */
export function derivationFromJson(text: string, fileName = 'JSON'): Derivation {
  try {
    return read(text);
  } catch (error) {
    throw error instanceof FormatError ? new FormatError(`${fileName}: ${error.message}`) : error;
  }
}

function read(text: string): Derivation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed('$', `text that is not JSON (${error instanceof Error ? error.message : 'unreadable'})`);
  }
  check(value, 'Derivation', '$', 0);
  const derivation = value as Derivation;
  const again = parseDerivation(printDerivation(derivation), 'the derivation in the JSON');
  if (!sameTree(derivation, again, isOrigin)) {
    throw malformed('$', 'a derivation that reads otherwise once printed: a text holds what belongs elsewhere');
  }
  return derivation;
}

/** Where a thing was read, which printing changes. The text of a number is no origin: its digits count. */
function isOrigin(key: string, owner: object): boolean {
  return ['column', 'lineNumber', 'amendedFrom', 'file'].includes(key) || (key === 'text' && 'lineNumber' in owner);
}

function check(value: unknown, shape: Shape, path: string, depth: number): void {
  if (depth > deepest) throw malformed(path.slice(0, 80), `values nested more than ${deepest} deep`);
  if (typeof shape === 'string') {
    if (shape === 'text') expect(typeof value === 'string' && !/[\r\n]/.test(value), value, 'a text of one line', path);
    else if (shape === 'lines') expect(typeof value === 'string', value, 'a text', path);
    else if (shape === 'number') expect(typeof value === 'number' && Number.isFinite(value), value, 'a number', path);
    else if (shape === 'position') expect(Number.isSafeInteger(value) && Number(value) >= 0, value, 'a position', path);
    else check(value, types[shape], path, depth + 1);
  } else if ('orNull' in shape) {
    if (value !== null) check(value, shape.orNull, path, depth + 1);
  } else if ('oneOf' in shape) {
    expect(typeof value === 'string' && shape.oneOf.has(value), value, `one of ${[...shape.oneOf].join(' ')}`, path);
  } else if ('list' in shape) {
    if (!Array.isArray(value)) throw malformed(path, `${described(value)} for a list`);
    for (const [place, item] of value.entries()) check(item, shape.list, `${path}[${place}]`, depth + 1);
  } else {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw malformed(path, `${described(value)} for an object`);
    }
    const entries = new Map<string, unknown>(Object.entries(value));
    checkFields(entries, 'fields' in shape ? shape.fields : fieldsOfKind(entries, shape.kinds, path), path, depth);
  }
}

function fieldsOfKind(entries: ReadonlyMap<string, unknown>, table: ReadonlyMap<string, Fields>, path: string): Fields {
  const kind = entries.get('kind');
  const found = typeof kind === 'string' ? table.get(kind) : undefined;
  if (found !== undefined) return found;
  throw malformed(`${path}.kind`, `${described(kind)} for one of ${[...table.keys()].join(' ')}`);
}

function checkFields(entries: ReadonlyMap<string, unknown>, shape: Fields, path: string, depth: number): void {
  for (const key of entries.keys()) {
    if (!shape.has(key) && !shape.has(`${key}?`)) throw malformed(path, `the unknown key ${described(key)}`);
  }
  for (const [key, part] of shape) {
    const name = key.replace('?', '');
    if (entries.has(name)) check(entries.get(name), part, `${path}.${name}`, depth + 1);
    else if (name === key) throw malformed(path, `no key '${name}'`);
  }
}

function expect(holds: boolean, value: unknown, wanted: string, path: string): void {
  if (!holds) throw malformed(path, `${described(value)} for ${wanted}`);
}

function described(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value !== 'object' || value === null) return value === undefined ? 'nothing' : String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}

function malformed(path: string, what: string): FormatError {
  const shown = path.length > 120 ? `${path.slice(0, 120)}…` : path;
  return new FormatError(`found ${what} at ${shown}.\n`
    + 'Rule: the machine form of a derivation has the fields of its types.\n'
    + 'Do: write it with JSON.stringify(derivation).');
}
