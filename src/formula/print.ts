// Syntax tree to text in the notation, with the fewest parentheses the grammar allows: what is printed reads back as
// the same tree, and printing what was read changes spacing only. Whole derivations print the same way, prose above its
// statement, declarations before lines. Long lines are not broken. Next: latex.ts, the same walk for typesetting.

import { demandMade } from '../base/demand.ts';
import type { Declaration, DeclaredType, Domain } from './declarations.ts';
import type { Derivation, Line, Section } from './derivation.ts';
import { precedence, precedenceOf, type Claim, type Cond, type Expr, type NameExpr } from './grammar.ts';

export function printExpr(e: Expr): string {
  demandMade(e, ['kind'], 'printExpr', 'what parseExpr returns');
  switch (e.kind) {
    case 'number': return e.text;
    case 'name': return printName(e);
    case 'negate': return `-${operand(e.of, precedence.negate)}`;
    case 'binary': {
      const level = precedenceOf(e);
      if (e.op === '^') return `${operand(e.left, precedence.atom)}^${operand(e.right, precedence.negate)}`;
      return `${operand(e.left, level)} ${e.op} ${operand(e.right, level + 1)}`;
    }
    case 'call': return `${e.name}(${e.args.map(printExpr).join(', ')})`;
    case 'bound': return `${e.op}(${e.where === null ? e.index : printCond(e.where)}, ${printExpr(e.body)})`;
    case 'select':
      return `${operand(e.then, precedence.add)} if ${printCond(e.cond)} else ${printExpr(e.otherwise)}`;
    case 'derivative': return `d(${printExpr(e.of)}, ${printName(e.by)})`;
    case 'at': {
      const bindings = e.bindings.map(({ name, value }) => `${name} = ${printExpr(value)}`);
      return `at(${[printExpr(e.of), ...bindings].join(', ')})`;
    }
  }
}

export function printCond(c: Cond): string {
  demandMade(c, ['kind'], 'printCond', 'what parseCond returns');
  switch (c.kind) {
    case 'compare': return `${operand(c.left, precedence.add)} ${c.op} ${operand(c.right, precedence.add)}`;
    case 'not': return `not ${grouped(c.of)}`;
    case 'and': return c.all.map(grouped).join(' and ');
  }
}

/** A choice on the left of a claim is put in parentheses for the eye. */
export function printClaim(claim: Claim): string {
  demandMade(claim, ['op', 'left', 'right'], 'printClaim', 'what parseClaim returns');
  const where = claim.where === null ? '' : ` where ${printCond(claim.where)}`;
  return `${operand(claim.left, precedence.add)} ${claim.op} ${printExpr(claim.right)}${where}`;
}

export function printName(e: Pick<NameExpr, 'name' | 'index'>): string {
  return e.index.length === 0 ? e.name : `${e.name}[${e.index.join(', ')}]`;
}

/** A derivation as a file; reading it gives the same derivation, its texts and line numbers aside. */
export function printDerivation(derivation: Derivation): string {
  demandMade(derivation, ['sections'], 'printDerivation', 'what parseDerivation returns');
  const { title, source, notes, sections } = derivation;
  const head = notes.map(prose);
  if (title !== '' || (notes.length > 0 && source === '')) head.push(statement('title', title));
  if (source !== '') head.push(statement('source', source));
  const blocks = [head, ...sections.flatMap(sectionBlocks)].filter((block) => block.length > 0);
  return blocks.length === 0 ? '' : `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

function sectionBlocks({ id, title, notes, declarations, indices, lines }: Section): string[][] {
  const head = id === '' ? [] : [...notes.map(prose), statement('section', title === '' ? id : `${id}: ${title}`)];
  for (const each of declarations) head.push(...each.notes.map(prose), statement('declare', declared(each)));
  for (const each of indices) head.push(...each.notes.map(prose), statement('index', `${each.name}: ${each.axis}`));
  const width = Math.max(4, ...lines.map((line) => line.id.length));
  return [head, lines.flatMap((line) => printLine(line, width))];
}

function printLine(line: Line, width: number): string[] {
  const numbered = (word: string, id: string, text: string): string => statement(word, `${id.padEnd(width)} ${text}`);
  const printed = line.notes.map(prose);
  if (line.target !== undefined && line.value !== undefined) {
    printed.push(numbered(line.kind, line.id, `${printName(line.target)} = ${printExpr(line.value)}`));
  }
  if (line.claim !== undefined) printed.push(numbered(line.kind, line.id, printClaim(line.claim)));
  if (line.amended !== undefined) printed.push(numbered('amend', '', printClaim(line.amended)));
  return printed;
}

function declared({ names, type, domain }: Declaration): string {
  return `${names.join(' ')}: ${printType(type)}${domain === null ? '' : ` in ${printDomain(domain)}`}`;
}

function printType(type: DeclaredType): string {
  if (type.kind === 'scalar') return 'scalar';
  return type.kind === 'label' ? `${type.from} -> ${type.to}` : type.axes.join(' ');
}

function printDomain(domain: Domain): string {
  return domain.kind === 'interval' ? `[${domain.low}, ${domain.high}]` : `{${domain.values.join(', ')}}`;
}

function statement(word: string, rest: string): string {
  return `${word.padEnd(7)} ${rest}`.trimEnd();
}

function prose(note: string): string {
  return `# ${note}`.trimEnd();
}

function operand(e: Expr, least: number): string {
  return precedenceOf(e) < least ? `(${printExpr(e)})` : printExpr(e);
}

function grouped(c: Cond): string {
  return c.kind === 'and' ? `(${printCond(c)})` : printCond(c);
}
