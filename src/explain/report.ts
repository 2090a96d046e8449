// What every page about an explanation needs, whatever it is written in: the lines in groups by scope, formulas read
// back, numbers in rows, the sentences of an assumption and of a proof. How they look is in html.ts and markdown.ts.

import type { Column } from '../base/page.ts';
import { type Claim, type Expr, parseDefinition } from '../formula/index.ts';
import type { Belonging } from './belonging.ts';
import type { Assumption, Contribution, Explanation, Line, Numbers, Proof } from './explanation.ts';
import { plainNumber, short } from './numbers.ts';
import { formulaReader } from './reading.ts';
import { grid, place } from './text.ts';

export interface ReportOptions {
  readonly title: string;
  /** Where the function is from, the address of that, and by which numbers it has the equation; lines of it lead there. */
  readonly source?: { readonly text: string; readonly href?: string; readonly equation?: string };
  /** Sentences below the title: the parameters, the point. */
  readonly notes?: readonly string[];
  /** Definitions in the notation of formulas, one a line: the equation as its paper has it. Lines of a name refer to them. */
  readonly equation?: string;
  /**
   * The address of a line of a file, as seen from where the report will lie; undefined leaves its name without a link. By default
   * a file of the reader's has its address on this machine, and one of this package its name.
   */
  readonly address?: (file: string, line: number) => string | undefined;
  /** What was found out about the gradient besides. */
  readonly studies?: readonly Study[];
}

/** An answer about a gradient as a page has it: sentences and tables in their order. */
export interface Study {
  readonly title: string;
  readonly parts: readonly StudyPart[];
}

export type StudyPart = string | StudyTable;

/** The first cell of a row names it. */
export interface StudyTable {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** A table for a page; columns that no row has anything in are left out. */
export function studyTable({ caption, columns, rows }: StudyTable): StudyTable {
  const used = columns.map((_, i) => i === 0 || rows.some((row) => row[i] !== ''));
  const kept = <T>(list: readonly T[]): T[] => list.filter((_, i) => used[i]);
  return { caption, columns: kept(columns), rows: rows.map(kept) };
}

/** Columns by their names; those that begin with # hold numbers. */
export const columnsOf = (...names: readonly string[]): Column[] =>
  names.map((name) => (name.startsWith('#') ? { name: name.slice(1), kind: 'number' } : { name }));

/** Lines that stand together: the main ones, and those that only serve their formulas. */
export interface Group {
  readonly scope: string | undefined;
  readonly shown: readonly Line[];
  readonly inside: readonly Line[];
}

export function groupsOf({ lines }: Explanation): Group[] {
  const groups: { scope: string | undefined; shown: Line[]; inside: Line[] }[] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last === undefined || (line.main && line.scope !== last.scope)) {
      groups.push(line.main ? { scope: line.scope, shown: [line], inside: [] } : { scope: line.scope, shown: [], inside: [line] });
    } else (line.main ? last.shown : last.inside).push(line);
  }
  return groups;
}

/** A formula to be set, or its text where it could not be read. */
export type Formula = Claim | Expr | string;

/** The formulas of an explanation's lines, `name = …`. */
export class Formulas {
  readonly #read: (text: string) => Expr | undefined;

  constructor({ lines }: Explanation) {
    this.#read = formulaReader(lines.map((line) => line.name));
  }

  ofLine({ name, formula, expanded, main }: Line): Formula {
    return this.#equation(name, main ? expanded : formula);
  }

  /** What a use sends: the first part with the adjoint it is of, the others to be added to it. */
  ofRule({ name, main }: Line, { formula, expanded }: Contribution, part: number): Formula {
    const text = main ? expanded : formula;
    return part === 0 ? this.#equation(`∂${name}`, text) : this.#read(text) ?? text;
  }

  #equation(name: string, text: string): Formula {
    const right = text === 'input' ? undefined : this.#read(text);
    return right === undefined ? `${name} = ${text}` : { op: '=', left: { kind: 'name', name, index: [] }, right, where: null };
  }
}

/** A definition of the equation: the name it gives a meaning, and the formula to set. */
export interface Definition {
  readonly name: string;
  readonly formula: Claim;
}

/** The definitions of an equation; a line that names no quantity is left out. */
export function definitionsOf(equation: string | undefined): Definition[] {
  return (equation ?? '').split('\n').filter((line) => line.trim() !== '').map((line) => {
    const { target, value } = parseDefinition(line, { indices: ['k', 'n'] });
    return { name: target.name, formula: { op: '=', left: { kind: 'name', ...target }, right: value, where: null } };
  });
}

/** What a line is to the equation. */
export const belongingText = ({ name, whole }: Belonging): string => (whole ? 'equation' : `part of ${name}`);

/** What the paper calls the equation. */
export const paperText = ({ source }: ReportOptions): string => (source?.equation === undefined ? 'paper' : `paper ${source.equation}`);

/** Rules that made an adjoint, equal ones counted. */
export function rulesOf(line: Line): { readonly rule: Contribution; readonly times: number }[] {
  const rules = new Map<string, { rule: Contribution; times: number }>();
  for (const rule of line.adjoint?.contributions ?? []) {
    const key = `${line.main ? rule.expanded : rule.formula} ${rule.from}`;
    rules.set(key, { rule, times: (rules.get(key)?.times ?? 0) + 1 });
  }
  return [...rules.values()];
}

/** Row by row, aligned. */
export const numbersText = (numbers: Numbers, { shape }: Line): string => grid('', numbers, shape, Infinity).join('\n');

/** `15 · 11`, with a dot where nothing could be judged. */
export function proofText(proof: Proof | undefined): string {
  const digits = (x: number | null): string => (x === null ? '·' : String(Math.floor(x)));
  if (proof?.overflow !== undefined) return `(${proof.overflow}) overflows`;
  return proof === undefined ? '' : `${digits(proof.duals)} / ${digits(proof.differences)}`;
}

export const proofLegend = 'Proof: digits to which dual numbers and differences, which share nothing with the engine, agree with the adjoint; · where all is at rounding.';

/** How far a decision is from turning out otherwise. */
export function distanceText({ distance, at }: Assumption): string {
  if (distance === undefined) return '';
  const away = plainNumber(distance);
  const entry = at === undefined || at.length === 0 ? '' : ` at [${at.join(', ')}]`;
  return away === 0 ? `at its border${entry}` : `${short(away)}${entry}`;
}

/** Where a line was written: what to call it, and the address of that if there is one. */
export function placeOf(source: string, { address = fileAddress }: Pick<ReportOptions, 'address'>): { readonly text: string; readonly href: string | undefined } {
  const [, file = source, line = '1'] = /^(.*):(\d+)$/.exec(source) ?? [];
  const href = address(file, Number(line));
  // A name that leads nowhere is given whole.
  return { text: href === undefined ? source : place(source), href };
}

/** The address of a file for a browser on the same machine; a file of this package is named from the package, not from `/`. */
function fileAddress(file: string, line: number): string | undefined {
  return file.startsWith('/') ? `file://${file.split('/').map(encodeURIComponent).join('/')}#L${line}` : undefined;
}
