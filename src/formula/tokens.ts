// Characters to tokens, a cursor over them, and the one way in which everything about a formula reports an error: what
// was found at which column, the line with a caret, the rule, what to do. No grammar here: which token may follow which
// is parse.ts (formulas) and derivation.ts (declarations).

import { demandText } from '../base/demand.ts';
import { FormatError } from '../base/errors.ts';
import { lookalikes, shown, type Token } from './advice.ts';
import { binaryOps, compareOps, keywords, reserved } from './grammar.ts';

/** Where a column of a statement stands in its source. */
export interface Spot {
  readonly text: string;
  readonly column: number;
  /** `file:line`, when there is one. */
  readonly place?: string;
}

export type Locate = (column: number) => Spot;

/**
 * At most this many tokens in a formula, this many forms inside one another, and this many when definitions are written
 * out: far above any paper, far below any stack.
 */
export const limits = { tokens: 2000, nesting: 100, depth: 600 } as const;

/**
 * An error that shows its line. `column` is 0-based; the message counts from 1, as editors do.
 * `what`, `rule` and `hint` are clauses without a full stop.
 */
export function formulaError(
  text: string, column: number, what: string, rule: string, hint: string, place?: string,
): FormatError {
  const at = Math.max(0, Math.min(column, text.length));
  const head = place === undefined ? `column ${at + 1}` : `${place}:${at + 1}`;
  return new FormatError(`${head}: ${visible(what)}\n${excerpt(text, at)}\nRule: ${rule}.\nDo: ${visible(hint)}.`);
}

/** The line and a caret under the column; of a long line the part around it. */
function excerpt(text: string, column: number): string {
  const start = column > 100 ? column - 60 : 0;
  const end = Math.min(text.length, Math.max(column + 40, start + 112));
  const before = (start > 0 ? '…' : '') + visible(text.slice(start, column));
  const after = visible(text.slice(column, end)) + (end < text.length ? '…' : '');
  const pad = Array.from(before, (char) => (char === '\t' ? '\t' : /\p{M}/u.test(char) ? '' : ' ')).join('');
  return `  ${before}${after}\n  ${pad}^`;
}

/** Line breaks and control characters become spaces, so that a hostile file cannot write to the reader's terminal. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => (char === '\t' ? '\t' : ' '));
}

/** Longer ones first. */
const symbols = [
  '<=', '>=', '!=', '->', '<', '>', '=', '+', '-', '*', '/', '^', '(', ')', '[', ']', ',', ':', '{', '}',
];

const isSpace = (char: string): boolean => /\s/u.test(char);
const isDigit = (char: string): boolean => char >= '0' && char <= '9' && char.length === 1;
const isLetter = (char: string): boolean => char === '_' || /\p{L}/u.test(char);
const isNamePart = (char: string): boolean => isLetter(char) || isDigit(char) || char === "'" || /\p{M}/u.test(char);

/** Reads a text into tokens; the last is always `end`. */
export function tokenize(text: string, locate: Locate): Token[] {
  demandText(text, 'formula');
  const tokens: Token[] = [];
  const charAt = (at: number): string => (at < text.length ? String.fromCodePoint(text.codePointAt(at) ?? 0) : '');
  const skip = (at: number, test: (char: string) => boolean): number => {
    let end = at;
    while (end < text.length && test(charAt(end))) end += charAt(end).length;
    return end;
  };
  const fail = (column: number, what: string, rule: string, hint: string): FormatError =>
    errorAt(locate, column, what, rule, hint);
  const numberEnd = (start: number): number => {
    let end = skip(start, isDigit);
    if (charAt(end) === '.') {
      const fraction = skip(end + 1, isDigit);
      if (fraction === end + 1) {
        throw fail(end, `found '.' with no digit after it`, 'digits stand on both sides of a decimal point',
          'write 1.0 or 1');
      }
      end = fraction;
    }
    if (charAt(end) === 'e' || charAt(end) === 'E') {
      const sign = charAt(end + 1) === '-' || charAt(end + 1) === '+' ? 2 : 1;
      const exponent = skip(end + sign, isDigit);
      if (exponent > end + sign) end = exponent;
    }
    if (!Number.isFinite(Number(text.slice(start, end)))) {
      throw fail(start, 'found a number that is too large', 'a number is a finite double', 'write one below 1.8e308');
    }
    return end;
  };
  const nameEnd = (start: number): number => {
    let end = skip(start, isNamePart);
    while (charAt(end) === '.' && isLetter(charAt(end + 1))) end = skip(end + 1, isNamePart);
    return end;
  };
  for (let at = skip(0, isSpace); at < text.length; at = skip(at, isSpace)) {
    const char = charAt(at);
    let kind: Token['kind'] = 'symbol';
    let end = at;
    if (isDigit(char)) [kind, end] = ['number', numberEnd(at)];
    else if (isLetter(char)) [kind, end] = ['name', nameEnd(at)];
    const pair = text.slice(at, at + 2);
    if (end === at && !lookalikes.has(pair)) end += symbols.find((each) => text.startsWith(each, at))?.length ?? 0;
    if (end === at) {
      const wrong = lookalikes.has(pair) ? pair : char;
      const known = lookalikes.get(wrong);
      throw fail(at, `found ${quoted(wrong)}, which the notation does not have`,
        'a formula is made of names, numbers, + - * / ^, comparisons and calls',
        known === undefined ? 'remove it, or spell it as a name' : `write ${known}`);
    }
    const word = text.slice(at, end).normalize('NFC');
    tokens.push({ kind: kind === 'name' && keywords.has(word) ? 'word' : kind, text: word, column: at });
    if (tokens.length > limits.tokens) {
      throw fail(at, `found more than ${limits.tokens} words and signs`, 'a formula fits on a page',
        'give its parts names with define');
    }
    at = end;
  }
  tokens.push({ kind: 'end', text: '', column: text.trim() === '' ? text.length : text.trimEnd().length });
  return tokens;
}

/** A sign in quotes, or the number of one that cannot be seen. */
function quoted(sign: string): string {
  return /[\p{C}\p{M}]/u.test(sign) ? `U+${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}` : `'${sign}'`;
}

function errorAt(locate: Locate, column: number, what: string, rule: string, hint: string): FormatError {
  const spot = locate(column);
  return formulaError(spot.text, spot.column, what, rule, hint, spot.place);
}

/** A place in a list of tokens. */
export class Cursor {
  protected readonly tokens: readonly Token[];
  protected position = 0;
  private readonly locate: Locate;

  constructor(text: string, locate: Locate = (column) => ({ text, column })) {
    this.locate = locate;
    this.tokens = tokenize(text, locate);
  }

  peek(ahead = 0): Token {
    const last = this.tokens.length - 1;
    return this.tokens[Math.min(this.position + ahead, last)] ?? { kind: 'end', text: '', column: 0 };
  }

  next(): Token {
    const token = this.peek();
    this.position += 1;
    return token;
  }

  /** True, and past it, when the next token is this symbol or word. */
  accept(text: string): boolean {
    const token = this.peek();
    const found = token.text === text && token.kind !== 'end';
    if (found) this.position += 1;
    return found;
  }

  /** What the first argument of a call is, seen from its first token. */
  protected firstArgument(): 'index' | 'condition' | 'expression' {
    if (this.peek().kind === 'name' && this.peek(1).text === ',') return 'index';
    let depth = 0;
    for (let ahead = 0; ; ahead += 1) {
      const { kind, text } = this.peek(ahead);
      if (kind === 'end' || (depth === 0 && [',', ')', 'if'].includes(text))) return 'expression';
      if (depth === 0 && (compareOps.has(text) || text === 'not' || text === 'and')) return 'condition';
      if (text === '(' || text === '[') depth += 1;
      if (text === ')' || text === ']') depth -= 1;
    }
  }

  /** Whether the parentheses that open here hold a condition: then no operator follows them. */
  protected groupIsCondition(): boolean {
    let depth = 0;
    for (let ahead = 0; ; ahead += 1) {
      const { kind, text } = this.peek(ahead);
      if (kind === 'end') return false;
      if (text === '(') depth += 1;
      if (text === ')') depth -= 1;
      if (depth > 0) continue;
      const after = this.peek(ahead + 1);
      return !(compareOps.has(after.text) || binaryOps.has(after.text));
    }
  }

  fail(column: number, what: string, rule: string, hint: string): FormatError {
    return errorAt(this.locate, column, what, rule, hint);
  }
}

/** Reads a name that is being made: not reserved, not dotted. */
export function newName(cursor: Cursor, role: string): Token {
  const token = cursor.next();
  if (token.kind === 'number' && role.startsWith('an index')) {
    throw cursor.fail(token.column, `found the number ${token.text} as ${role}`,
      'an index is a name that ranges over an axis', 'write c[k], or c[y] for the entry of the label');
  }
  if (token.kind !== 'name' && token.kind !== 'word') {
    throw cursor.fail(token.column, `found ${shown(token)} where ${role} is needed`,
      'a name begins with a letter and goes on with letters, digits, _ and primes', 'write a name such as x, m1 or θ');
  }
  if (reserved.has(token.text)) {
    throw cursor.fail(token.column, `found '${token.text}' as ${role}`,
      'the words and functions of the notation cannot be names', `rename it, for instance ${token.text}_1`);
  }
  if (token.text.includes('.')) {
    throw cursor.fail(token.column, `found the dotted name '${token.text}' as ${role}`,
      'a dot reads a name of another section and cannot make one', 'write the name without the section');
  }
  return token;
}
