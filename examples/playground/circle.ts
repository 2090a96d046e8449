// The unit circle: class weights and samples that can be taken hold of, arrows along the descent of the loss, the
// support vectors lit, and two rings that show where a sample of the selected one's class wins: by its cosine alone, and
// after the loss has had its way. The gap between the rings is the margin.

import { fitChildren, part, say, set, svg } from './dom.ts';
import { type Picture, pointOf, type Turn } from './model.ts';
import { arcs, arrow, at, boundaries, wedge, wedgeCount } from './shapes.ts';
import type { Sample, State } from './state.ts';
import { short } from './words.ts';

export interface Moves {
  /** What holds now; what is drawn may be a key behind. */
  readonly state: () => State;
  readonly weight: (k: number, angle: number) => void;
  readonly sample: (n: number, angle: number, length: number) => void;
  readonly select: (n: number) => void;
  /** A hand takes hold of something. */
  readonly begin: () => void;
  /** A move has ended: what takes longer may follow. */
  readonly rest: () => void;
}

const longestArrow = 0.4;
/** Angles are kept in tenths; the next one is 0 again. */
const lastAngle = 359.9;
const degrees = (x: number, y: number): number => (Math.atan2(y, x) * 180) / Math.PI;
/** What makes the selected sample a handle; any other sample has none of it. */
const handle = ['tabindex', 'role', 'aria-label', 'aria-valuenow', 'aria-valuetext', 'aria-valuemin', 'aria-valuemax'];
const noHandle = Object.fromEntries(handle.map((name) => [name, null]));

export class Circle {
  readonly #root = part<SVGSVGElement>('circle');
  readonly #surface = part<SVGGElement>('surface');
  readonly #rays = part<SVGGElement>('rays');
  readonly #samples = part<SVGGElement>('samples');
  readonly #arrows = part<SVGGElement>('arrows');
  readonly #weights = part<SVGGElement>('weights');
  readonly #links = part<SVGGElement>('links');
  readonly #moves: Moves;
  /** The samples as they are drawn, their places on the page, and the one that is a handle. */
  #placed: readonly Sample[] = [];
  #places: (readonly [number, number])[] = [];
  #held: SVGElement | undefined;
  /** A hand took hold of a sample that was no handle yet: the keyboard follows it when it is one. */
  #awaitsFocus = false;

  constructor(moves: Moves) {
    this.#moves = moves;
    this.#root.addEventListener('pointerdown', (event) => this.#take(event));
    this.#root.addEventListener('keydown', (event) => this.#key(event));
  }

  draw(state: State, picture: Picture): void {
    const own = state.samples[state.selected]!;
    const C = state.weights.length;
    const row = state.selected * C;
    const lit = state.weights.map((_, k) => picture.support[row + k] !== 0);
    const rays = fitChildren(this.#rays, C, () => svg('line', { x1: 0, y1: 0 }));
    const handles = fitChildren(this.#weights, C, (k) => svg('g', { role: 'slider', tabindex: 0, 'aria-valuemin': 0, 'aria-valuemax': lastAngle, 'data-weight': k },
      svg('circle', { r: 0.12, class: 'hold' }), svg('circle', { r: 0.075, class: 'handle' }), svg('text', { dy: '0.35em' }, String(k + 1))));
    state.weights.forEach((angle, k) => {
      const [x, y] = at(pointOf(angle));
      set(rays[k]!, { x2: x, y2: y, class: `class-${k}` });
      const role = k === own.label ? 'own class' : lit[k] ? 'support vector' : 'other class';
      set(handles[k]!, {
        transform: `translate(${x} ${y})`, class: `weight class-${k}${lit[k] ? ' lit' : ''}${k === own.label ? ' own' : ''}`,
        'aria-valuenow': angle, 'aria-label': `weight of class ${k + 1}, ${role}`,
        'aria-valuetext': `${angle} degrees, ${picture.measure} ${short(picture.scores[row + k]!)}`,
      });
    });
    const dots = fitChildren(this.#samples, state.samples.length, (n) => svg('circle', { 'data-sample': n }));
    this.#place(state.samples, dots);
    state.samples.forEach(({ label }, n) => {
      const isSelected = n === state.selected;
      set(dots[n]!, { r: isSelected ? 0.05 : 0.03, class: `sample class-${label}${picture.isHard[n]! ? ' hard' : ''}${isSelected ? ' selected' : ''}` });
    });
    const held = dots[state.selected] as SVGElement;
    if (this.#held !== held) {
      if (this.#held !== undefined) set(this.#held, noHandle);
      // What comes last lies on top.
      this.#samples.append(held);
      this.#held = held;
    }
    set(held, {
      tabindex: 0, role: 'slider', 'aria-label': `sample ${state.selected + 1} of class ${own.label + 1}`,
      'aria-valuemin': 0, 'aria-valuemax': lastAngle, 'aria-valuenow': own.angle, 'aria-valuetext': `${own.angle} degrees, loss ${short(picture.losses[state.selected]!)}`,
    });
    if (this.#awaitsFocus) held.focus({ preventScroll: true });
    this.#awaitsFocus = false;
    this.#drawArrows(state, picture);
    const links = fitChildren(this.#links, C, () => svg('line'));
    const from = this.#places[state.selected]!;
    state.weights.forEach((angle, k) => {
      const to = at(pointOf(angle));
      set(links[k]!, { x1: from[0], y1: from[1], x2: to[0], y2: to[1], class: `link${k === own.label ? ' own' : ''}${lit[k] ? ' lit' : ''}` });
    });
  }

  /** Puts the dots where the samples are: a frame moves one of them or none, and the others keep their places. */
  #place(samples: readonly Sample[], dots: readonly Element[]): void {
    samples.forEach((sample, n) => {
      if (sample === this.#placed[n]) return;
      const place = at(pointOf(sample.angle, sample.length));
      this.#places[n] = place;
      set(dots[n]!, { cx: place[0], cy: place[1] });
    });
    this.#placed = samples;
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
    const highest = Math.max(1e-9, ...Array.from(losses).filter(Number.isFinite));
    const wedges = fitChildren(this.#surface, wedgeCount, (i) => svg('path', { d: wedge(i) }));
    const each = losses.length / wedgeCount;
    wedges.forEach((element, i) => {
      const loss = losses[Math.round((i + 0.5) * each) % losses.length]!;
      set(element, { 'fill-opacity': (0.32 * Math.min(1, loss / highest)).toFixed(3) });
    });
  }

  #drawArrows(state: State, { dx, dw }: Picture): void {
    const C = state.weights.length;
    const lines = fitChildren(this.#arrows, C + state.samples.length, () => svg('path'));
    // Weights collect the errors of all samples, so the two have scales of their own.
    const scaleOf = (gradients: Picture['dx']): number => longestArrow / gradients.reduce((most, [x, y]) => Math.max(most, Math.hypot(x, y)), 1e-300);
    const draw = (line: Element, [x, y]: readonly [number, number], [gx, gy]: readonly [number, number], scale: number, name: string): void =>
      // Down the gradient on a page whose y points down.
      set(line, { d: arrow([x, y], [x - scale * gx, y + scale * gy]), class: name });
    const [weightScale, sampleScale] = [scaleOf(dw), scaleOf(dx) / 2];
    state.weights.forEach((angle, k) => draw(lines[k]!, at(pointOf(angle)), dw[k]!, weightScale, `arrow weight class-${k}`));
    state.samples.forEach(({ label }, n) =>
      draw(lines[C + n]!, this.#places[n]!, dx[n]!, sampleScale, `arrow${n === state.selected ? ' selected' : ''} class-${label}`));
  }

  #pointed(event: PointerEvent): { angle: number; length: number } {
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
    this.#moves.begin();
    const follow = (move: PointerEvent): void => {
      const { angle, length } = this.#pointed(move);
      if (weight !== undefined) this.#moves.weight(Number(weight), angle);
      else this.#moves.sample(Number(sample), angle, length);
    };
    const release = (): void => {
      this.#root.removeEventListener('pointermove', follow);
      this.#moves.rest();
    };
    if (weight !== undefined) target.focus();
    else this.#awaitsFocus = true;
    this.#root.setPointerCapture(event.pointerId);
    this.#root.addEventListener('pointermove', follow);
    this.#root.addEventListener('lostpointercapture', release, { once: true });
    event.preventDefault();
  }

  #key(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    const ends: Record<string, number> = { Home: 0, End: lastAngle };
    const state = this.#moves.state();
    const { weight, sample } = (event.target as SVGElement).dataset;
    if (!(event.key in { ...steps, ...ends }) || (weight === undefined && sample === undefined)) return;
    const of = (angle: number): number => ends[event.key] ?? angle + steps[event.key]!;
    if (weight !== undefined) this.#moves.weight(Number(weight), of(state.weights[Number(weight)]!));
    else this.#moves.sample(Number(sample), of(state.samples[Number(sample)]!.angle), state.samples[Number(sample)]!.length);
    this.#moves.rest();
    event.preventDefault();
  }
}

/** What the loss multiplies by; a focal one beside a margin goes by another p than the one shown, which its equation calls q. */
function factor({ selected }: State, { g, q }: Picture): string {
  if (g === undefined) return '';
  return `g ${short(g[selected]!)}${q === undefined ? '' : ` by q ${short(q[selected]!)}, the p of the cosines without the margin`}, `;
}

/** Why a ring is not there: a turn goes by steps, so what lies between two of them is not spoken of. */
function missing({ nearest, accepted, angles }: Turn): string {
  if (accepted.includes(true)) return '';
  const nowhere = `in none of ${angles.length} directions`;
  return nearest.includes(true) ? ` The loss lets this class win ${nowhere}, so there is no outer ring: the other weights are too near for what it asks.`
    : ` This class is the nearest ${nowhere}, so there is no ring.`;
}

/** The words under the picture: what a screen reader is told when a move has ended, and what the move did. */
export function describe(state: State, picture: Picture, turn: Turn, moved: string): void {
  const { label } = state.samples[state.selected]!;
  const C = state.weights.length;
  const row = state.selected * C;
  const lit = state.weights.flatMap((_, k) => (picture.support[row + k] !== 0 ? [`class ${k + 1}`] : []));
  say(part('summary'), `Mean loss ${short(picture.loss)}. Sample ${state.selected + 1} of class ${label + 1}: `
    + `${picture.measure} ${short(picture.scores[row + label]!)}, p ${short(picture.p[state.selected]!)}, ${factor(state, picture)}`
    + `loss ${short(picture.losses[state.selected]!)}; support vectors: ${lit.length === 0 ? 'none' : lit.join(', ')}.${missing(turn)}${moved === '' ? '' : ` ${moved}`}`);
}
