// What declare and index statements say: names, the axes they run over, where their values are drawn from; and which
// names are indices in a section. Next: derivation.ts, which puts them beside the lines of their section.

import { shown } from './advice.ts';
import { sampleAxis } from './named.ts';
import type { Statement } from './statements.ts';
import { Cursor, newName } from './tokens.ts';

/**
 * Where something was read: the statement's lines in the file (columns of its trees count in them) and the number of
 * the first, from 1.
 */
export interface Origin { readonly text: string; readonly lineNumber: number }

export type DeclaredType =
  | { readonly kind: 'tensor'; readonly axes: readonly string[] }
  | { readonly kind: 'label'; readonly from: string; readonly to: string }
  | { readonly kind: 'scalar' };

/** From where values are drawn when points are sampled. */
export type Domain =
  | { readonly kind: 'interval'; readonly low: number; readonly high: number }
  | { readonly kind: 'list'; readonly values: readonly number[] };

export interface Declaration extends Origin {
  readonly names: readonly string[];
  readonly type: DeclaredType;
  readonly domain: Domain | null;
  readonly notes: readonly string[];
}

/** `index j: k`. Axes are indices without being listed here; see `indexNames`. */
export interface IndexDeclaration extends Origin {
  readonly name: string;
  readonly axis: string;
  readonly notes: readonly string[];
}

/** What a section declares. */
export interface Scope {
  readonly declarations: readonly Declaration[];
  readonly indices: readonly IndexDeclaration[];
}

/** The axes that declarations speak of, in order of appearance. */
export function axesOf(declarations: readonly Declaration[]): string[] {
  const axes = declarations.flatMap(({ type }) =>
    (type.kind === 'tensor' ? type.axes : type.kind === 'label' ? [type.from, type.to] : []));
  return [...new Set(axes)];
}

/** Every index a section can use, with the axis it ranges over; a name the section declares otherwise is none. */
export function indexNames(shared: Scope, section: Scope = shared): Map<string, string> {
  const names = new Map<string, string>();
  for (const scope of section === shared ? [shared] : [shared, section]) {
    for (const name of scope.declarations.flatMap((declaration) => declaration.names)) names.delete(name);
    for (const axis of axesOf(scope.declarations)) names.set(axis, axis);
    for (const { name, axis } of scope.indices) names.set(name, axis);
  }
  return names;
}

/** Notes that a name is used in its section, or throws when it is already. */
type Take = (statement: Statement, column: number, name: string, role: string) => void;

export function readDeclaration(statement: Statement, take: Take): Declaration {
  const cursor = cursorAt(statement, statement.start);
  const names = readNames(statement, cursor, take, 'a declared name');
  const axis = (): string => {
    const { text, column } = newName(cursor, 'an axis or scalar');
    take(statement, column, text, 'an axis');
    return text;
  };
  let type: DeclaredType = { kind: 'scalar' };
  if (!cursor.accept('scalar')) {
    const axes = [axis()];
    if (cursor.accept('->')) type = { kind: 'label', from: axes[0] ?? '', to: axis() };
    else {
      while (cursor.peek().kind === 'name' && cursor.peek().text !== 'in') {
        const { column, text } = cursor.peek();
        if (axes.includes(text)) {
          throw cursor.fail(column, `found the axis '${text}' twice`, 'the axes of an array have different names',
            `name the second one otherwise, such as ${text}2`);
        }
        axes.push(axis());
      }
      type = { kind: 'tensor', axes };
    }
  }
  const { column } = cursor.peek();
  const domain = cursor.accept('in') ? readDomain(cursor) : null;
  if (domain !== null && type.kind === 'label') {
    throw cursor.fail(column, "found 'in' after a label map", 'labels are drawn from the whole of their axis',
      'remove it');
  }
  atEnd(cursor, 'one declaration stands on a line');
  return { names, type, domain, ...origin(statement) };
}

function readNames(statement: Statement, cursor: Cursor, take: Take, role: string): string[] {
  const names: string[] = [];
  do {
    const { text, column } = newName(cursor, role);
    take(statement, column, text, role);
    names.push(text);
  } while (cursor.peek().kind === 'name' || cursor.peek().kind === 'word');
  const colon = cursor.next();
  if (colon.text !== ':') {
    throw cursor.fail(colon.column, `found ${shown(colon)} where ':' is needed`,
      'a declaration is names, separated by spaces, a colon and what they are', 'write declare x: n d, or index j: k');
  }
  return names;
}

function readDomain(cursor: Cursor): Domain {
  const open = cursor.next();
  const interval = open.text === '[';
  if (!interval && open.text !== '{') {
    throw cursor.fail(open.column, `found ${shown(open)} after in`, 'a domain is an interval or a list',
      'write [4, 32] or {1, 2, 4}');
  }
  const values: number[] = [];
  do {
    const negative = cursor.accept('-');
    const { kind, text, column } = cursor.next();
    if (kind !== 'number') {
      throw cursor.fail(column, `found ${text === '' ? 'the end' : `'${text}'`} where a number is needed`,
        'a domain holds plain numbers', 'write them out, such as 3.14');
    }
    values.push((negative ? -Number(text) : Number(text)) + 0);
  } while (cursor.accept(','));
  const close = cursor.next();
  if (close.text !== (interval ? ']' : '}')) {
    throw cursor.fail(close.column, `found ${shown(close)} where '${interval ? ']' : '}'}' is needed`,
      'a domain is closed as it was opened', 'write [4, 32] or {1, 2, 4}');
  }
  if (!interval) return { kind: 'list', values };
  const [low = 0, high = 0] = values;
  if (values.length !== 2 || low >= high) {
    throw cursor.fail(open.column, 'found an interval without two growing ends',
      'an interval is [low, high] with low < high',
      'write {…} for a list of values, or put the smaller number first');
  }
  return { kind: 'interval', low, high };
}

export function readIndices(statement: Statement, axes: ReadonlySet<string>, take: Take): IndexDeclaration[] {
  const cursor = cursorAt(statement, statement.start);
  const names = readNames(statement, cursor, (from, column, name, role) => {
    if (name === sampleAxis) {
      throw cursor.fail(column, `found the axis '${name}' as an index over another one`,
        `${sampleAxis} is the axis of samples in every section: a line speaks of one sample`, 'give the index another name');
    }
    take(from, column, name, role);
  }, 'an index');
  const axis = newName(cursor, 'an axis');
  if (!axes.has(axis.text)) {
    throw cursor.fail(axis.column, `found '${axis.text}', which is no axis here`,
      'an index ranges over an axis that a declare names',
      axes.size === 0 ? 'declare an array over it first' : `write one of ${[...axes].join(', ')}`);
  }
  atEnd(cursor, 'one axis belongs to an index');
  const from = origin(statement);
  return names.map((name, at) => ({ name, axis: axis.text, ...from, notes: at === 0 ? from.notes : [] }));
}

function atEnd(cursor: Cursor, rule: string): void {
  const token = cursor.peek();
  if (token.kind === 'end') return;
  throw cursor.fail(token.column, `found ${shown(token)} after a declaration`, rule, 'begin another line');
}

export function origin({ text, lineNumber, notes }: Statement): Origin & { readonly notes: readonly string[] } {
  return { notes, lineNumber, text };
}

/** The text from a column on, with everything before it blank, so that columns stay what they were. */
export function textFrom(text: string, start: number, end = text.length): string {
  return ' '.repeat(start) + text.slice(start, end);
}

export function cursorAt(statement: Statement, start: number, end?: number): Cursor {
  return new Cursor(textFrom(statement.text, start, end), statement.locate);
}

export function failAt(statement: Statement, column: number, what: string, rule: string, hint: string): Error {
  return new Cursor('', statement.locate).fail(column, what, rule, hint);
}
