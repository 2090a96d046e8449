// Who made a gradient entry: its exact split by sample, by the part a class plays, and by path. The program is cut at its
// labelled steps. What reaches the entry straight from a labelled q is Σᵢ (∂result/∂qᵢ)·(∂qᵢ/∂entry), so every element
// of q has its own share, and every way along which its adjoint came has a share of that. Nothing is attributed by
// choice: roles are those the function gave its masks, paths those through its labelled steps.

import { gradient } from '../autodiff/index.ts';
import { isFloat } from '../base/dtype.ts';
import { DomainError, message } from '../base/errors.ts';
import { filled, record, type Recorder, tensor, type Tensor, type Trace } from '../graph/index.ts';
import { add } from '../ops/index.ts';
import type { Explanation, JsonNumber, Line } from './explanation.ts';
import { jsonNumber } from './numbers.ts';
import { entryOf, entryText, leaf, programOf, rerun } from './program.ts';
import { type Split, splitOf } from './split.ts';

/** Raised whenever a reader of the older form could misread the newer one. */
export const contributionsVersion = 1;

/** What one sample, in one role, sent along one path. */
export interface GradientPart {
  /** Null for what belongs to no sample. */
  readonly sample: number | null;
  /** That of the mask that holds there (`target`, `support`), `negative` where none does; else that of a line on the path. */
  readonly role: string | null;
  /** The labelled lines from the one nearest the entry to the result; `…` stands for several ways. */
  readonly path: readonly string[];
  readonly value: JsonNumber;
}

/** All parts that have something in common. */
export interface Share {
  readonly of: string | number | null;
  readonly value: JsonNumber;
}

/** The split of one gradient entry. Parts of 0 are left out; the others stand in the order of their size. */
export interface Contributions {
  readonly version: typeof contributionsVersion;
  /** As `w[3, 17]`. */
  readonly entry: string;
  readonly line: number;
  readonly index: readonly number[];
  /** The gradient entry as the engine computes it, in Float64. */
  readonly value: JsonNumber;
  readonly parts: readonly GradientPart[];
  readonly samples: readonly Share[];
  readonly roles: readonly Share[];
  readonly paths: readonly Share[];
  /** The value less the sum of the parts: rounding. */
  readonly residue: JsonNumber;
  /** Σ |part|, beside which the residue is small. */
  readonly spread: JsonNumber;
  readonly notes: readonly string[];
}

/** The most ways from one labelled line to the result that are told apart. */
const mostPaths = 64;

/**
 * Splits one entry of a gradient.
 *
 * Shapes    an explanation made in this process, and an entry such as `w[3, 17]`, `c[0, 2]` or, of rank 0, `t`
 * Gradient  none: plain data
 * Edges     with no label on the way the entry is one part; Float32 programs are run in Float64
 * Throws    DomainError for an explanation read from JSON, an unknown name, an entry that does not exist, or whole numbers
 */
export function contributions(explanation: Explanation, entry: string): Contributions {
  const traced = programOf(explanation, 'contributions');
  const { line, index, place } = entryOf(explanation, entry, 'contributions');
  if (!isFloat(line.dtype)) {
    throw new DomainError(message(
      `contributions: the entry '${entry}'`, `${line.name} holds whole numbers, which have no derivative`, 'Name an entry of a float'));
  }
  const split = splitOf(explanation, traced, line);
  const { elements, merged } = elementsOf(traced, split, line, place);
  const names = new Map(explanation.lines.map(({ number, name }) => [number, name]));
  const parts = new Map<string, Omit<GradientPart, 'value'> & { value: number }>();
  for (const { at, path, values } of elements) {
    const texts = path.map((id) => names.get(id) ?? '…');
    const onPath = path.map((id) => split.roles.get(id)).find((role) => role !== undefined) ?? null;
    values.forEach((value, i) => {
      if (value === 0) return;
      const [sample, role] = [split.sampleOf(at, i), split.roleOf(at, i) ?? onPath];
      const key = JSON.stringify([sample, role, texts]);
      const part = parts.get(key) ?? { sample, role, path: texts, value: 0 };
      part.value += value;
      parts.set(key, part);
    });
  }
  const sorted = [...parts.values()].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const value = entryOfGradient(traced, line, place);
  const sum = sorted.reduce((total, part) => total + part.value, 0);
  const by = (of: (part: (typeof sorted)[number]) => string | number | null): Share[] => sharesOf(sorted, of);
  return {
    version: contributionsVersion, entry: entryText(line, index), line: line.number, index, value: jsonNumber(value),
    parts: sorted.map((part) => ({ ...part, value: jsonNumber(part.value) })),
    samples: by((part) => part.sample), roles: by((part) => part.role), paths: by((part) => part.path.join(' → ')),
    residue: jsonNumber(value - sum), spread: jsonNumber(sorted.reduce((total, part) => total + Math.abs(part.value), 0)),
    notes: [
      ...(line.adjoint === null ? [`no derivative reaches ${line.name}`] : split.notes),
      ...(merged ? [`more than ${mostPaths} ways lead to the result; some are taken together as …`] : []),
    ],
  };
}

function sharesOf<T extends { readonly value: number }>(parts: readonly T[], of: (part: T) => string | number | null): Share[] {
  const shares = new Map<string | number | null, number>();
  for (const part of parts) shares.set(of(part), (shares.get(of(part)) ?? 0) + part.value);
  return [...shares].map(([key, value]) => ({ of: key, value: jsonNumber(value) }));
}

/** The entry of the whole gradient. */
function entryOfGradient(traced: Trace, line: Line, place: number): number {
  const { recorder, fragment, tensors } = rerun(traced, 'f64', ({ id }, _, own) => (id === line.number ? leaf(own().read()) : own()));
  const result = recorder.graph.steps[fragment.outputs[0]!]!;
  const wrt = tensors[line.number];
  if (wrt === undefined) return 0;
  const [found] = gradient(recorder, [{ step: result.id, cotangent: filled(1, result.shape, 'f64') }], [recorder.stepOf(wrt).id]);
  return found?.data[place] ?? 0;
}

/** What the elements of a labelled step send the entry, along one path. */
interface Elements {
  readonly at: number;
  readonly path: readonly number[];
  readonly values: Float64Array;
}

/** An adjoint that came along one path. */
interface Arrival {
  readonly path: readonly number[];
  readonly cotangent: Tensor;
}

/** The program cut at its labelled steps: every path crosses them one by one. */
function elementsOf(traced: Trace, { steps }: Split, line: Line, place: number): { elements: Elements[]; merged: boolean } {
  const result = traced.outputs[0]!;
  const made = new Map<number, Tensor>();
  const { recorder, tensors } = rerun(traced, 'f64', ({ id }, _, own) => {
    const x = own();
    if (id !== line.number && !steps.includes(id)) return x;
    made.set(id, x);
    return leaf(x.read());
  });
  const target = tensors[line.number];
  // The result is its own and only part.
  if (line.number === result) return { elements: [{ at: result, path: [], values: Float64Array.of(1) }], merged: false };
  if (target === undefined) return { elements: [], merged: false };
  const idOf = (x: Tensor): number => recorder.stepOf(x).id;
  const madeBy = (id: number): Tensor => made.get(id) ?? tensors[id]!;
  const nodes = [...new Set([result, ...steps])].sort((a, b) => b - a);
  const tangents = tangentsOf(recorder, nodes.map(madeBy), target, place);

  const arrivals = new Map<number, Arrival[]>([[result, [{
    path: steps.includes(result) ? [result] : [], cotangent: filled(1, madeBy(result).shape, 'f64'),
  }]]]);
  let merged = false;
  const elements: Elements[] = [];
  nodes.forEach((node, n) => {
    let here = arrivals.get(node) ?? [];
    if (here.length > mostPaths) {
      merged = true;
      here = [{ path: [node, -1, result], cotangent: here.map((x) => x.cotangent).reduce((a, b) => add(a, b)) }];
    }
    const before = nodes.slice(n + 1);
    for (const { path, cotangent } of here) {
      const tangent = tangents[n];
      if (tangent !== undefined) {
        const g = cotangent.data;
        // An exact 0 on either side is no path, whatever stands on the other.
        elements.push({ at: node, path, values: tangent.map((t, i) => (t === 0 || g[i] === 0 ? 0 : t * g[i]!)) });
      }
      if (before.length === 0) continue;
      const found = gradient(recorder, [{ step: idOf(madeBy(node)), cotangent }], before.map((id) => idOf(tensors[id]!)));
      found.forEach((x, i) => {
        if (x === null) return;
        const next = before[i]!;
        arrivals.set(next, [...(arrivals.get(next) ?? []), { path: [next, ...path], cotangent: x }]);
      });
    }
  });
  return { elements, merged };
}

/** ∂q/∂entry for every labelled q, through no other. The pull-back is linear in its cotangents, so its own pull-back tells. */
function tangentsOf(recorder: Recorder, made: readonly Tensor[], target: Tensor, place: number): (Float64Array | undefined)[] {
  const idOf = (x: Tensor): number => recorder.stepOf(x).id;
  const weights = record(recorder, () => made.map(({ shape }) => leaf(filled(1, shape, 'f64').read())));
  const seeds = made.map((x, i) => ({ step: idOf(x), cotangent: weights[i]! }));
  const [pulled] = record(recorder, () => gradient(recorder, seeds, [idOf(target)]));
  if (pulled == null) return [];
  const basis = new Float64Array(target.size);
  basis[place] = 1;
  const found = gradient(recorder, [{ step: idOf(pulled), cotangent: tensor(basis, { shape: target.shape }) }], weights.map(idOf));
  return found.map((x) => (x === null ? undefined : Float64Array.from(x.data)));
}
