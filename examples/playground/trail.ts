// The trail of a move: on the circle from where a sample or a weight was to where it is, with the boundary of before; and
// the legend with the probability and the loss at both ends. The curves draw their own part of it.

import { part, say, set, svg } from './dom.ts';
import { type Picture, pointOf } from './model.ts';
import { type Before, effectOf, type Move, titleOf } from './move.ts';
import { arcArrow, arrow, at, boundaries } from './shapes.ts';
import type { State } from './state.ts';
import { short } from './words.ts';

type Point = readonly [number, number];

export class Trail {
  readonly #layer = part<SVGGElement>('trail');
  readonly #path = svg('path', { class: 'path' });
  readonly #boundary = svg('path', { class: 'boundary before' });
  readonly #ghost = svg('circle', { class: 'ghost' });
  readonly #first = svg('text', { dy: '0.35em' });
  readonly #last = svg('text', { dy: '0.35em' });

  constructor() {
    this.#layer.append(this.#boundary, this.#ghost, this.#path, this.#first, this.#last);
  }

  draw(move: Move, before: Before, state: State, shown: Picture): void {
    this.#show(true);
    const { thing, from } = move;
    set(this.#boundary, { d: before.turn === undefined ? '' : boundaries(before.turn.accepted, 1.25) });
    const [was, is] = [from.samples[from.selected]!, state.samples[state.selected]!];
    if (thing.kind === 'weight') {
      const [start, end] = [from.weights[thing.k]!, state.weights[thing.k]!];
      // The names stand inside the circle, where no ring is.
      this.#place(pointOf(start), pointOf(start, 0.86), pointOf(end, 0.8), arcArrow(start, end, 5), 0.075, `w${thing.k + 1}`);
    } else {
      const [a, b] = [pointOf(was.angle, was.length), pointOf(is.angle, is.length)];
      const far = Math.hypot(b[0] - a[0], b[1] - a[1]);
      // Away from the other end; where the sample stays in its place there is only one name to give.
      const [ux, uy] = far < 0.01 ? [0, 1] : [(b[0] - a[0]) / far, (b[1] - a[1]) / far];
      const stop: Point = [b[0] - ux * Math.min(0.05, far), b[1] - uy * Math.min(0.05, far)];
      this.#place(a, [a[0] - 0.1 * ux, a[1] - 0.1 * uy], [b[0] + 0.12 * ux, b[1] + 0.12 * uy], arrow(at(a), at(stop)), 0.05, far < 0.01 ? '' : '1');
    }
    say(part('move-title'), `1 → 1*: ${titleOf(move, state)}`);
    const effect = effectOf(before, state, shown);
    part('move-g').hidden = effect.g === undefined;
    for (const [name, [first, last]] of Object.entries(effect)) {
      const [one, star, ratio] = part<HTMLTableRowElement>(`move-${name}`).querySelectorAll('td');
      say(one!, short(first));
      say(star!, short(last));
      say(ratio!, first === 0 || !Number.isFinite(last / first) ? '–' : `× ${short(last / first)}`);
    }
  }

  clear(): void {
    this.#show(false);
  }

  #show(isMoved: boolean): void {
    set(this.#layer, { class: isMoved ? 'moved' : '' });
    part('move').hidden = !isMoved;
    part('move-hint').hidden = isMoved;
  }

  /** The outline of what was there, the path from it, and the names of both ends: 1 and 1*. */
  #place(ghost: Point, first: Point, last: Point, path: string, r: number, name: string): void {
    const [gx, gy] = at(ghost);
    set(this.#ghost, { cx: gx, cy: gy, r });
    set(this.#path, { d: path });
    for (const [text, [x, y], words] of [[this.#first, at(first), name], [this.#last, at(last), name === '' ? '1*' : `${name}*`]] as const) {
      set(text, { x, y });
      say(text, words);
    }
  }
}
