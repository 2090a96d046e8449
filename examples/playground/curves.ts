// Three curves beside the circle: the loss against the probability, with the samples on it, and the loss and the
// probability of a sample of this class carried around the circle. A move shows in each, dotted what was before it.
// Axes are drawn once; a frame writes two paths and some dots.

import { fitChildren, part, say, set, svg } from './dom.ts';
import type { Picture, Turn } from './model.ts';
import type { Before } from './move.ts';
import { arrow } from './shapes.ts';
import type { State } from './state.ts';
import { short } from './words.ts';

const [width, height] = [320, 154];
const [left, right, top, bottom] = [40, 310, 10, 122];

interface Axes {
  readonly root: SVGElement;
  readonly curve: SVGElement;
  readonly mark: SVGElement;
  /** What was there before a move: another curve and mark, or a dot. */
  readonly was: SVGElement;
  readonly wasMark: SVGElement;
  readonly dots: SVGElement;
  readonly highest: SVGElement;
}

function axes(id: string, title: string, x: readonly [string, string, string], yLabel: string): Axes {
  const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'xMinYMid', role: 'img', 'aria-labelledby': `${id}-title`, id });
  const curve = svg('path', { class: 'curve' });
  const mark = svg('line', { class: 'mark', y1: top, y2: bottom });
  const was = svg('path', { class: 'curve was' });
  const wasMark = svg('line', { class: 'mark was', y1: top, y2: bottom });
  const dots = svg('g');
  const highest = svg('text', { x: left - 5, y: top + 4, class: 'tick end' });
  const [first, name, last] = x;
  root.append(
    svg('title', { id: `${id}-title` }, title),
    svg('path', { class: 'axis', d: `M${left} ${top}V${bottom}H${right}` }),
    svg('text', { x: left, y: bottom + 14, class: 'tick' }, first), svg('text', { x: right, y: bottom + 14, class: 'tick end' }, last),
    svg('text', { x: (left + right) / 2, y: bottom + 26, class: 'tick middle' }, name),
    svg('text', { x: left - 5, y: bottom, class: 'tick end' }, '0'), highest,
    svg('text', { x: left - 14, y: (top + bottom) / 2, class: 'tick end' }, yLabel), was, wasMark, curve, mark, dots);
  part('curves').append(root);
  return { root, curve, mark, was, wasMark, dots, highest };
}

const across = (share: number): number => left + (right - left) * share;
const up = (share: number): number => bottom - (bottom - top) * Math.min(1, Math.max(0, share));

/** A line through points, broken where it jumps: a vertical stroke would claim values that are never taken. */
function path(values: ArrayLike<number>, highest: number): string {
  let text = '';
  Array.from(values).forEach((v, i) => {
    const jumps = i === 0 || Math.abs(v - values[i - 1]!) > 0.12 * highest;
    text += `${jumps ? 'M' : 'L'}${across(i / (values.length - 1)).toFixed(1)} ${up(v / highest).toFixed(1)}`;
  });
  return text;
}

const round = (x: number): number => {
  const power = 10 ** Math.floor(Math.log10(x));
  return Math.ceil(x / power) * power;
};

/** The axis of the loss against p ends here, or above the sample that stands highest. */
const usualLoss = 5;

/** L = −log p up to a loss; the points lie closer where the curve bends. */
function crossEntropy(highest: number): string {
  const steps = 100;
  const points = Array.from({ length: steps + 1 }, (_, i) => highest * (1 - i / steps) ** 2);
  return `M${points.map((l) => `${across(Math.exp(-l)).toFixed(1)} ${up(l / highest).toFixed(1)}`).join('L')}`;
}

/** Of the selected sample's dot. */
const dotRadius = 4.5;

const finite = (values: ArrayLike<number>): number[] => Array.from(values).filter(Number.isFinite);

export class Curves {
  // Figure 2 of the paper stands first.
  readonly #both = axes('loss-p-curve', 'Loss against probability, a dot for every sample; a move from 1 to 1*', ['0', 'p of its class', '1'], 'L');
  readonly #loss = axes('loss-curve', 'Loss of a sample of this class at every angle', ['0°', 'angle of the sample', '360°'], 'L');
  readonly #p = axes('p-curve', 'Probability of its class at every angle', ['0°', 'angle of the sample', '360°'], 'p');
  readonly #ghost = svg('circle', { class: 'ghost', r: dotRadius });
  readonly #trail = svg('path', { class: 'path' });
  readonly #names = [svg('text', { class: 'name' }, '1'), svg('text', { class: 'name' }, '1*')] as const;
  #axis = 0;

  constructor() {
    this.#both.root.append(this.#ghost, this.#trail, ...this.#names);
  }

  drawTurn(state: State, turn: Turn, before: Before | undefined): void {
    const highest = round(Math.max(1e-3, ...finite(turn.losses), ...finite(before?.turn?.losses ?? [])));
    set(this.#loss.curve, { d: path(turn.losses, highest) });
    set(this.#loss.was, { d: before?.turn === undefined ? '' : path(before.turn.losses, highest) });
    say(this.#loss.highest, short(highest));
    set(this.#p.curve, { d: path(turn.p, 1) });
    set(this.#p.was, { d: before?.turn === undefined ? '' : path(before.turn.p, 1) });
    say(this.#p.highest, '1');
    const markAt = (of: State): string => across(of.samples[of.selected]!.angle / 360).toFixed(1);
    for (const { mark, wasMark, root } of [this.#loss, this.#p]) {
      set(root, { class: before === undefined ? '' : 'moved' });
      set(mark, { x1: markAt(state), x2: markAt(state) });
      if (before !== undefined) set(wasMark, { x1: markAt(before.state), x2: markAt(before.state) });
    }
  }

  drawSamples(state: State, { losses, p }: Picture, before: Before | undefined): void {
    const first = before?.picture.losses[before.state.selected];
    const highest = round(Math.max(usualLoss, ...finite(losses), ...(first === undefined ? [] : finite([first]))));
    if (highest !== this.#axis) {
      this.#axis = highest;
      set(this.#both.curve, { d: crossEntropy(highest) });
      say(this.#both.highest, String(highest));
    }
    const place = (probability: number, loss: number): [number, number] => [across(probability), up(loss / highest)];
    const dots = fitChildren(this.#both.dots, state.samples.length, () => svg('circle', { r: 2.5 }));
    state.samples.forEach(({ label }, n) => {
      const [x, y] = place(p[n]!, losses[n]!);
      set(dots[n]!, {
        cx: x.toFixed(1), cy: y.toFixed(1), r: n === state.selected ? dotRadius : 2.5, class: `sample class-${label}${n === state.selected ? ' selected' : ''}`,
      });
    });
    const now = place(p[state.selected]!, losses[state.selected]!);
    set(this.#both.mark, { x1: now[0].toFixed(1), x2: now[0].toFixed(1) });
    set(this.#both.root, { class: before === undefined ? '' : 'moved' });
    if (before !== undefined) this.#drawMove(place(before.picture.p[before.state.selected]!, first!), now);
  }

  /** Figure 2: from 1 to 1*. */
  #drawMove(from: readonly [number, number], to: readonly [number, number]): void {
    set(this.#ghost, { cx: from[0].toFixed(1), cy: from[1].toFixed(1) });
    set(this.#both.wasMark, { x1: from[0].toFixed(1), x2: from[0].toFixed(1) });
    const far = Math.hypot(to[0] - from[0], to[1] - from[1]);
    // The head stops at the rim of the dot.
    const share = far < dotRadius ? 0 : 1 - dotRadius / far;
    set(this.#trail, { d: arrow(from, [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])], 7) });
    // Names stand to the right of their dots, at the right end of the axis to the left; a pair too close stands apart.
    const isClose = Math.hypot(from[0] - to[0], from[1] - to[1]) < 16;
    [from, to].forEach(([x, y], i) => {
      const isRight = x > right - 30;
      const apart = isClose ? (i === 0 ? 6 : -6) : 0;
      set(this.#names[i]!, {
        x: (x + (isRight ? -8 : 8)).toFixed(1), y: Math.max(top + 4, Math.min(bottom - 3, y - 5 + apart)).toFixed(1), 'text-anchor': isRight ? 'end' : 'start',
      });
    });
  }
}
