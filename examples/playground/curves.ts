// Three curves beside the circle: the loss and the probability of a sample of this class carried around it, and the
// loss against the probability, with the samples on it. Axes are drawn once; a frame writes two paths and some dots.

import { fitChildren, part, say, set, short, svg } from './dom.ts';
import type { Picture, Turn } from './model.ts';
import type { State } from './state.ts';

const [width, height] = [320, 150];
const [left, right, top, bottom] = [40, 310, 10, 122];

interface Axes {
  readonly root: SVGSVGElement;
  readonly curve: SVGPathElement;
  readonly mark: SVGLineElement;
  readonly dots: SVGGElement;
  readonly highest: SVGTextElement;
}

function axes(id: string, title: string, x: readonly [string, string, string], yLabel: string): Axes {
  const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-labelledby': `${id}-title`, id });
  const curve = svg('path', { class: 'curve' });
  const mark = svg('line', { class: 'mark', y1: top, y2: bottom });
  const dots = svg('g');
  const highest = svg('text', { x: left - 5, y: top + 4, class: 'tick end' });
  const [first, name, last] = x;
  root.append(
    svg('title', { id: `${id}-title` }, title),
    svg('path', { class: 'axis', d: `M${left} ${top}V${bottom}H${right}` }),
    svg('text', { x: left, y: bottom + 14, class: 'tick' }, first), svg('text', { x: right, y: bottom + 14, class: 'tick end' }, last),
    svg('text', { x: (left + right) / 2, y: bottom + 26, class: 'tick middle' }, name),
    svg('text', { x: left - 5, y: bottom, class: 'tick end' }, '0'), highest,
    svg('text', { x: left - 5, y: (top + bottom) / 2, class: 'tick end' }, yLabel), curve, mark, dots);
  part('curves').append(root);
  return { root, curve, mark, dots, highest };
}

const across = (share: number): number => left + (right - left) * share;
const up = (share: number): number => bottom - (bottom - top) * Math.min(1, Math.max(0, share));

/** A line through points, broken where it jumps: a vertical stroke would claim values that are never taken. */
function path(values: readonly number[], highest: number): string {
  let text = '';
  values.forEach((v, i) => {
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

export class Curves {
  readonly #loss = axes('loss-curve', 'Loss of a sample of this class at every angle', ['0°', 'angle of the sample', '360°'], 'L');
  readonly #p = axes('p-curve', 'Probability of its class at every angle', ['0°', 'angle of the sample', '360°'], 'p');
  readonly #both = axes('loss-p-curve', 'Loss against probability, a dot for every sample', ['0', 'p of its class', '1'], 'L');

  drawTurn(state: State, turn: Turn): void {
    const highest = round(Math.max(1e-3, ...turn.losses.filter(Number.isFinite)));
    set(this.#loss.curve, { d: path(turn.losses, highest) });
    say(this.#loss.highest, short(highest));
    set(this.#p.curve, { d: path(turn.p, 1) });
    say(this.#p.highest, '1');
    const x = across(state.samples[state.selected]!.angle / 360).toFixed(1);
    for (const { mark } of [this.#loss, this.#p]) set(mark, { x1: x, x2: x });
  }

  drawSamples(state: State, { losses, probabilities }: Picture): void {
    const highest = round(Math.max(usualLoss, ...losses.filter(Number.isFinite)));
    set(this.#both.curve, { d: crossEntropy(highest) });
    say(this.#both.highest, String(highest));
    const dots = fitChildren(this.#both.dots, losses.length, () => svg('circle', { r: 2.5 }));
    losses.forEach((loss, n) => {
      const { label } = state.samples[n]!;
      set(dots[n]!, {
        cx: across(probabilities[n]![label]!).toFixed(1), cy: up(loss / highest).toFixed(1), r: n === state.selected ? 4.5 : 2.5,
        class: `sample class-${label}${n === state.selected ? ' selected' : ''}`,
      });
    });
    const x = across(probabilities[state.selected]![state.samples[state.selected]!.label]!).toFixed(1);
    set(this.#both.mark, { x1: x, x2: x });
  }
}
