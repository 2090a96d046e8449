// The smallest parts of the text form of a graph: numbers, strings, lists and records, written so that reading them
// back gives the same bits, and the cursor that reads them from one line. Shorter than a general JSON reader, and
// stricter: NaN, infinities and −0 are numbers, keys are never looked up on a prototype, nesting is bounded.
// What a line of a graph is made of stands in `text.ts`.

import { allocate, type DType } from '../base/dtype.ts';
import { FormatError, message } from '../base/errors.ts';
import { type Shape, shapeText, sizeOf } from '../base/shape.ts';
import { filled } from './tensor.ts';
import { Value } from './value.ts';

/** The fewest digits that give the same number of the type back. */
export function numberText(x: number, dtype: DType = 'f64'): string {
  if (Object.is(x, -0)) return '-0';
  if (dtype !== 'f32' || !Number.isFinite(x)) return String(x);
  let digits = 1;
  while (Math.fround(Number(x.toPrecision(digits))) !== x) digits++;
  return String(Number(x.toPrecision(digits)));
}

const hidden = /[\\'\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

export function stringText(text: string): string {
  const escape = (c: string): string => (c === '\\' || c === "'" ? `\\${c}` : `\\u{${c.codePointAt(0)!.toString(16)}}`);
  return `'${text.replace(hidden, escape)}'`;
}

/** A static argument; undefined where it is nothing that text can hold. */
export function literalText(x: unknown): string | undefined {
  if (typeof x === 'number') return numberText(x);
  if (typeof x === 'string') return stringText(x);
  if (typeof x === 'boolean' || x === null) return String(x);
  if (typeof x !== 'object' || ArrayBuffer.isView(x)) return undefined;
  if (Array.isArray(x)) {
    const parts = x.map(literalText);
    return parts.includes(undefined) ? undefined : `[${parts.join(', ')}]`;
  }
  const entries = Object.entries(x).filter(([, value]) => value !== undefined);
  const parts = entries.map(([key, value]) => [keyText(key), literalText(value)]);
  return parts.some(([, text]) => text === undefined) ? undefined : `{${parts.map((part) => part.join(': ')).join(', ')}}`;
}

export function keyText(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : stringText(key);
}

/** The numbers of a value in row-major order; one number alone where all are the same. */
export function valueText(value: Value): string {
  const data = value.data();
  if (data.length > 0 && data.every((x) => Object.is(x, data[0]))) return numberText(data[0]!, value.dtype);
  return `[${Array.from(data, (x) => numberText(x, value.dtype)).join(', ')}]`;
}

const deepest = 64;
export const namedOnce = ['A parameter is named once', 'Remove one of them'] as const;
const number = /NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const stringPart = /[^'\\]+|\\['\\]|\\u\{[0-9a-f]{1,6}\}/y;
const key = /[A-Za-z_]\w*/y;

/** One line and a place in it. Spaces are skipped before every token. */
export class Line {
  readonly text: string;
  readonly number: number;
  readonly indent: number;
  #at: number;

  constructor(text: string, lineNumber: number) {
    this.text = text;
    this.number = lineNumber;
    this.indent = /^ */.exec(text)![0].length;
    this.#at = this.indent;
  }

  /** The rest of a token that matches here, or undefined. The pattern is sticky. */
  take(pattern: RegExp): string | undefined {
    while (this.text[this.#at] === ' ') this.#at++;
    return this.#takeHere(pattern);
  }

  #takeHere(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  /** True, and past it, when this text stands here. */
  accept(text: string): boolean {
    while (this.text[this.#at] === ' ') this.#at++;
    const found = this.text.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.missing(`'${text}'`);
  }

  get atEnd(): boolean {
    return this.text.slice(this.#at).trim() === '';
  }

  /** The column of the next token. */
  get place(): number {
    while (this.text[this.#at] === ' ') this.#at++;
    return this.#at;
  }

  fail(what: string, rule: string, todo: string, at = this.place): FormatError {
    return new FormatError(message(`line ${this.number}, column ${at + 1}: ${what}`, rule, todo));
  }

  missing(wanted: string): FormatError {
    const rest = this.text.slice(this.place, this.place + 24).trim();
    const found = rest === '' ? 'the end of the line' : stringText(rest);
    return this.fail(`found ${found} where ${wanted} is needed`, 'A graph is text as printGraph writes it', 'Mend the line');
  }

  readNumber(): number {
    const at = this.place;
    const text = this.take(number);
    if (text === undefined) throw this.missing('a number');
    const x = Number(text);
    if (!Number.isFinite(x) && /\d/.test(text)) {
      throw this.fail(`the number ${text.slice(0, 24)}`, 'It is beyond the largest double', 'Write Infinity if that is meant', at);
    }
    return x;
  }

  readString(): string {
    this.expect("'");
    let result = '';
    for (let part = this.#takeHere(stringPart); part !== undefined; part = this.#takeHere(stringPart)) {
      if (part.startsWith('\\u')) {
        const code = parseInt(part.slice(3), 16);
        if (code > 0x10ffff) throw this.fail(`the escape ${part}`, 'The last code point is 10ffff', 'Write the character itself');
        result += String.fromCodePoint(code);
      } else result += part[0] === '\\' ? part[1]! : part;
    }
    if (this.text[this.#at] !== "'") throw this.missing("the closing ' of a text");
    this.#at++;
    return result;
  }

  readKey(role: string): string {
    const name = this.text[this.place] === "'" ? this.readString() : this.take(key);
    if (name === undefined) throw this.missing(role);
    return name;
  }

  readLiteral(depth = 0): unknown {
    if (depth > deepest) throw this.fail('lists inside lists', `At most ${deepest} of them nest`, 'Check the brackets');
    const next = this.text[this.place];
    if (next === '[') return this.readList(() => this.readLiteral(depth + 1));
    if (next === '{') return this.readRecord(() => this.readLiteral(depth + 1));
    if (next === "'") return this.readString();
    if (this.accept('true')) return true;
    if (this.accept('false')) return false;
    return this.accept('null') ? null : this.readNumber();
  }

  readList<T>(element: () => T, open = '[', close = ']'): T[] {
    this.expect(open);
    const list: T[] = [];
    if (this.accept(close)) return list;
    do list.push(element());
    while (this.accept(','));
    this.expect(close);
    return list;
  }

  /** A record without a prototype; `alone` gives the value of a key that stands without one. */
  readRecord(element: () => unknown, alone: (key: string) => unknown = () => undefined): Record<string, unknown> {
    const record = Object.create(null) as Record<string, unknown>;
    this.readList(() => {
      const at = this.place;
      const name = this.readKey('the name of a parameter');
      if (name in record) throw this.fail(`a second ${keyText(name)}`, ...namedOnce, at);
      const value = this.accept(':') ? element() : alone(name);
      if (value === undefined) throw this.missing("':' and a value");
      record[name] = value;
    }, '{', '}');
    return record;
  }

  /** The numbers of a value: a list in row-major order, or one number that fills the shape. */
  readValue(shape: Shape, dtype: DType): Value {
    const at = this.place;
    const check = (x: number): number => {
      const fits = dtype === 'i32' ? x === (x | 0) : dtype === 'f64' || !Number.isFinite(x) || Number.isFinite(Math.fround(x));
      if (!fits) throw this.fail(`the number ${numberText(x)} as ${dtype}`, 'The type cannot hold it', 'Change one of them', at);
      return x;
    };
    if (this.text[at] !== '[') return filled(check(this.readNumber()), shape, dtype).read();
    const list = this.readList(() => check(this.readNumber()));
    if (list.length !== sizeOf(shape)) {
      const what = `${list.length} numbers for ${dtype}${shapeText(shape)}`;
      throw this.fail(what, `The shape asks for ${sizeOf(shape)}`, 'Write one number to fill a shape', at);
    }
    const array = allocate(dtype, list.length);
    array.set(list);
    return new Value(dtype, shape, array);
  }
}
