// Figure 2 of the paper, by hand: what one change does to the selected sample, from 1 to 1*. A move is the thing that is
// being changed and the state it began from; as long as the same thing changes, the move goes on.
// Nothing here knows of the page.

import { type Picture, picture, sliders, type Turn, turn } from './model.ts';
import type { State } from './state.ts';
import { short } from './words.ts';

type Thing =
  | { readonly kind: 'weight'; readonly k: number }
  | { readonly kind: 'sample'; readonly n: number }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'loss' };

export interface Move {
  readonly thing: Thing;
  readonly from: State;
}

/** The one thing two states differ in; 'nothing', or 'much' where it is more than one or not the selected sample. */
function changed(before: State, after: State): Thing | 'nothing' | 'much' {
  const same = before.selected === after.selected && before.weights.length === after.weights.length && before.samples.length === after.samples.length
    && before.samples.every(({ label }, n) => label === after.samples[n]!.label);
  if (!same) return 'much';
  const things: Thing[] = [];
  before.weights.forEach((angle, k) => angle === after.weights[k] || things.push({ kind: 'weight', k }));
  before.samples.forEach(({ angle, length }, n) => {
    const is = after.samples[n]!;
    if (angle !== is.angle || length !== is.length) things.push({ kind: 'sample', n });
  });
  if (before.loss !== after.loss) things.push({ kind: 'loss' });
  else {
    const values = Object.fromEntries(sliders(before).map(({ name, value }) => [name, value]));
    for (const { name, value } of sliders(after)) if (value !== values[name]) things.push({ kind: 'parameter', name });
  }
  const [thing] = things;
  if (thing === undefined) return 'nothing';
  return things.length === 1 && (thing.kind !== 'sample' || thing.n === before.selected) ? thing : 'much';
}

const key = (thing: Thing): string => JSON.stringify(thing);

/**
 * The move after a change: the same one when it is the same thing that changes, otherwise a new one that begins here;
 * none when another sample is meant or more than one thing changed. `isNew` begins anew even with the same thing, as a
 * hand does that takes hold of it again; every choice of a loss does.
 */
export function follow(move: Move | undefined, before: State, after: State, isNew = false): Move | undefined {
  const thing = changed(before, after);
  if (thing === 'nothing') return move;
  if (thing === 'much') return undefined;
  const goesOn = move !== undefined && !isNew && thing.kind !== 'loss' && key(move.thing) === key(thing);
  return goesOn ? move : { thing, from: before };
}

/** The picture a move began from. */
export interface Before {
  readonly state: State;
  readonly picture: Picture;
  /** Undefined for a moved sample: it meets another loss elsewhere, while the loss in every direction stays. */
  readonly turn: Turn | undefined;
}

export const beforeOf = ({ thing, from }: Move): Before =>
  ({ state: from, picture: picture(from), turn: thing.kind === 'sample' ? undefined : turn(from) });

/** What was moved, from where to where. */
export function titleOf({ thing, from }: Move, now: State): string {
  const [was, is] = [from.samples[from.selected]!, now.samples[now.selected]!];
  if (thing.kind === 'loss') return `loss ${from.loss} → ${now.loss}`;
  if (thing.kind === 'weight') return `weight of class ${thing.k + 1}, ${from.weights[thing.k]!}° → ${now.weights[thing.k]!}°`;
  if (thing.kind === 'parameter') {
    const value = (state: State): string => short(sliders(state).find(({ name }) => name === thing.name)!.value);
    return `${thing.name} ${value(from)} → ${value(now)}`;
  }
  const length = was.length === is.length ? '' : `, length ${was.length} → ${is.length}`;
  return `sample ${now.selected + 1}, ${was.angle}° → ${is.angle}°${length}`;
}

/** What it did to the selected sample: its probability, its factor where one of the two losses has one, and its loss at 1 and at 1*. */
export function effectOf({ picture: was, state: { selected } }: Before, now: State, { p, g, losses }: Picture): Record<'p' | 'loss', readonly [number, number]> & { readonly g?: readonly [number, number] } {
  return {
    p: [was.p[selected]!, p[now.selected]!],
    ...((g ?? was.g) !== undefined && { g: [was.g?.[selected] ?? 1, g?.[now.selected] ?? 1] as const }),
    loss: [was.losses[selected]!, losses[now.selected]!],
  };
}

/** The same in words, for the sentence under the picture. */
export function wordsOf(move: Move, before: Before, now: State, shown: Picture): string {
  const { p, g, loss } = effectOf(before, now, shown);
  return `From 1 to 1*, ${titleOf(move, now).replaceAll(' → ', ' to ')}: p from ${p.map(short).join(' to ')},${g === undefined ? '' : ` g from ${g.map(short).join(' to ')},`} loss from ${loss.map(short).join(' to ')}.`;
}
