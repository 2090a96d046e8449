// The printed formulas of an explanation read back into syntax trees, so that a page can set them with fractions and
// cases. The printed language is small: names of lines, numbers, signs, choices and calls. What is not understood is
// undefined, and a page then shows the text itself; nothing is guessed.

import type { BinaryOp, CompareOp, Cond, Expr } from '../formula/index.ts';
import { parseCond } from '../formula/index.ts';

type Token = { readonly kind: 'number' | 'name' | 'word' | 'sign' | 'list'; readonly text: string };
type Node = Expr | Cond;

const relations: ReadonlyMap<string, CompareOp> = new Map([
  ['=', '='], ['≠', '!='], ['<', '<'], ['≤', '<='], ['>', '>'], ['≥', '>='],
]);
const signs = '·+−-/^(),|⌊⌋=≠<≤>≥ᵀ';

class Unreadable extends Error {}

/** Reads the formulas of lines with these names. */
export function formulaReader(names: readonly string[]): (text: string) => Expr | undefined {
  const known = names.flatMap((name) => [name, `∂${name}`]).sort((a, b) => b.length - a.length);
  return (text) => {
    try {
      return new Reader(tokens(text, known)).whole();
    } catch (error) {
      if (error instanceof Unreadable) return undefined;
      throw error;
    }
  };
}

function tokens(text: string, names: readonly string[]): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length;) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    const token = nameAt(text, at, names) ?? otherAt(text.slice(at));
    found.push(token);
    at += token.text.length;
  }
  return found;
}

/** The longest name that begins here and does not go on as a longer word. */
function nameAt(text: string, at: number, names: readonly string[]): Token | undefined {
  const isWord = (char: string | undefined): boolean => char !== undefined && char !== 'ᵀ' && /[\p{L}\p{N}\p{M}_#]/u.test(char);
  const name = names.find((each) => text.startsWith(each, at)
    && !(isWord(each.at(-1)) && isWord(text[at + each.length])) && text[at + each.length] !== '(');
  return name === undefined ? undefined : { kind: 'name', text: name };
}

function otherAt(rest: string): Token {
  const number = /^(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)/.exec(rest);
  if (number !== null) return { kind: 'number', text: number[0] };
  const word = /^[A-Za-z]\w*/.exec(rest);
  if (word !== null) return { kind: 'word', text: word[0] };
  const list = /^\[(?:[\d:, -]|None)*\]/.exec(rest);
  if (list !== null) return { kind: 'list', text: list[0] };
  if (signs.includes(rest[0]!)) return { kind: 'sign', text: rest[0]! };
  throw new Unreadable();
}

const isCond = (node: Node): node is Cond => node.kind === 'compare' || node.kind === 'not' || node.kind === 'and';
const number = (value: number): Expr => ({ kind: 'number', value, text: String(value) });
const symbol = (name: string): Expr => ({ kind: 'name', name, index: [] });
/** A comparison among numbers is 1 where it holds. */
const valueOf = (node: Node): Expr => (isCond(node) ? { kind: 'select', then: number(1), cond: node, otherwise: number(0) } : node);

/** A mask decides where it is not 0; one that is named by its condition is that condition. */
function conditionOf(node: Node): Cond {
  if (isCond(node)) return node;
  const inside = node.kind === 'name' ? /^1?\[(.+)\]$/.exec(node.name)?.[1] : undefined;
  if (inside !== undefined && /^[\w ]+(=|!=)[\w ]+$/.test(inside)) return parseCond(inside);
  return { kind: 'compare', op: '!=', left: node, right: number(0) };
}

/** What a comparison gives as a number. */
const isMask = (e: Expr | undefined): boolean =>
  e?.kind === 'select' && e.then.kind === 'number' && e.then.value === 1 && e.otherwise.kind === 'number' && e.otherwise.value === 0;

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(list: readonly Token[]) {
    this.#tokens = list;
  }

  whole(): Expr {
    const node = valueOf(this.#choice());
    if (this.#at < this.#tokens.length) throw new Unreadable();
    return node;
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Unreadable();
    return token;
  }

  #takes(...texts: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === 'name' || !texts.includes(token.text)) return undefined;
    this.#at++;
    return token.text;
  }

  #expect(text: string): void {
    if (this.#takes(text) === undefined) throw new Unreadable();
  }

  #choice(): Node {
    const then = this.#comparison();
    if (this.#takes('if') === undefined) return then;
    const cond = conditionOf(this.#choice());
    this.#expect('else');
    return { kind: 'select', then: valueOf(then), cond, otherwise: valueOf(this.#choice()) };
  }

  #comparison(): Node {
    let left = this.#sum();
    for (;;) {
      const op = relations.get(this.#takes(...relations.keys()) ?? '');
      if (op === undefined) return left;
      left = { kind: 'compare', op, left: valueOf(left), right: valueOf(this.#sum()) };
    }
  }

  #sum(): Node {
    let left = this.#product();
    for (;;) {
      const sign = this.#takes('+', '−', '-');
      if (sign === undefined) return left;
      left = binary(sign === '+' ? '+' : '-', left, this.#product());
    }
  }

  #product(): Node {
    let left = this.#signed();
    for (;;) {
      const sign = this.#takes('·', '/');
      if (sign === undefined) return left;
      left = binary(sign === '/' ? '/' : '*', left, this.#signed());
    }
  }

  #signed(): Node {
    if (this.#takes('−', '-') !== undefined) return { kind: 'negate', of: valueOf(this.#signed()) };
    const base = this.#atom();
    if (this.#takes('ᵀ') !== undefined) return binary('^', base, symbol('⊤'));
    return this.#takes('^') === undefined ? base : binary('^', base, this.#atom());
  }

  #atom(): Node {
    const token = this.#next();
    if (token.kind === 'name') return { kind: 'name', name: token.text, index: this.#index() };
    if (token.kind === 'number') return token.text === 'Infinity' ? symbol('∞') : { kind: 'number', value: Number(token.text), text: token.text };
    if (token.kind === 'word') return this.#tokens[this.#at]?.text === '(' ? this.#call(token.text) : symbol(token.text);
    const close = new Map([['(', ')'], ['|', '|'], ['⌊', '⌋']]).get(token.text);
    if (close === undefined) throw new Unreadable();
    const inside = this.#choice();
    this.#expect(close);
    if (token.text === '(') return inside;
    return { kind: 'call', name: token.text === '|' ? 'abs' : 'floor', args: [valueOf(inside)] };
  }

  /** How a name is looked at, as in `x[:, None]`. */
  #index(): string[] {
    if (this.#tokens[this.#at]?.kind !== 'list') return [];
    return this.#next().text.slice(1, -1).split(',').map((part) => part.trim());
  }

  /** A sum or a maximum over axes has them below its sign; other parameters stand among the arguments. */
  #call(name: string): Expr {
    this.#expect('(');
    const args: Expr[] = [];
    let axes: string | undefined;
    while (this.#takes(')') === undefined) {
      if (args.length > 0 || axes !== undefined) this.#expect(',');
      if (this.#takes('axes', 'axis') !== undefined) {
        const list = this.#next().text.replace(/[[\]\s]/g, '');
        axes = `${/,/.test(list) ? 'axes' : 'axis'} ${list}`;
      } else if (this.#tokens[this.#at]?.kind === 'list') args.push(symbol(this.#next().text));
      else args.push(valueOf(this.#choice()));
    }
    // A mask is a mask in any number type.
    if (/^f(32|64)$/.test(name) && isMask(args[0])) return args[0]!;
    // A product of matrices is written as one.
    if (name === 'matmul' && args.length === 2) return binary('*', args[0]!, args[1]!);
    if (axes === undefined) return { kind: 'call', name, args };
    if ((name === 'sum' || name === 'max') && args.length === 1) return { kind: 'bound', op: name, index: axes, where: null, body: args[0]! };
    return { kind: 'call', name, args: [...args, symbol(axes)] };
  }
}

function binary(op: BinaryOp, left: Node, right: Node): Expr {
  return { kind: 'binary', op, left: valueOf(left), right: valueOf(right) };
}
