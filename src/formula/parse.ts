// Text to syntax tree: a recursive descent over tokens, one method for each level of the grammar in docs/notation.md.
//   expression  sum [if condition else expression]          condition  negation (and negation)*
//   sum         product ((+ | -) product)*                  negation   not negation | (condition) | sum op sum
//   product     unary ((* | /) unary)*                      claim      expression op expression [where condition]
//   unary       - unary | atom [^ unary]
// Nothing is looked up here except which names are indices (for max and min). Next: print.ts, the way back.

import { demandMade } from '../base/demand.ts';
import { nearest } from '../base/nearest.ts';
import { advice, shown, type Token } from './advice.ts';
import {
  compareOps, functions, keywords, leadingName, reserved,
  type BinaryOp, type Binding, type BoundOp, type Claim, type CompareOp, type Cond, type Expr, type NameExpr,
} from './grammar.ts';
import { Cursor, limits, newName, type Locate } from './tokens.ts';

export interface ParseContext {
  /** Names declared as indices: with one of them first, `max` and `min` range over an axis. */
  readonly indices?: Iterable<string>;
  /** Where columns of the text stand in a file, for errors; without it errors show the text itself. */
  readonly locate?: Locate;
}

export interface Target { readonly name: string; readonly index: readonly string[] }
export interface Definition { readonly target: Target; readonly value: Expr }

export function parseExpr(text: string, context: ParseContext = {}): Expr {
  return new Parser(text, context).whole((parser) => parser.expression());
}

export function parseCond(text: string, context: ParseContext = {}): Cond {
  return new Parser(text, context).whole((parser) => parser.condition());
}

/** `left = right`, or another comparison, with an optional `where condition`. */
export function parseClaim(text: string, context: ParseContext = {}): Claim {
  return new Parser(text, context).whole((parser) => parser.claim());
}

/** `c[k] = expression`. */
export function parseDefinition(text: string, context: ParseContext = {}): Definition {
  return new Parser(text, context).whole((parser) => parser.definition());
}

class Parser extends Cursor {
  private readonly indices: ReadonlySet<string>;
  private depth = 0;

  constructor(text: string, context: ParseContext) {
    demandMade(context, [], 'formula', 'a context { indices, locate }');
    super(text, context.locate);
    this.indices = new Set(context.indices ?? []);
  }

  whole<T>(read: (parser: Parser) => T): T {
    const result = read(this);
    if (this.peek().kind !== 'end') throw this.unexpected('an operator or the end');
    return result;
  }

  definition(): Definition {
    const { name, index } = this.name(newName(this, 'the name to define'));
    const twice = index.find((each, at) => index.indexOf(each) !== at);
    if (twice !== undefined) {
      throw this.fail(this.peek().column, `found the index '${twice}' twice in '${name}'`,
        'each index of a definition ranges over its own axis',
        `declare a second index over that axis: index ${twice}2: …`);
    }
    this.expect('=', `'=' after the defined name`);
    return { target: { name, index }, value: this.expression() };
  }

  claim(): Claim {
    const left = this.expression();
    const sign = this.peek();
    if (!compareOps.has(sign.text)) throw this.unexpected('= or another comparison');
    this.next();
    const right = this.expression();
    const where = this.accept('where') ? this.condition() : null;
    return { op: sign.text as CompareOp, left, right, where, column: sign.column };
  }

  expression(): Expr {
    return this.nested(() => {
      const then = this.sum();
      const { column } = this.peek();
      if (!this.accept('if')) return then;
      const cond = this.condition();
      this.expect('else', `'else' to complete 'if' of column ${column + 1}`);
      return { kind: 'select', then, cond, otherwise: this.expression(), column };
    });
  }

  private sum(): Expr {
    return this.chain(['+', '-'], () => this.chain(['*', '/'], () => this.unary()));
  }

  private chain(ops: readonly BinaryOp[], part: () => Expr): Expr {
    let left = part();
    for (;;) {
      const { column } = this.peek();
      const op = ops.find((each) => this.accept(each));
      if (op === undefined) return left;
      left = { kind: 'binary', op, left, right: part(), column };
    }
  }

  private unary(): Expr {
    return this.nested(() => {
      const { column } = this.peek();
      if (this.accept('-')) return { kind: 'negate', of: this.unary(), column };
      const left = this.atom();
      const power = this.peek();
      return this.accept('^') ? { kind: 'binary', op: '^', left, right: this.unary(), column: power.column } : left;
    });
  }

  private atom(): Expr {
    const token = this.peek();
    if (token.kind === 'number') {
      this.next();
      return { kind: 'number', value: Number(token.text), text: token.text, column: token.column };
    }
    if (this.accept('(')) {
      const inside = this.expression();
      this.close(token);
      return inside;
    }
    if (token.kind !== 'name') throw this.unexpected('a name, a number or (');
    this.next();
    if (this.peek().text === '(') return this.call(token);
    if (reserved.has(token.text)) {
      throw this.fail(token.column, `found the function '${token.text}' without its arguments`,
        'a function is followed by ( and its name means nothing else',
        `write ${token.text}(…), or rename the quantity`);
    }
    return this.name(token);
  }

  /** The rest of a name: its indices. */
  private name(token: Token): NameExpr {
    const index: string[] = [];
    if (this.accept('[')) {
      do index.push(newName(this, `an index of '${token.text}'`).text); while (this.accept(','));
      this.expect(']', `']' to close the indices of '${token.text}'`);
    }
    return { kind: 'name', name: token.text, index, column: token.column };
  }

  private call(head: Token): Expr {
    const open = this.next();
    const { text: name, column } = head;
    if (name === 'd') return this.derivative(head, open);
    if (name === 'at') return this.at(head, open);
    if (name === 'sum' || name === 'mean' || name === 'rank') return this.bound(name, head, open);
    if ((name === 'max' || name === 'min') && this.rangesOverAnAxis(name)) return this.bound(name, head, open);
    const arity = functions.get(name);
    if (arity === undefined) {
      const near = nearest(name, reserved);
      throw this.fail(column, `found '${name}(', and there is no function '${name}'`,
        'only the functions of the notation are called; an index stands in brackets and a product is written with *',
        near !== null && !keywords.has(near) ? `did you mean ${near}? Or write ${name}[…] or ${name} * (…)`
          : `write ${name}[…] for an entry, ${name} * (…) for a product, or define it as a name`);
    }
    const args = [this.expression()];
    while (this.accept(',')) args.push(this.expression());
    if (args.length !== arity) {
      throw this.fail(column, `found ${name} of ${args.length}`,
        `${name} takes ${arity} argument${arity === 1 ? '' : 's'}`,
        name === 'max' || name === 'min' ? `nest it: ${name}(a, ${name}(b, c)), or range over an index: ${name}(k, e)`
          : 'give it as many, separated by commas');
    }
    this.close(open);
    const [left, right] = args;
    return name === 'pow' && left !== undefined && right !== undefined
      ? { kind: 'binary', op: '^', left, right, column } : { kind: 'call', name, args, column };
  }

  private derivative(head: Token, open: Token): Expr {
    const of = this.expression();
    this.expect(',', `',' and the name to differentiate by`);
    const token = this.next();
    const by = token.kind === 'name' && this.peek().text !== '(' && !reserved.has(token.text) ? this.name(token) : null;
    if (by === null || (this.peek().text !== ')' && this.peek().text !== ',' && this.peek().kind !== 'end')) {
      throw this.fail(token.column, `found an expression at ${shown(token)} as what to differentiate by`,
        'd(e, name) differentiates by a name, with or without indices',
        'give the expression a name with define, and write that name');
    }
    if (this.peek().text === ',') {
      throw this.fail(this.peek().column, 'found a third argument of d(e, name)', 'a derivative is by one name',
        'nest second derivatives: d(d(e, a), b)');
    }
    this.close(open);
    return { kind: 'derivative', of, by, column: head.column };
  }

  private at(head: Token, open: Token): Expr {
    const of = this.expression();
    const bindings: Binding[] = [];
    this.expect(',', `',' and a name with its new value, as in at(L, t = 1)`);
    do {
      const name = newName(this, 'the name that at(…) gives a new value');
      if (bindings.some((binding) => binding.name === name.text)) {
        throw this.fail(name.column, `found '${name.text}' twice in one at(…)`, 'a name has one value at a time',
          'remove one of them');
      }
      this.expect('=', `'=' and the new value of '${name.text}'`);
      bindings.push({ name: name.text, value: this.expression(), column: name.column });
    } while (this.accept(','));
    this.close(open);
    return { kind: 'at', of, bindings, column: head.column };
  }

  private bound(op: BoundOp, head: Token, open: Token): Expr {
    const first = this.peek();
    const shape = this.firstArgument();
    let where: Cond | null = null;
    let index = first.text;
    if (shape === 'index') index = newName(this, `the index of ${op}`).text;
    else if (shape === 'condition') {
      where = this.condition();
      index = leadingName(where) ?? '';
    }
    if (shape === 'expression' || index === '') {
      throw this.fail(first.column, `found ${shown(first)} where the index of ${op} is needed`,
        `${op} begins with the index it ranges over, alone or as the first name of a condition`,
        `write ${op}(k, e) or ${op}(k != y and …, e); another condition goes into the body, as e if … else 0`);
    }
    this.expect(',', `',' and what ${op} ranges over`);
    const body = this.expression();
    this.close(open);
    return { kind: 'bound', op, index, where, body, column: head.column };
  }

  /** Whether the arguments that follow `max(` or `min(` are an index or a condition and a body. */
  private rangesOverAnAxis(name: string): boolean {
    const first = this.peek();
    const shape = this.firstArgument();
    if (shape === 'index') return this.indices.has(first.text);
    if (shape === 'condition' && first.kind === 'name' && !this.indices.has(first.text)) {
      throw this.fail(first.column, `found a condition on '${first.text}' in ${name}, and that is not an index here`,
        `${name} with a condition ranges over the index the condition begins with`,
        'begin with a declared index, or compare inside an argument: a if … else b');
    }
    return shape === 'condition';
  }

  condition(): Cond {
    const first = this.negation();
    const { column } = this.peek();
    const all = [first];
    while (this.accept('and')) all.push(this.negation());
    return all.length === 1 ? first : { kind: 'and', all, column };
  }

  private negation(): Cond {
    return this.nested(() => {
      const open = this.peek();
      if (this.accept('not')) return { kind: 'not', of: this.negation(), column: open.column };
      if (open.text === '(' && this.groupIsCondition()) {
        this.next();
        const inside = this.condition();
        this.close(open);
        return inside;
      }
      const left = this.sum();
      const sign = this.peek();
      if (!compareOps.has(sign.text)) throw this.unexpected('a comparison such as k != y or a < b');
      this.next();
      return { kind: 'compare', op: sign.text as CompareOp, left, right: this.sum(), column: sign.column };
    });
  }

  private nested<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > 2 * limits.nesting) {
      throw this.fail(this.peek().column, `found forms nested more than ${limits.nesting} deep`,
        'a formula fits on a page', 'give its parts names with define');
    }
    const result = read();
    this.depth -= 1;
    return result;
  }

  private close(open: Token): void {
    this.expect(')', `')' to close '(' of column ${open.column + 1}`);
  }

  private expect(text: string, needed: string): void {
    if (!this.accept(text)) throw this.unexpected(needed);
  }

  /** What the next token is doing where something else is needed; most of what people write wrongly ends here. */
  private unexpected(needed: string): Error {
    const token = this.peek();
    const [rule, hint] = advice(token, this.tokens[this.position - 1], needed);
    return this.fail(token.column, `found ${shown(token)} where ${needed} is needed`, rule, hint);
  }
}
