// The hunt: every change at every place where a program is judged. A mutant is known by the key of its step and the
// name of its change; it is killed when any place kills it. Before anything is changed, every place must find the
// program itself right, or its verdicts would mean nothing.

import { digits, entryError, floorOf } from '../../src/base/compare.ts';
import { changedValues, type Copy, copyOf, type Mutation, mutationsOf, type Program } from './surgery.ts';
import type { Value } from '../../src/graph/index.ts';

/** A mutant at one place. */
export interface Mutant {
  readonly outputs: readonly Value[];
  /** A recorded copy that can be differentiated. */
  readonly copy: () => Copy;
}

/** A place where a program is judged. */
export interface Site {
  readonly name: string;
  readonly program: Program;
  readonly mutable: (id: number) => boolean;
  /** The key of a step, the same at every place. */
  readonly key: (id: number) => string;
  /** How the step is shown. */
  readonly text: (id: number) => string;
  /** Judges in the order they are asked; each says what is wrong, or nothing. */
  readonly judges: readonly Judge[];
}

export type Judge = (mutant: Mutant) => string | undefined;

export interface Verdict {
  readonly text: string;
  readonly change: string;
  /** Where it was seen and by what; undefined for a survivor. */
  readonly killedBy?: string;
}

/** The mutants of a program seen at some places. */
export function hunt(sites: readonly Site[]): Verdict[] {
  const found = new Map<string, { text: string; change: string; at: { site: Site; mutation: Mutation }[] }>();
  for (const site of sites) {
    const wrong = verdictAt(site, undefined);
    if (wrong !== undefined) throw new Error(`${site.name}: the program itself is judged wrong: ${wrong}`);
    const live = site.program.graph.live(site.program.outputs);
    const mutable = (id: number): boolean => live[id]! && site.mutable(id);
    for (const { id } of site.program.graph.steps) {
      if (!mutable(id)) continue;
      for (const mutation of mutationsOf(site.program.graph, id, mutable)) {
        const key = `${site.key(id)} | ${mutation.name}`;
        const entry = found.get(key) ?? { text: site.text(id), change: mutation.name, at: [] };
        entry.at.push({ site, mutation });
        found.set(key, entry);
      }
    }
  }
  return [...found.values()].map(({ text, change, at }) => {
    for (const { site, mutation } of at) {
      const killedBy = verdictAt(site, mutation);
      if (killedBy !== undefined) return { text, change, killedBy: `${site.name}: ${killedBy}` };
    }
    return { text, change };
  });
}

/** What the judges of a place say of a mutant; of the program itself without one. */
function verdictAt({ program, judges }: Site, mutation: Mutation | undefined): string | undefined {
  let outputs: readonly Value[];
  try {
    outputs = mutation === undefined ? program.outputs.map((id) => program.values[id]!) : changedValues(program, mutation);
    let copy: Copy | undefined;
    const mutant: Mutant = { outputs, copy: () => (copy ??= copyOf(program, mutation)) };
    for (const judge of judges) {
      const wrong = judge(mutant);
      if (wrong !== undefined) return wrong;
    }
  } catch (error) {
    if (mutation === undefined) throw error;
    return `throws ${error instanceof Error ? error.name : 'something'}`;
  }
  return undefined;
}

export interface Expected {
  readonly numbers: ArrayLike<number>;
  /** μ: 64·eps·μ of difference is rounding. */
  readonly spread?: ArrayLike<number>;
}

/** The norm of the project with its rounding floor. Where no finite number is expected, any other finite one will do. */
export function disagreement(what: string, actual: ArrayLike<number>, { numbers, spread }: Expected, demanded: number): string | undefined {
  if (actual.length !== numbers.length) return `${what}: ${actual.length} numbers, not ${numbers.length}`;
  const floor = floorOf(numbers);
  for (let i = 0; i < numbers.length; i++) {
    const [a, b] = [actual[i]!, numbers[i]!];
    if (Object.is(a, b)) continue;
    if (!Number.isFinite(a)) return `${what}: entry ${i} is ${a}`;
    if (!Number.isFinite(b)) continue;
    const error = entryError(a, b, floor);
    if (error > 10 ** -demanded && !(Math.abs(a - b) <= 64 * 2 ** -52 * (spread?.[i] ?? 0))) {
      return `${what}: entry ${i} is ${a}, not ${b} (${digits(error).toFixed(1)} digits)`;
    }
  }
  return undefined;
}
