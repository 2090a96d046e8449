// The unit circle: class weights and samples that can be taken hold of, arrows along the descent of the loss, the
// support vectors lit, and two rings that show where a sample of the selected one's class wins: by its cosine alone, and
// after the loss has had its way. The gap between the rings is the margin.

import { fitChildren, part, say, set, short, svg } from './dom.ts';
import { type Picture, pointOf, type Turn } from './model.ts';
import type { State } from './state.ts';

export interface Moves {
  readonly weight: (k: number, angle: number) => void;
  readonly sample: (n: number, angle: number, length: number) => void;
  readonly select: (n: number) => void;
  /** A move has ended: what takes longer may follow. */
  readonly rest: () => void;
}

const longestArrow = 0.4;
const degrees = (x: number, y: number): number => (Math.atan2(y, x) * 180) / Math.PI;
/** Pictures count upwards down the page. */
const at = ([x, y]: readonly [number, number]): [number, number] => [Number(x.toFixed(4)), Number((-y).toFixed(4))];

export class Circle {
  readonly #root = part<SVGSVGElement>('circle');
  readonly #surface = part<SVGGElement>('surface');
  readonly #rays = part<SVGGElement>('rays');
  readonly #samples = part<SVGGElement>('samples');
  readonly #arrows = part<SVGGElement>('arrows');
  readonly #weights = part<SVGGElement>('weights');
  readonly #links = part<SVGGElement>('links');
  readonly #moves: Moves;
  #state: State | undefined;

  constructor(moves: Moves) {
    this.#moves = moves;
    this.#root.addEventListener('pointerdown', (event) => this.#take(event));
    this.#root.addEventListener('keydown', (event) => this.#key(event));
  }

  draw(state: State, picture: Picture): void {
    this.#state = state;
    const own = state.samples[state.selected]!;
    const lit = picture.support[state.selected]!;
    const C = state.weights.length;
    const rays = fitChildren(this.#rays, C, () => svg('line', { x1: 0, y1: 0 }));
    const handles = fitChildren(this.#weights, C, (k) => svg('g', { role: 'slider', tabindex: 0, 'aria-valuemin': 0, 'aria-valuemax': 360, 'data-weight': k },
      svg('circle', { r: 0.075, class: 'handle' }), svg('text', { dy: '0.35em' }, String(k + 1))));
    state.weights.forEach((angle, k) => {
      const [x, y] = at(pointOf(angle));
      set(rays[k]!, { x2: x, y2: y, class: `class-${k}` });
      const role = k === own.label ? 'own class' : lit[k] ? 'support vector' : 'other class';
      set(handles[k]!, {
        transform: `translate(${x} ${y})`, class: `weight class-${k}${lit[k] ? ' lit' : ''}${k === own.label ? ' own' : ''}`,
        'aria-valuenow': angle, 'aria-label': `weight of class ${k + 1}, ${role}`,
        'aria-valuetext': `${angle} degrees, cosine ${short(picture.cosines[state.selected]![k]!)}`,
      });
    });
    const dots = fitChildren(this.#samples, state.samples.length, (n) => svg('circle', { 'data-sample': n }));
    state.samples.forEach((sample, n) => {
      const [x, y] = at(pointOf(sample.angle, sample.length));
      const hard = picture.support[n]!.some(Boolean);
      set(dots[n]!, { cx: x, cy: y, r: n === state.selected ? 0.05 : 0.03, class: `sample class-${sample.label}${hard ? ' hard' : ''}${n === state.selected ? ' selected' : ''}` });
    });
    set(dots[state.selected]!, {
      tabindex: 0, role: 'slider', 'aria-label': `sample ${state.selected + 1} of class ${own.label + 1}`,
      'aria-valuemin': 0, 'aria-valuemax': 360, 'aria-valuenow': own.angle, 'aria-valuetext': `${own.angle} degrees, loss ${short(picture.losses[state.selected]!)}`,
    });
    for (const [n, dot] of dots.entries()) {
      if (n !== state.selected && dot.hasAttribute('tabindex')) for (const name of ['tabindex', 'role', 'aria-label', 'aria-valuenow', 'aria-valuetext', 'aria-valuemin', 'aria-valuemax']) dot.removeAttribute(name);
    }
    this.#drawArrows(state, picture);
    const links = fitChildren(this.#links, C, () => svg('line'));
    const from = at(pointOf(own.angle, own.length));
    state.weights.forEach((angle, k) => {
      const to = at(pointOf(angle));
      set(links[k]!, { x1: from[0], y1: from[1], x2: to[0], y2: to[1], class: `link${k === own.label ? ' own' : ''}${lit[k] ? ' lit' : ''}` });
    });
  }

  /** Which parts of the picture a line of the derivation speaks of; none clears. */
  touch(parts: readonly string[]): void {
    this.#root.setAttribute('data-touched', parts.join(' '));
  }

  /** Rings, the boundaries at their ends, and the loss of a sample of this class in every direction as shade. */
  drawTurn({ nearest, accepted, losses }: Turn): void {
    set(part('ring-nearest'), { d: arcs(nearest, 1.14) });
    set(part('ring-accepted'), { d: arcs(accepted, 1.22) });
    set(part('boundary-nearest'), { d: boundaries(nearest, 1.17) });
    set(part('boundary-accepted'), { d: boundaries(accepted, 1.25) });
    const highest = Math.max(1e-9, ...losses.filter(Number.isFinite));
    const wedges = fitChildren(this.#surface, wedgeCount, (i) => svg('path', { d: wedge(i) }));
    const each = losses.length / wedgeCount;
    wedges.forEach((element, i) => {
      const loss = losses[Math.round((i + 0.5) * each) % losses.length]!;
      set(element, { 'fill-opacity': (0.32 * Math.min(1, loss / highest)).toFixed(3) });
    });
  }

  #drawArrows(state: State, { dx, dw }: Picture): void {
    const all = [
      ...state.weights.map((angle, k) => ({ from: pointOf(angle), by: dw[k]!, name: `arrow weight class-${k}` })),
      ...state.samples.map((x, n) => ({ from: pointOf(x.angle, x.length), by: dx[n]!, name: `arrow${n === state.selected ? ' selected' : ''} class-${x.label}` })),
    ];
    // Weights collect the errors of all samples, so the two have scales of their own.
    const scaleOf = (arrows: typeof all): number => longestArrow / Math.max(1e-300, ...arrows.map(({ by }) => Math.hypot(...by)));
    const C = state.weights.length;
    const [weightScale, sampleScale] = [scaleOf(all.slice(0, C)), scaleOf(all.slice(C)) / 2];
    const lines = fitChildren(this.#arrows, all.length, () => svg('path'));
    all.forEach(({ from, by, name }, i) => {
      const scale = i < C ? weightScale : sampleScale;
      set(lines[i]!, { d: arrow(at(from), at([from[0] - scale * by[0], from[1] - scale * by[1]])), class: name });
    });
  }

  #place(event: PointerEvent): { angle: number; length: number } {
    const box = this.#root.getBoundingClientRect();
    const { x, y, width, height } = this.#root.viewBox.baseVal;
    const size = Math.max(width / box.width, height / box.height);
    const px = (event.clientX - box.left - box.width / 2) * size + x + width / 2;
    const py = -((event.clientY - box.top - box.height / 2) * size + y + height / 2);
    return { angle: degrees(px, py), length: Math.hypot(px, py) };
  }

  #take(event: PointerEvent): void {
    const target = (event.target as Element).closest<SVGElement>('[data-weight], [data-sample]');
    if (target === null) return;
    const { weight, sample } = target.dataset;
    if (sample !== undefined) this.#moves.select(Number(sample));
    const follow = (move: PointerEvent): void => {
      const { angle, length } = this.#place(move);
      if (weight !== undefined) this.#moves.weight(Number(weight), angle);
      else this.#moves.sample(Number(sample), angle, length);
    };
    const release = (): void => {
      this.#root.removeEventListener('pointermove', follow);
      this.#moves.rest();
    };
    target.focus();
    this.#root.setPointerCapture(event.pointerId);
    this.#root.addEventListener('pointermove', follow);
    this.#root.addEventListener('lostpointercapture', release, { once: true });
    event.preventDefault();
  }

  #key(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    const by = steps[event.key];
    const state = this.#state;
    const { weight, sample } = (event.target as SVGElement).dataset;
    if (by === undefined || state === undefined || (weight === undefined && sample === undefined)) return;
    if (weight !== undefined) this.#moves.weight(Number(weight), state.weights[Number(weight)]! + by);
    else this.#moves.sample(Number(sample), state.samples[Number(sample)]!.angle + by, state.samples[Number(sample)]!.length);
    this.#moves.rest();
    event.preventDefault();
  }
}

/** A line with a head; nothing for one too short to see. */
function arrow([x1, y1]: readonly number[], [x2, y2]: readonly number[]): string {
  const [dx, dy] = [x2! - x1!, y2! - y1!];
  const length = Math.hypot(dx, dy);
  if (length < 0.01) return '';
  const head = Math.min(0.05, length / 2);
  const [ux, uy] = [(dx / length) * head, (dy / length) * head];
  const f = (v: number): string => v.toFixed(3);
  return `M${f(x1!)} ${f(y1!)}L${f(x2!)} ${f(y2!)}M${f(x2! - ux - uy / 2)} ${f(y2! - uy + ux / 2)}L${f(x2!)} ${f(y2!)}L${f(x2! - ux + uy / 2)} ${f(y2! - uy - ux / 2)}`;
}

/** The parts of a circle of radius r where a flag is set, as a path. */
function arcs(flags: readonly boolean[], r: number): string {
  const n = flags.length;
  const point = (i: number): string => at(pointOf((360 * i) / n, r)).join(' ');
  if (flags.every(Boolean)) return `M${point(0)}A${r} ${r} 0 1 0 ${point(n / 2)}A${r} ${r} 0 1 0 ${point(0)}`;
  let path = '';
  for (let i = 0; i < n; i++) {
    if (!flags[i] || flags[(i + n - 1) % n]) continue;
    let length = 0;
    while (flags[(i + length + 1) % n]) length++;
    path += `M${point(i - 0.5)}A${r} ${r} 0 ${length + 1 > n / 2 ? 1 : 0} 0 ${point(i + length + 0.5)}`;
  }
  return path;
}

/** Lines from the middle to where a flag changes: the decision boundary of figures 1, 4 and 5. */
function boundaries(flags: readonly boolean[], r: number): string {
  const n = flags.length;
  return flags.map((flag, i) => (flag === flags[(i + n - 1) % n] ? '' : `M0 0L${at(pointOf((360 * (i - 0.5)) / n, r)).join(' ')}`)).join('');
}

const wedgeCount = 72;

/** A sector of the disc. */
function wedge(i: number): string {
  const edge = (k: number): string => at(pointOf((360 * k) / wedgeCount)).join(' ');
  return `M0 0L${edge(i)}A1 1 0 0 0 ${edge(i + 1)}Z`;
}

/** The words under the picture: what a screen reader is told when a move has ended. */
export function describe(state: State, picture: Picture): void {
  const { label } = state.samples[state.selected]!;
  const lit = picture.support[state.selected]!.flatMap((hard, k) => (hard ? [`class ${k + 1}`] : []));
  say(part('summary'), `Mean loss ${short(picture.loss)}. Sample ${state.selected + 1} of class ${label + 1}: `
    + `cosine ${short(picture.cosines[state.selected]![label]!)}, p ${short(picture.probabilities[state.selected]![label]!)}, `
    + `loss ${short(picture.losses[state.selected]!)}; support vectors: ${lit.length === 0 ? 'none' : lit.join(', ')}.`);
}
