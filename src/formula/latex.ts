// Syntax tree to LaTeX, the way a paper sets it: fractions, cases, sums with their condition below, hats for unit
// vectors, partial derivatives. One direction only: LaTeX is never read. Needs amsmath (cases, \operatorname*,
// \substack). Parentheses follow the look of the page, not the text's: a fraction bar and an exponent group by
// themselves.

import { demandMade } from '../base/demand.ts';
import {
  precedence, type Claim, type CompareOp, type Cond, type Expr, type NameExpr, type SelectExpr,
} from './grammar.ts';
import { isVectorName, needsParens, opensRight, rowsOf } from './layout.ts';
import { greek, hatted, symbolOf } from './symbols.ts';

export function toLatex(node: Expr | Cond | Claim): string {
  demandMade(node, [], 'toLatex', 'a formula as parseExpr, parseCond and parseClaim return it');
  if (!('kind' in node)) {
    const where = node.where === null ? '' : ` \\qquad \\text{where } ${cond(node.where)}`;
    return `${expr(node.left)} ${relations[node.op]} ${expr(node.right)}${where}`;
  }
  return node.kind === 'compare' || node.kind === 'not' || node.kind === 'and' ? cond(node) : expr(node);
}

const relations: Readonly<Record<CompareOp, string>> = {
  '=': '=', '!=': '\\neq', '<': '<', '<=': '\\leq', '>': '>', '>=': '\\geq',
};

function expr(e: Expr): string {
  switch (e.kind) {
    case 'number': return number(e.text);
    case 'name': return named(e, '');
    case 'negate': return `-${operand(e.of, precedence.power)}`;
    case 'binary': return binary(e.op, e.left, e.right);
    case 'call': return call(e.name, e.args);
    case 'bound': {
      const below = `_{${e.where === null ? symbol(e.index) : cond(e.where)}}`;
      if (e.op === 'rank') return `\\operatorname{rank}${below}${parens(e.body)}`;
      const head = e.op === 'sum' ? '\\sum' : e.op === 'mean' ? '\\operatorname*{mean}' : `\\${e.op}`;
      return `${head}${below} ${applied(e.body)}`;
    }
    case 'select': return cases(e);
    case 'derivative': {
      const by = named(e.by, '');
      return e.of.kind === 'name' ? `\\frac{\\partial ${named(e.of, '')}}{\\partial ${by}}`
        : `\\frac{\\partial}{\\partial ${by}} ${applied(e.of)}`;
    }
    case 'at': {
      const bindings = e.bindings.map(({ name, value }) => `${symbol(name)} = ${expr(value)}`);
      return `\\left. ${expr(e.of)} \\right|_{${bindings.join(',\\, ')}}`;
    }
  }
}

function cond(c: Cond): string {
  switch (c.kind) {
    case 'compare': return `${operand(c.left, precedence.add)} ${relations[c.op]} ${operand(c.right, precedence.add)}`;
    case 'not': return `\\lnot \\left(${cond(c.of)}\\right)`;
    case 'and':
      return c.all.map((each) => (each.kind === 'and' ? `\\left(${cond(each)}\\right)` : cond(each))).join(' \\land ');
  }
}

function binary(op: string, left: Expr, right: Expr): string {
  if (op === '/') return `\\frac{${expr(left)}}{${expr(right)}}`;
  if (op === '^') return `${base(left)}^{${expr(right)}}`;
  if (op === '*') {
    const before = operand(left, precedence.multiply, opensRight(left));
    const after = operand(right, precedence.power, right.kind === 'negate');
    return `${before} ${/^\d/.test(after) ? '\\cdot' : '\\,'} ${after}`;
  }
  return `${operand(left, precedence.add)} ${op} ${applied(right)}`;
}

/** What stands below an exponent: bare when it is one letter or a bracketed form, else in parentheses. */
function base(e: Expr): string {
  if (e.kind === 'name' && !e.name.includes('.') && !e.name.includes("'")) return named(e, '');
  if (e.kind === 'name') return `{${named(e, '')}}`;
  if (e.kind === 'number' && /^[\d.]+$/.test(e.text)) return e.text;
  return e.kind === 'call' && ['abs', 'norm', 'floor'].includes(e.name) ? expr(e) : parens(e);
}

const commands: ReadonlyMap<string, string> = new Map([
  ['log', '\\log'], ['sin', '\\sin'], ['cos', '\\cos'], ['acos', '\\arccos'], ['tanh', '\\tanh'], ['max', '\\max'],
  ['min', '\\min'],
]);

function call(name: string, args: readonly Expr[]): string {
  const [first, second] = args;
  const inside = args.map(expr).join(',\\, ');
  switch (name) {
    case 'exp': return `e^{${inside}}`;
    case 'sqrt': return `\\sqrt{${inside}}`;
    case 'abs': return `\\left\\lvert ${inside} \\right\\rvert`;
    case 'norm': return `\\left\\lVert ${inside} \\right\\rVert`;
    case 'floor': return `\\left\\lfloor ${inside} \\right\\rfloor`;
    case 'unit':
      if (first?.kind === 'name') return named(first, '\\hat');
      return `\\frac{${inside}}{\\left\\lVert ${inside} \\right\\rVert}`;
    case 'dot':
      if (isVectorName(first) && isVectorName(second)) {
        return `{${expr(first)}}^{\\top} ${expr(second)}`;
      }
      return `\\left\\langle ${inside} \\right\\rangle`;
    default: return `${commands.get(name) ?? `\\operatorname{${name}}`}\\left(${inside}\\right)`;
  }
}

function cases(e: SelectExpr): string {
  const rows = rowsOf(e).map(({ value, cond: when }) => `${expr(value)} & ${when === undefined ? '\\text{otherwise}' : `\\text{if } ${cond(when)}`}`);
  return `\\begin{cases} ${rows.join(' \\\\ ')} \\end{cases}`;
}

function operand(e: Expr, least: number, force = false): string {
  return force || needsParens(e, least) ? parens(e) : expr(e);
}

/** What a sum or a derivative sign applies to. */
function applied(e: Expr): string {
  return operand(e, precedence.multiply, e.kind === 'negate');
}

function parens(e: Expr): string {
  return `\\left(${expr(e)}\\right)`;
}

function number(text: string): string {
  const [digits, exponent] = text.toLowerCase().split('e');
  return exponent === undefined ? text : `${digits ?? ''} \\cdot 10^{${exponent.replace('+', '')}}`;
}

/**
 * A name with its accent, its section above and its own digits and indices below: `sv.m1[k]` is m, sv above, 1 and k
 * below. ∂q is the adjoint of q.
 */
function named(e: NameExpr, accent: string): string {
  if (/^∂./u.test(e.name)) return `\\partial ${named({ ...e, name: e.name.slice(1) }, accent)}`;
  const { letters, below, above, primes } = symbolOf(e);
  const core = accent === '' ? letter(letters) : `${accent}{${letter(letters)}}`;
  const under = below.map((part) => (/^\d+$/.test(part) ? part : symbol(part))).join(',');
  const sections = above.map(letter).join('.');
  const over = sections === '' ? "'".repeat(primes) : `^{${sections}${'\\prime'.repeat(primes)}}`;
  return `${core}${under === '' ? '' : `_{${under}}`}${over}`;
}

function symbol(name: string): string {
  return named({ kind: 'name', name, index: [] }, '');
}

const greekLetters: ReadonlyMap<string, string> = new Map([
  ...[...greek].map(([word, char]) => [char, `\\${word}`] as const), ['∞', '\\infty'], ['⊤', '\\top'],
]);

/** One letter as it is, a Greek letter by its command, a word upright. */
function letter(word: string): string {
  if (greek.has(word)) return `\\${word}`;
  const under = hatted(word);
  if (under !== undefined) return `\\hat{${letter(under)}}`;
  const escaped = (char: string): string => ('_%#&${}'.includes(char) ? `\\${char}` : char);
  // Mathematics has no spaces; text keeps those of words.
  if (/\s/.test(word)) return `\\text{${[...word].map(escaped).join('')}}`;
  const chars = [...word].map((char) => greekLetters.get(char) ?? escaped(char));
  if (chars.length === 1) return chars.join('');
  return `\\mathrm{${chars.map((char) => (/^\\[A-Za-z]/.test(char) ? `${char} ` : char)).join('').trimEnd()}}`;
}
