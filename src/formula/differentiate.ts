// d(e, name): the derivative of an expression with respect to a named quantity, taken by the engine in the open trace.
// One pull-back per entry of e that is not a sample. Samples do not touch each other unless the formula ties them
// together, so a single pull-back serves all of them; where they are tied, every sample has its own.

import { currentRecorder, lift, tensor } from '../graph/index.ts';
import { gradient } from '../autodiff/index.ts';
import { concatAlong, expand, reshape } from '../primitives/index.ts';
import type { DerivativeExpr } from './grammar.ts';
import type { Meaning } from './meaning.ts';
import { alignTo, diagonal, type Named, named, renamed, sampleAxis, unionAxes } from './named.ts';
import { printExpr } from './print.ts';

export function derivativeOf(lowering: Meaning, e: DerivativeExpr): Named {
  const entity = lowering.entity(e.by);
  lowering.demandPart(e.of, entity, e.by);
  // The quantity must exist before what depends on it is computed, so that both meet the same step.
  const by = lowering.lookup(entity, e.by);
  const of = lowering.expr(e.of);
  const recorder = currentRecorder()!;
  const [ofStep, byStep] = [lowering.stepOf(of), lowering.stepOf(by)];
  const perSample = of.axes[0] === sampleAxis && by.axes[0] === sampleAxis
    && !lowering.names.couplesSamples(e.of, lowering.section, entity.key);
  const rowAxes = of.axes.filter((axis) => !(perSample && axis === sampleAxis));
  const rowSizes = rowAxes.map((axis) => of.tensor.shape[of.axes.indexOf(axis)]!);
  const rowCount = rowSizes.reduce((a, b) => a * b, 1);
  const samples = perSample ? of.tensor.shape[0]! : 1;

  const rows = Array.from({ length: rowCount }, (_, row) => {
    const seed = new Float64Array(of.tensor.size);
    for (let i = 0; i < samples; i++) seed[i * rowCount + row] = 1;
    const cotangent = tensor(seed, { shape: of.tensor.shape });
    const [found] = gradient(recorder, [{ step: ofStep, cotangent }], [byStep]);
    return reshape(found ?? expand(lift(0, 'f64'), by.tensor.shape), [1, ...by.tensor.shape]);
  });
  const stacked = concatAlong(rows, 0);
  const indices = lowering.names.indices(lowering.section);
  const shownAxis = (axis: string): string => e.by.index.find((index) => index !== axis && indices.get(index) === axis) ?? axis;
  lowering.derivatives.push({
    text: `${printExpr(e)}${lowering.context}`, of: ofStep, by: byStep, ofAxes: of.axes, byAxes: by.axes.map(shownAxis),
    rows: stacked, perSample,
  });

  const hidden = rowAxes.map((axis) => `${axis}!`);
  const full = named(reshape(stacked, [...rowSizes, ...by.tensor.shape]), [...hidden, ...by.axes], [...of.open.map((axis) => `${axis}!`), ...by.open]);
  let result = lowering.indexed(full, e.by);
  for (const axis of rowAxes) {
    if (result.axes.includes(axis) && (result.open.includes(axis) || of.open.includes(axis))) {
      throw lowering.fail(e, `both sides of the derivative keep the axis ${axis}`, 'a derivative of a vector by a vector is a matrix, and its two axes need two names', 'index them: d(u[i], x[l])');
    }
    result = result.axes.includes(axis) ? diagonal(result, axis, `${axis}!`) : renamed(result, `${axis}!`, axis);
  }
  const axes = unionAxes([result]);
  return named(alignTo(result, axes), axes, result.open);
}
