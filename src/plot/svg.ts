// SVG as text: elements, escaping, numbers, and the document around a picture with its title, description and colours.
// Colours are classes, so that a picture follows the reader's scheme (theme 'auto') or keeps the one it is given. They are
// chosen to be told apart by colour-blind eyes on both grounds (after M. Okabe and K. Ito, 2008), and never alone: lines
// also differ by dashes, points by shape.

import { demandText } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { escapeText } from '../base/markup.ts';

export type Theme = 'auto' | 'light' | 'dark';

/** What every picture takes. */
export interface PictureOptions {
  readonly title: string;
  /** A sentence for those who cannot see the picture; each picture writes its own from the data when it is left out. */
  readonly desc?: string;
  readonly theme?: Theme;
}

/** Distinct series a picture can hold before colours and dashes repeat. */
export const styles = 6;
const dashes = ['', '7 3', '2 3', '9 3 2 3', '12 4', '4 2'] as const;

interface Palette {
  readonly paper: string;
  readonly ink: string;
  readonly quiet: string;
  readonly grid: string;
  readonly series: readonly string[];
}

const palettes: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    paper: '#ffffff',
    ink: '#1a1a1a',
    quiet: '#595959',
    grid: '#e2e2e2',
    series: ['#0072b2', '#c04a00', '#00795a', '#a63d82', '#8a6100', '#4a4a9c'],
  },
  dark: {
    paper: '#15181c',
    ink: '#f0f0f0',
    quiet: '#b0b4b8',
    grid: '#33383e',
    series: ['#56b4e9', '#f28a3c', '#2cc699', '#e58fc4', '#f0e442', '#b3b3ff'],
  },
};

function rules({ paper, ink, quiet, grid, series }: Palette, scope: string): string {
  const rule = (name: string, body: string): string => `.${scope} .${name}{${body}}`;
  return [
    rule('paper', `fill:${paper}`),
    rule('ink', `fill:${ink}`),
    rule('quiet', `fill:${quiet}`),
    rule('grid', `stroke:${grid};fill:none`),
    rule('axis', `stroke:${quiet};fill:none`),
    rule('rim', `stroke:${paper}`),
    ...series.flatMap((colour, i) => [rule(`l${i}`, `stroke:${colour};fill:none`), rule(`a${i}`, `fill:${colour}`)]),
  ].join('');
}

function styleSheet(theme: Theme): string {
  const scope = `marginalia-${theme}`;
  if (theme !== 'auto') return rules(palettes[theme], scope);
  return `${rules(palettes.light, scope)}@media (prefers-color-scheme:dark){${rules(palettes.dark, scope)}}`;
}

/** A number with at most two decimals. */
export function num(x: number): string {
  if (!Number.isFinite(x)) throw new DomainError(message(
    `a picture: the coordinate ${x}`, 'What is drawn is finite', 'Leave such points out, or look for the step that made them'));
  return String(Math.round(x * 100) / 100 + 0);
}

export type Attributes = Readonly<Record<string, string | number>>;

/** An element; children are markup already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? num(value) : escapeText(value)}"`)
    .join('');
  return children.length === 0 ? `<${name}${list}/>` : `<${name}${list}>${children.join('')}</${name}>`;
}

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly weight?: 'bold';
  readonly tone?: string;
  /** Turned to run upwards. */
  readonly upwards?: boolean;
}

/** A line of text with its baseline at (x, y). */
export function label(
  text: string,
  x: number,
  y: number,
  { anchor = 'start', size = 12, weight, tone = 'ink', upwards = false }: TextOptions = {},
): string {
  return element(
    'text',
    {
      class: tone,
      x,
      y,
      'font-size': size,
      'text-anchor': anchor,
      ...(weight && { 'font-weight': weight }),
      ...(upwards && { transform: `rotate(-90 ${num(x)} ${num(y)})` }),
    },
    escapeText(text),
  );
}

/** The width of a text, estimated from above: fonts differ, and a label must not run into its neighbour in any. */
export function textWidth(text: string, size = 12): number {
  return [...text].length * size * 0.62;
}

/** Words in lines of at most `width`. */
export function wrapped(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length === 0 || textWidth(longer, size) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** The stroke of series i; beyond the sixth, colours come back with other dashes. */
export function strokeOf(i: number): Attributes {
  const dash = dashes[(i + Math.floor(i / styles)) % styles]!;
  return { class: `l${i % styles}`, 'stroke-width': 2, ...(dash !== '' && { 'stroke-dasharray': dash }) };
}

/** A mark for series i: six shapes, so that points are told apart without their colour. */
export function marker(i: number, x: number, y: number, r = 4, opacity = 1): string {
  const shape = (i + Math.floor(i / styles)) % 6;
  const common: Attributes = { class: `a${i % styles} rim`, 'stroke-width': 0.7, ...(opacity < 1 && { opacity }) };
  if (shape === 0) return element('circle', { ...common, cx: x, cy: y, r });
  const corners: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
    1: [
      [-0.9, -0.9],
      [0.9, -0.9],
      [0.9, 0.9],
      [-0.9, 0.9],
    ],
    2: [
      [0, -1.2],
      [1.1, 0.8],
      [-1.1, 0.8],
    ],
    3: [
      [0, -1.3],
      [1.3, 0],
      [0, 1.3],
      [-1.3, 0],
    ],
    4: [
      [0, 1.2],
      [1.1, -0.8],
      [-1.1, -0.8],
    ],
    5: [
      [-0.4, -1.2],
      [0.4, -1.2],
      [0.4, -0.4],
      [1.2, -0.4],
      [1.2, 0.4],
      [0.4, 0.4],
      [0.4, 1.2],
      [-0.4, 1.2],
      [-0.4, 0.4],
      [-1.2, 0.4],
      [-1.2, -0.4],
      [-0.4, -0.4],
    ],
  };
  return element('path', { ...common, d: `${pathOf(corners[shape]!.map(([dx, dy]) => [x + r * dx, y + r * dy]))}Z` });
}

export function pathOf(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${num(x)} ${num(y)}`).join('');
}

/** The whole file: ground, title, what the body draws below it. */
export function picture(
  options: PictureOptions & { readonly desc: string; readonly width: number; readonly height: number },
  body: (top: number) => string,
): string {
  const { title, desc, width, theme = 'auto' } = options;
  demandText(title, 'title');
  const lines = wrapped(title, width - 32, 15);
  const top = 14 + lines.length * 19;
  const height = options.height + top;
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: `marginalia-${theme}`,
      role: 'img',
      width,
      height,
      viewBox: `0 0 ${num(width)} ${num(height)}`,
      'font-family': "system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif",
    },
    element('title', {}, escapeText(title)),
    element('desc', {}, escapeText(desc)),
    element('style', {}, styleSheet(theme)),
    element('rect', { class: 'paper', width, height }),
    ...lines.map((line, i) => label(line, 16, 24 + i * 19, { size: 15, weight: 'bold' })),
    body(top),
  )}\n`;
}
