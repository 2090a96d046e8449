// An explanation as text for a terminal. Lines that only serve others are folded into the formulas of those that bear a
// name, scope by scope; small tensors are shown whole beside their adjoints, large ones in a few figures.

import { demandMade, demandSort } from '../base/demand.ts';
import { coordinates, type Shape, shapeText, sizeOf } from '../base/shape.ts';
import type { Adjoint, Explanation, Line, Numbers, Proof } from './explanation.ts';
import { plainNumber, short } from './numbers.ts';

export interface TextOptions {
  /** Columns to fill. Default 80. */
  readonly width?: number;
  /** Escape sequences for a terminal that shows colours. Default false. */
  readonly color?: boolean;
  /** true folds every scope to its named lines, a list only these scopes, false none. Default true. */
  readonly fold?: boolean | readonly string[];
}

type Style = 'bold' | 'dim' | 'back' | 'warn';
const codes: Readonly<Record<Style, string>> = { bold: '1', dim: '2', back: '36', warn: '33' };
type Paint = (style: Style, text: string) => string;

/** The explanation as lines of at most `width` columns, joined. */
export function renderText(explanation: Explanation, options: TextOptions = {}): string {
  demandMade(explanation, ['lines'], 'renderText', 'what explain returns');
  demandSort('record', { options }, 'renderText');
  const { width = 80, color = false, fold = true } = options;
  const paint: Paint = (style, text) => (color && text !== '' ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
  const folded = (scope: string | undefined): boolean =>
    (typeof fold === 'boolean' ? fold : scope !== undefined && fold.includes(scope));
  const shown = explanation.lines.filter((line) => line.main || !folded(line.scope));
  const page = new Page(explanation, { width, paint, folded });
  const out: string[] = [];
  let scope: string | undefined;
  for (const line of shown) {
    if (line.scope !== scope || out.length === 0) out.push('', paint('dim', rule(line.scope, width)));
    scope = line.scope;
    out.push(...page.line(line));
  }
  out.push('', paint('dim', rule('taken for granted', width)), ...page.assumptions(), '');
  const hidden = explanation.lines.length - shown.length;
  const inside = hidden === 0 ? '' : `; the ${hidden} numbers missing are steps that stand inside the formulas of others`;
  const legend = wrap(`(n) is the step of the program, ∂q the derivative of the result by q${inside}`, width);
  return [...out.slice(1), ...legend.map((text) => paint('dim', text))].join('\n');
}

/** Columns of the step numbers at the left. */
const indent = 6;

const rule = (title: string | undefined, width: number): string =>
  (title === undefined ? '─'.repeat(width) : cut(`── ${title} `, width).padEnd(width, '─'));

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

interface PageOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly folded: (scope: string | undefined) => boolean;
}

/** Assumptions that every program of choices has. */
const ordinary: ReadonlySet<string> = new Set(['mask', 'choice']);

class Page {
  readonly #explanation: Explanation;
  readonly #lines: ReadonlyMap<number, Line>;
  readonly #options: PageOptions;

  constructor(explanation: Explanation, options: PageOptions) {
    this.#explanation = explanation;
    this.#lines = new Map(explanation.lines.map((line) => [line.number, line]));
    this.#options = options;
  }

  line(line: Line): string[] {
    const { width, paint, folded } = this.#options;
    const head = `(${line.number})`.padEnd(indent);
    const formula = wrap(`${line.name} = ${folded(line.scope) ? line.expanded : line.formula}`, width - indent);
    const notes = [`${line.dtype}${shapeText(line.shape)}`, line.role, line.source && place(line.source)].filter((note) => note !== undefined);
    const right = notes.join('  ');
    const space = width - indent - columns(right);
    // The notes stand at the right of the first line that has room for them.
    const at = formula.findIndex((text) => columns(text) + 2 <= space);
    const lines = [...formula, ...(at < 0 ? [''] : [])].map((text, i) =>
      (i === (at < 0 ? formula.length : at) ? text + ' '.repeat(Math.max(0, space - columns(text))) + paint('dim', right) : text));
    lines[0] = lines[0]!.replace(line.name, () => paint('bold', line.name));
    const left = ' '.repeat(indent);
    return [
      ...lines.map((text, i) => (i === 0 ? paint('dim', head) : left) + text),
      ...this.#body(line).map((text) => (left + text).trimEnd()),
    ];
  }

  /** Value and adjoint side by side where they fit, and the rules that made the adjoint. */
  #body(line: Line): string[] {
    const { paint } = this.#options;
    const width = this.#options.width - indent;
    const left = grid('', line.value, line.shape, width);
    if (line.adjoint === null) return left;
    const name = `∂${line.name}  `;
    const right = grid(name, line.adjoint.value, line.shape, width);
    const gap = Math.max(...left.map(columns)) + 4;
    const beside = gap + Math.max(...right.map(columns)) <= width;
    const pad = (text: string): string => text + ' '.repeat(Math.max(0, gap - columns(text)));
    const both = beside
      ? Array.from({ length: Math.max(left.length, right.length) }, (_, i) => pad(left[i] ?? '') + paint('back', right[i] ?? ''))
      : [...left, ...right.map((text) => paint('back', text))];
    const proof = line.proof === undefined ? [] : [paint('dim', proofText(line.proof))];
    return [...both, ...this.#rules(line, line.adjoint).map((text) => paint('back', text)), ...proof];
  }

  #rules(line: Line, { contributions }: Adjoint): string[] {
    const width = this.#options.width - indent;
    const folded = this.#options.folded(line.scope);
    const times = new Map<string, number>();
    for (const { from, formula, expanded } of contributions) {
      const text = `${folded ? expanded : formula}   from ${this.#user(from)}`;
      times.set(text, (times.get(text) ?? 0) + 1);
    }
    return [...times].flatMap(([text, count], i) => {
      const start = i === 0 ? `∂${line.name} = ` : '+ '.padStart(columns(line.name) + 4);
      const [first = '', ...rest] = wrap(count === 1 ? text : `${text}, ${count} times`, width - columns(start));
      return [start + first, ...rest.map((text) => ' '.repeat(columns(start)) + text)];
    });
  }

  /** The line that used another, or the named lines it is written into. */
  #user(number: number): string {
    const line = this.#lines.get(number)!;
    const text = `(${number})`;
    if (line.main || !this.#options.folded(line.scope)) return line.name.startsWith('%') ? text : `${text} ${line.name}`;
    const users = new Set(this.#endsIn(line, new Set()));
    return `${text}${users.size === 0 ? '' : `, in ${[...users].join(', ')}`}`;
  }

  #endsIn(line: Line, seen: Set<number>): string[] {
    if (seen.has(line.number)) return [];
    seen.add(line.number);
    return (line.adjoint?.contributions ?? []).flatMap(({ from }) => {
      const user = this.#lines.get(from)!;
      return user.main ? [user.name] : this.#endsIn(user, seen);
    });
  }

  assumptions(): string[] {
    const { width, paint } = this.#options;
    const { assumptions } = this.#explanation;
    if (assumptions.length === 0) return wrap('nothing: no stop, no choice, and a path to every input', width);
    return assumptions.flatMap(({ kind, line, name, text, distance, at }) => {
      const away = distance === undefined ? NaN : plainNumber(distance);
      const entry = at === undefined || at.length === 0 ? '' : `, entry [${at.join(',')}]`;
      const border = away === 0 ? 'at its border' : `nearest to changing: ${short(away)} away`;
      const near = distance === undefined ? '' : ` — ${border}${entry}`;
      const head = `${kind.padEnd(9)} (${line})`.padEnd(16);
      const subject = name.startsWith('%') ? '' : `${name}: `;
      return wrap(`${subject}${text}${near}`, width - head.length)
        .map((part, i) => (i === 0 ? paint(ordinary.has(kind) ? 'dim' : 'warn', head) : ' '.repeat(head.length)) + part);
    });
  }
}

/** What agrees with an adjoint, and to how many digits. */
function proofText({ duals, differences, overflow }: Proof): string {
  if (overflow !== undefined) return `not proved: (${overflow}) overflows`;
  const by = (name: string, digits: number | null): string[] => (digits === null ? [] : [`${name} to ${Math.floor(digits)} digits`]);
  const all = [...by('dual numbers', duals), ...by('differences', differences)];
  return all.length === 0 ? 'proved: all at rounding' : `proved: ${all.join(', ')}`;
}

/** `file:line` without the folders, which a reader knows. */
export const place = (source: string): string => source.slice(source.lastIndexOf('/') + 1);

/** Columns a text takes: marks that sit on a letter take none. */
const columns = (text: string): number => Array.from(text.replace(/\p{M}/gu, '')).length;

/** Breaks a text at spaces; a word longer than the width is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  const next = (): void => {
    lines.push(line.trimEnd());
    line = '  ';
  };
  for (let word of text.split(/(?<=\S) (?=\S)|(?<= )(?=\S)/)) {
    const space = line === '' || line.endsWith(' ') ? '' : ' ';
    if (line.trim() !== '' && columns(line + space + word.trimEnd()) > width) next();
    else line += space;
    while (columns(line + word.trimEnd()) > width) {
      const room = Math.max(1, width - columns(line));
      line += Array.from(word).slice(0, room).join('');
      word = Array.from(word).slice(room).join('');
      next();
    }
    line += word;
  }
  return [...lines, line.trimEnd()];
}

/** The numbers of a tensor as aligned rows, or in a few figures where they are many or too wide. */
export function grid(name: string, numbers: Numbers, shape: Shape, width: number): string[] {
  const { values } = numbers;
  if (values === undefined) {
    const { size, min, max, mean, nonFinite } = numbers.summary!;
    const figures = [min, mean, max].map(short);
    const rest = nonFinite === 0 ? '' : `, ${nonFinite} not finite`;
    return wrap(`${name}${size} numbers from ${figures[0]!} to ${figures[2]!}, mean ${figures[1]!}${rest}`, width);
  }
  if (values.length === 0) return [`${name}no numbers`];
  const texts = values.map(short);
  const perRow = shape.at(-1) ?? 1;
  const cell = Math.max(...texts.map((text) => text.length));
  const lead = shape.slice(0, -1);
  const rows = Array.from({ length: sizeOf(lead) }, (_, r) => {
    const row = texts.slice(r * perRow, (r + 1) * perRow).map((text) => text.padStart(cell)).join('  ');
    const head = lead.length < 2 ? '' : `${shapeText(coordinates(r, lead))} `;
    return (r === 0 ? name : ' '.repeat(columns(name))) + head + row;
  });
  const tooWide = rows.some((row) => columns(row) > width);
  return tooWide ? wrap(`${name}${texts.join('  ')}`, width) : rows;
}
