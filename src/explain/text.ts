// An explanation as text for a terminal. Lines that only serve others are folded into the formulas of those that bear a
// name, scope by scope; small tensors are shown whole beside their adjoints, large ones in a few figures.

import { type Shape, shapeText, sizeOf } from '../base/shape.ts';
import { coordinates } from '../base/shape.ts';
import type { Adjoint, Explanation, Line, Numbers } from './explanation.ts';
import { plainNumber } from './numbers.ts';

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
  const { width = 80, color = false, fold = true } = options;
  const paint: Paint = (style, text) => (color && text !== '' ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
  const folded = (scope: string | undefined): boolean => (typeof fold === 'boolean' ? fold : scope !== undefined && fold.includes(scope));
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
  const notes = ['(n) is the step of the program, ∂q the derivative of the result by q', ...(hidden === 0 ? [] : [`${hidden} unnamed steps stand inside these formulas`])];
  return [...out.slice(1), ...wrap(notes.join('; '), width).map((text) => paint('dim', text))].join('\n');
}

const rule = (title: string | undefined, width: number): string => (title === undefined ? '─'.repeat(width) : `── ${title} `.padEnd(width, '─'));

interface PageOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly folded: (scope: string | undefined) => boolean;
}

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
    const head = `(${line.number})`.padEnd(5);
    const formula = folded(line.scope) ? line.expanded : line.formula;
    const notes = [`${line.dtype}${shapeText(line.shape)}`, ...(line.role === undefined ? [] : [line.role]), ...(line.source === undefined ? [] : [place(line.source)])];
    const right = notes.join('  ');
    const [first = '', ...rest] = wrap(`${line.name} = ${formula}`, width - head.length);
    const room = width - head.length - columns(first);
    const lines = room > columns(right) + 1
      ? [first + ' '.repeat(room - columns(right)) + paint('dim', right), ...rest]
      : [first, ...rest, paint('dim', ' '.repeat(Math.max(0, width - head.length - columns(right))) + right)];
    lines[0] = lines[0]!.replace(line.name, () => paint('bold', line.name));
    const indent = ' '.repeat(head.length);
    return [...lines.map((text, i) => (i === 0 ? paint('dim', head) : indent) + text), ...this.#body(line).map((text) => (indent + text).trimEnd())];
  }

  /** Value and adjoint side by side where they fit, and the rules that made the adjoint. */
  #body(line: Line): string[] {
    const { paint } = this.#options;
    const width = this.#options.width - 5;
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
    return [...both, ...this.#rules(line, line.adjoint).map((text) => paint('back', text))];
  }

  #rules(line: Line, { contributions }: Adjoint): string[] {
    const width = this.#options.width - 5;
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
    if (assumptions.length === 0) return ['nothing: no stop, no choice, and a path to every input'];
    return assumptions.flatMap(({ kind, line, name, text, distance, at }) => {
      const near = distance === undefined ? '' : plainNumber(distance) === 0 ? ` — at the border, entry ${shapeText(at!)}`
        : ` — nearest to changing: ${short(plainNumber(distance))} away, entry ${shapeText(at!)}`;
      const head = `${kind.padEnd(9)} (${line})`.padEnd(16);
      const subject = name.startsWith('%') ? '' : `${name}: `;
      return wrap(`${subject}${text}${near}`, width - head.length)
        .map((part, i) => (i === 0 ? paint(kind === 'mask' || kind === 'choice' ? 'dim' : 'warn', head) : ' '.repeat(head.length)) + part);
    });
  }
}

/** `file:line` without the folders, which a reader knows. */
const place = (source: string): string => source.slice(source.lastIndexOf('/') + 1);

/** Columns a text takes: marks that sit on a letter take none. */
const columns = (text: string): number => Array.from(text.replace(/\p{M}/gu, '')).length;

/** Breaks a text at spaces; a word longer than the width is cut. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && columns(line) + 1 + columns(word) > width) {
      lines.push(line);
      line = '  ';
    } else if (line !== '') line += ' ';
    while (columns(line) + columns(word) > width) {
      const cut = Math.max(1, width - columns(line));
      lines.push(line + Array.from(word).slice(0, cut).join(''));
      word = Array.from(word).slice(cut).join('');
      line = '  ';
    }
    line += word;
  }
  return [...lines, line];
}

/** Four digits, as many as a comparison by eye needs. */
function short(x: number): string {
  if (x === 0 || !Number.isFinite(x)) return Object.is(x, -0) ? '-0' : String(x);
  return String(Number(x.toPrecision(4)));
}

/** The numbers of a tensor as aligned rows, or in a few figures where they are many or too wide. */
function grid(name: string, numbers: Numbers, shape: Shape, width: number): string[] {
  const { values } = numbers;
  if (values === undefined) {
    const { size, min, max, mean, nonFinite } = numbers.summary!;
    const figures = [min, mean, max].map((x) => short(plainNumber(x)));
    return [`${name}${size} numbers from ${figures[0]!} to ${figures[2]!}, mean ${figures[1]!}${nonFinite === 0 ? '' : `, ${nonFinite} not finite`}`];
  }
  if (values.length === 0) return [`${name}no numbers`];
  const texts = values.map((x) => short(plainNumber(x)));
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
