// Syntax tree to presentation MathML, set as latex.ts sets it: fractions, cases, sums with their condition below, hats
// for unit vectors. The text of the notation goes along as an annotation, so what is copied from a page can be checked
// again. Elements of MathML Core only, which browsers draw without a script.

import { demandMade } from '../base/demand.ts';
import { escapeText, Markup, markup } from '../base/markup.ts';
import {
  precedence, type Claim, type CompareOp, type Cond, type Expr, type NameExpr, type SelectExpr,
} from './grammar.ts';
import { isVectorName, needsParens, opensRight, rowsOf } from './layout.ts';
import { printClaim, printCond, printExpr } from './print.ts';
import { greek, hatted, symbolOf } from './symbols.ts';

type Node = Expr | Cond | Claim;

/** A `<math>` element; `block` sets it as a line of its own. */
export function toMathml(node: Node, { block = false }: { readonly block?: boolean } = {}): Markup {
  demandMade(node, [], 'toMathml', 'a formula as parseExpr, parseCond and parseClaim return it');
  const attribute = new Markup(block ? ' display="block"' : ' displaystyle="true"');
  const source = markup`<annotation encoding="text/plain">${textOf(node)}</annotation>`;
  return markup`<math${attribute}><semantics>${row(node)}${source}</semantics></math>`;
}

function textOf(node: Node): string {
  if (!('kind' in node)) return printClaim(node);
  return isCond(node) ? printCond(node) : printExpr(node);
}

const isCond = (node: Expr | Cond): node is Cond => node.kind === 'compare' || node.kind === 'not' || node.kind === 'and';

function row(node: Node): Markup {
  if ('kind' in node) return group(isCond(node) ? cond(node) : expr(node));
  const where = node.where === null ? '' : markup`<mspace width="1.6em"/><mtext>where\u00a0</mtext>${cond(node.where)}`;
  return markup`<mrow>${expr(node.left)}${sign(relations[node.op])}${expr(node.right)}${where}</mrow>`;
}

const relations: Readonly<Record<CompareOp, string>> = { '=': '=', '!=': '≠', '<': '<', '<=': '≤', '>': '>', '>=': '≥' };

const group = (...parts: readonly Markup[]): Markup => markup`<mrow>${parts}</mrow>`;
const sign = (text: string): Markup => markup`<mo>${text}</mo>`;
const tight = (text: string): Markup => markup`<mo lspace="0" rspace="0">${text}</mo>`;
const fenced = (open: string, inside: Markup | readonly Markup[], close: string): Markup =>
  markup`<mrow><mo fence="true" form="prefix">${open}</mo>${inside}<mo fence="true" form="postfix">${close}</mo></mrow>`;
const parens = (e: Expr): Markup => fenced('(', expr(e), ')');
/** A word is upright by itself; the invisible sign says that what follows is its argument. */
const applied = (name: string, inside: Markup): Markup => markup`<mrow><mi>${name}</mi><mo>\u2061</mo>${inside}</mrow>`;

function expr(e: Expr): Markup {
  switch (e.kind) {
    case 'number': return number(e.text);
    case 'name': return named(e);
    case 'negate': return group(markup`<mo form="prefix">−</mo>`, operand(e.of, precedence.power));
    case 'binary': return binary(e.op, e.left, e.right);
    case 'call': return call(e.name, e.args);
    case 'bound': {
      const below = e.where === null ? symbol(e.index) : group(cond(e.where));
      if (e.op === 'rank') return markup`<mrow><msub><mi>rank</mi>${below}</msub>${parens(e.body)}</mrow>`;
      const head = e.op === 'sum' ? markup`<mo>∑</mo>` : markup`<mo lspace="0" rspace="0.17em" movablelimits="false">${e.op}</mo>`;
      return group(markup`<munder>${head}${below}</munder>`, argument(e.body));
    }
    case 'select': return cases(e);
    case 'derivative': {
      const by = group(tight('∂'), named(e.by));
      return e.of.kind === 'name' ? markup`<mfrac>${group(tight('∂'), named(e.of))}${by}</mfrac>`
        : group(markup`<mfrac>${tight('∂')}${by}</mfrac>`, argument(e.of));
    }
    case 'at': {
      const bindings = e.bindings.map(({ name, value }, i) => [...(i === 0 ? [] : [sign(',')]), symbol(name), sign('='), expr(value)]);
      return markup`<msub><mrow>${expr(e.of)}<mo fence="true" stretchy="true" form="postfix">|</mo></mrow>${group(...bindings.flat())}</msub>`;
    }
  }
}

function cond(c: Cond): Markup {
  switch (c.kind) {
    case 'compare': return group(operand(c.left, precedence.add), sign(relations[c.op]), operand(c.right, precedence.add));
    case 'not': return group(markup`<mo form="prefix">¬</mo>`, fenced('(', cond(c.of), ')'));
    case 'and': {
      const parts = c.all.map((each) => (each.kind === 'and' ? fenced('(', cond(each), ')') : cond(each)));
      return group(...parts.flatMap((part, i) => (i === 0 ? [part] : [sign('∧'), part])));
    }
  }
}

function binary(op: string, left: Expr, right: Expr): Markup {
  if (op === '/') return markup`<mfrac>${group(expr(left))}${group(expr(right))}</mfrac>`;
  if (op === '^') return markup`<msup>${base(left)}${group(expr(right))}</msup>`;
  if (op === '*') {
    const digit = leads(right);
    const times = digit ? sign('⋅') : markup`<mo lspace="0.1em" rspace="0.1em">\u2062</mo>`;
    return group(operand(left, precedence.multiply, opensRight(left)), times, operand(right, precedence.power, right.kind === 'negate'));
  }
  return group(operand(left, precedence.add), sign(op === '-' ? '−' : op), argument(right));
}

/** Whether a factor begins with a digit on the page, so that it needs a dot before it. */
function leads(e: Expr): boolean {
  if (e.kind === 'number') return true;
  if (e.kind === 'at') return leads(e.of);
  return e.kind === 'binary' && e.op === '^' && e.left.kind === 'number' && /^[\d.]+$/.test(e.left.text);
}

/** What stands below an exponent: bare when it is one symbol or a bracketed form, else in parentheses. */
function base(e: Expr): Markup {
  if (e.kind === 'name' || (e.kind === 'number' && /^[\d.]+$/.test(e.text))) return expr(e);
  return e.kind === 'call' && ['abs', 'norm', 'floor'].includes(e.name) ? expr(e) : parens(e);
}

function call(name: string, args: readonly Expr[]): Markup {
  const [first, second] = args;
  const list = args.flatMap((arg, i) => (i === 0 ? [expr(arg)] : [sign(','), expr(arg)]));
  const inside = group(...list);
  switch (name) {
    case 'exp': return markup`<msup><mi>e</mi>${inside}</msup>`;
    case 'sqrt': return markup`<msqrt>${list}</msqrt>`;
    case 'abs': return fenced('|', list, '|');
    case 'norm': return fenced('‖', list, '‖');
    case 'floor': return fenced('⌊', list, '⌋');
    case 'unit':
      if (first?.kind === 'name') return named(first, true);
      return markup`<mfrac>${inside}${fenced('‖', list, '‖')}</mfrac>`;
    case 'dot':
      if (isVectorName(first) && isVectorName(second)) {
        return group(markup`<msup>${expr(first)}<mo>⊤</mo></msup>`, expr(second));
      }
      return fenced('⟨', list, '⟩');
    case 'acos': return applied('arccos', fenced('(', list, ')'));
    default: return applied(name, fenced('(', list, ')'));
  }
}

function cases(e: SelectExpr): Markup {
  const rows = rowsOf(e).map(({ value, cond: when }) => {
    const said = when === undefined ? markup`<mtext>otherwise</mtext>` : markup`<mtext>if\u00a0</mtext>${cond(when)}`;
    return markup`<mtr><mtd>${expr(value)}</mtd><mtd>${said}</mtd></mtr>`;
  });
  return markup`<mrow><mo fence="true" form="prefix">{</mo><mtable columnalign="left left" class="cases">${rows}</mtable></mrow>`;
}

function operand(e: Expr, least: number, force = false): Markup {
  return force || needsParens(e, least) ? parens(e) : expr(e);
}

/** What a sum or a derivative sign applies to. */
const argument = (e: Expr): Markup => operand(e, precedence.multiply, e.kind === 'negate');

function number(text: string): Markup {
  const [digits = '', exponent] = text.toLowerCase().split('e');
  if (exponent === undefined) return markup`<mn>${text}</mn>`;
  const power = exponent.replace('+', '').replace('-', '−');
  return markup`<mrow><mn>${digits}</mn><mo>⋅</mo><msup><mn>10</mn><mn>${power}</mn></msup></mrow>`;
}

/** A name with its accent, its section above and its own digits and indices below. ∂q is the adjoint of q. */
function named(e: NameExpr, hat = false): Markup {
  if (/^∂./u.test(e.name)) return group(tight('∂'), named({ ...e, name: e.name.slice(1) }, hat));
  const { letters, below, above, primes } = symbolOf(e);
  const core = hat ? accented(letter(letters)) : letter(letters);
  const list = (parts: readonly Markup[], between: string): Markup[] => parts.flatMap((part, i) => (i === 0 ? [part] : [tight(between), part]));
  const under = below.map((part) => (/^\d+$/.test(part) ? markup`<mn>${part}</mn>` : symbol(part)));
  const over = [...list(above.map(letter), '.'), ...(primes === 0 ? [] : [tight('′'.repeat(primes))])];
  if (under.length > 0 && over.length > 0) return markup`<msubsup>${core}${group(...list(under, ','))}${group(...over)}</msubsup>`;
  if (under.length > 0) return markup`<msub>${core}${group(...list(under, ','))}</msub>`;
  return over.length === 0 ? core : markup`<msup>${core}${group(...over)}</msup>`;
}

function symbol(name: string): Markup {
  return named({ kind: 'name', name, index: [] });
}

const accented = (under: Markup): Markup => markup`<mover accent="true">${under}<mo stretchy="false">^</mo></mover>`;

/** One letter slanted, a Greek letter by its sign, a word upright: MathML does so by itself. */
function letter(word: string): Markup {
  const under = hatted(word);
  return under === undefined ? new Markup(`<mi>${escapeText(greek.get(word) ?? word)}</mi>`) : accented(letter(under));
}
