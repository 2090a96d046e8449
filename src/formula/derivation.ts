// A derivation: declarations and numbered lines in sections, read from the plain text described in docs/notation.md.
// The result is plain data that survives JSON. Read here: what each statement says, and that ids and names are unique
// where they must be. Not here: what names mean and whether they are declared (lowering), and whether a line is true
// (the checker). Next: declarations.ts and statements.ts, its two helpers; print.ts writes a derivation back, json.ts
// reads its machine form.

import { shown } from './advice.ts';
import {
  axesOf, cursorAt, failAt, indexNames, origin, readDeclaration, readIndices, textFrom,
  type Declaration, type Origin, type Scope,
} from './declarations.ts';
import type { Claim, Expr } from './grammar.ts';
import { parseClaim, parseDefinition, type ParseContext, type Target } from './parse.ts';
import { splitStatements, type Statement } from './statements.ts';
import { newName } from './tokens.ts';

export type LineKind = 'define' | 'claim' | 'number' | 'step';

/** A numbered line. define and step have `target` and `value`; claim and number have `claim` and perhaps `amended`. */
export interface Line extends Origin {
  readonly kind: LineKind;
  readonly id: string;
  readonly target?: Target;
  readonly value?: Expr;
  readonly claim?: Claim;
  readonly amended?: Claim;
  /** The amend statement, in which the columns of `amended` count. */
  readonly amendedFrom?: Origin;
  readonly notes: readonly string[];
}

/** The first section of a derivation has the id '' and holds what all others share. */
export interface Section extends Scope {
  readonly id: string;
  readonly title: string;
  readonly notes: readonly string[];
  readonly lines: readonly Line[];
}

export interface Derivation {
  /** The file it was read from, for errors that are found later. */
  readonly file?: string;
  readonly title: string;
  readonly source: string;
  readonly notes: readonly string[];
  readonly sections: readonly Section[];
}

export function parseDerivation(text: string, fileName = 'derivation'): Derivation {
  const { statements, prose } = splitStatements(text, fileName);
  const heads = new Map<string, string>();
  const notes = [...prose];
  const groups: { head: Statement | null; body: Statement[] }[] = [{ head: null, body: [] }];
  for (const statement of statements) {
    if (statement.word === 'section') groups.push({ head: statement, body: [] });
    else if (statement.word !== 'title' && statement.word !== 'source') groups.at(-1)?.body.push(statement);
    else if (heads.has(statement.word) || groups.length > 1) {
      throw failAt(statement, 0, `found ${heads.has(statement.word) ? 'a second' : 'a late'} '${statement.word}'`,
        'title and source stand once each, before the first section', 'remove it, or make it a note with #');
    } else {
      heads.set(statement.word, onOneLine(statement.text.slice(statement.start)));
      notes.push(...statement.notes);
    }
  }
  const sections: Section[] = [];
  for (const { head, body } of groups) {
    const { id, title } = head === null ? { id: '', title: '' } : sectionHead(head);
    if (head !== null && sections.some((section) => section.id === id)) {
      throw failAt(head, head.start, `found a second section '${id}'`, 'each section has its own id',
        'give it another id');
    }
    sections.push({ id, title, notes: head?.notes ?? [], ...sectionBody(body, sections[0]) });
  }
  return { file: fileName, title: heads.get('title') ?? '', source: heads.get('source') ?? '', notes, sections };
}

const onOneLine = (text: string): string => text.replace(/\n\s*/g, ' ');

function sectionHead(statement: Statement): { id: string; title: string } {
  const { text, start } = statement;
  const colon = text.indexOf(':', start);
  const cursor = cursorAt(statement, start, colon < 0 ? text.length : colon);
  const id = newName(cursor, 'the id of a section').text;
  const rest = cursor.peek();
  if (rest.kind !== 'end') {
    throw failAt(statement, rest.column, `found ${shown(rest)} in the id of a section`,
      'the id of a section is one name, so that sv.L can be read',
      'write section id: title');
  }
  return { id, title: colon < 0 ? '' : onOneLine(text.slice(colon + 1)).trim() };
}

function sectionBody(body: readonly Statement[], shared: Scope | undefined): Omit<Section, 'id' | 'title' | 'notes'> {
  const taken = new Map<string, string>();
  const take = (statement: Statement, column: number, name: string, role: string): void => {
    const before = taken.get(name);
    if (before !== undefined && !(before === role && role === 'an axis')) {
      throw failAt(statement, column, `found '${name}' as ${role}, and it is ${before} already`,
        'a name has one meaning in a section',
        'rename one of them, or begin another section');
    }
    taken.set(name, role);
  };
  const declarations: Declaration[] = [];
  for (const statement of body.filter(({ word }) => word === 'declare')) {
    declarations.push(readDeclaration(statement, take));
  }
  const axes = new Set([...axesOf(shared?.declarations ?? []), ...axesOf(declarations)]);
  const indices = body.filter(({ word }) => word === 'index')
    .flatMap((statement) => readIndices(statement, axes, take));
  const scope = { declarations, indices };
  const known = [...indexNames(shared ?? scope, scope).keys()];
  const lines: Line[] = [];
  for (const statement of body) {
    const context = (start: number): ParseContext & { text: string } => (
      { text: textFrom(statement.text, start), indices: known, locate: statement.locate });
    if (statement.word === 'amend') lines.push(amended(lines.pop(), statement, context(statement.start)));
    else if (statement.word !== 'declare' && statement.word !== 'index') {
      const { id, start } = readId(statement);
      if (lines.some((line) => line.id === id)) {
        throw failAt(statement, statement.start, `found a second line ${id}`, 'an id is unique in its section',
          `write another, such as ${id}b`);
      }
      const line = readLine(statement, id, start, context(start));
      if (line.target !== undefined) take(statement, start, line.target.name, 'a defined name');
      lines.push(line);
    }
  }
  return { ...scope, lines };
}

function readId(statement: Statement): { id: string; start: number } {
  const { text, start } = statement;
  const id = text.slice(start).split(/\s/, 1)[0] ?? '';
  const rest = text.slice(start + id.length);
  if (!isId(id) || /^\s*[=<>!+*/^]/.test(rest)) {
    const found = id === '' ? 'nothing' : `'${id.slice(0, 40)}'`;
    throw failAt(statement, start, `found ${found} where the id of a line is needed`,
      `${statement.word} is followed by an id such as (14), (3a) or D14b, without spaces`,
      `write ${statement.word} D1 and then the formula`);
  }
  return { id, start: start + id.length + rest.length - rest.trimStart().length };
}

function isId(text: string): boolean {
  return /^(\([\p{L}\p{N}_.'*-]+\)|[\p{L}\p{N}_][\p{L}\p{N}_.'*-]*)$/u.test(text);
}

function readLine(statement: Statement, id: string, start: number, context: ParseContext & { text: string }): Line {
  const kind = statement.word as LineKind;
  const { text, lineNumber, notes } = origin(statement);
  if (kind === 'define' || kind === 'step') {
    const { target, value } = parseDefinition(context.text, context);
    if (kind === 'step' && !target.name.endsWith("'")) {
      throw failAt(statement, start, `found the step of '${target.name}'`,
        'a step gives the next value of a quantity a primed name',
        `write ${target.name}' = …`);
    }
    return { kind, id, target, value, notes, lineNumber, text };
  }
  const claim = parseClaim(context.text, context);
  if (kind === 'number') {
    const literal = claim.right.kind === 'negate' ? claim.right.of : claim.right;
    if (claim.op !== '=' || literal.kind !== 'number' || claim.where !== null) {
      throw failAt(statement, claim.right.column ?? start, 'found a number line that does not end in = and a literal',
        'a number line compares a formula with the digits the paper prints',
        'write number F2a -log(0.2) = 1.6094, or use claim');
    }
  }
  return { kind, id, claim, notes, lineNumber, text };
}

function amended(line: Line | undefined, statement: Statement, context: ParseContext & { text: string }): Line {
  if (line?.claim === undefined || line.amended !== undefined) {
    throw failAt(statement, 0, 'found an amend with no claim or number above it to amend',
      'amend stands under the line it corrects, once',
      'move it there, or make it a claim with its own id');
  }
  return {
    ...line, amended: parseClaim(context.text, context), amendedFrom: { text: statement.text, lineNumber: statement.lineNumber },
    notes: [...line.notes, ...statement.notes],
  };
}
