// What a trained network is worth: embeddings of pictures, and the measures of recognition on them. For people never
// trained on the score of a pair is the cosine of its embeddings; for classes trained on an image is given the nearest.

import { demandMade } from '../base/demand.ts';
import { selectBatch } from '../data/index.ts';
import { tensor } from '../graph/index.ts';
import {
  allPairCosines, areaUnderRoc, closedSetAccuracy, equalErrorRate, type Features, tarAtFar,
} from '../metrics/index.ts';
import { type Dataset, demandData } from './dataset.ts';
import { demandFinite } from './fault.ts';
import type { Model, TrainState } from './model.ts';

/** Images embedded at a time. */
const chunk = 256;

export type Embedded = Features & { readonly values: Float32Array };

/**
 * The embedding of every picture, N rows.
 *
 * Throws    DivergenceError for a network that does not give finite numbers, with the first of its primitives
 */
export function embed(model: Model, state: TrainState, data: Dataset): Embedded {
  demandMade(model, ['network', 'embed'], 'embed', 'what makeModel returns');
  demandMade(state, ['params', 'memory'], 'embed', "the state of a run's progress()");
  demandData(data, 'embed');
  const [{ params, memory }, { images }] = [state, data];
  const count = images.shape[0];
  // One size of batch is one program: the last one is filled up with pictures from the front.
  const size = Math.min(chunk, count);
  let [values, dims] = [new Float32Array(0), 1];
  for (let at = 0; at < count; at += size) {
    const part = selectBatch(images, Int32Array.from({ length: size }, (_, i) => (at + i) % count));
    const pictures = tensor(part.values, { shape: part.shape });
    const y = model.embed(params, memory, pictures);
    demandFinite(model, { params, memory }, pictures, y.data as Float32Array);
    if (at === 0) [values, dims] = [new Float32Array(count * y.shape[1]!), y.shape[1]!];
    values.set(y.data.subarray(0, (count - at) * dims), at * dims);
  }
  return { values, dims };
}

/** Measures by name, as shares; a rate that the pairs cannot tell is left out. */
export type Judgement = Readonly<Record<string, number>>;

/**
 * The measures of a test set.
 *
 * Edges     closed: the share of images nearest to their own class weight; otherwise verification over all pairs.
 *           `features` are the embeddings of the set, where they are there already
 * Throws    DivergenceError for embeddings that are not finite
 */
export function judge(
  model: Model, state: TrainState, test: Dataset, closed: boolean, features: Embedded = embed(model, state, test),
): Judgement {
  const weights = state.params.head['weights'];
  if (closed && weights !== undefined) {
    return { accuracy: closedSetAccuracy(cosinesTo(features, weights.data as Float32Array), weights.shape[0]!, test.labels) };
  }
  const { genuine, impostor } = allPairCosines(features, test.labels);
  const tars = [1e-2, 1e-3, 1e-4].map((far) => [`TAR at FAR ${far}`, tarAtFar(genuine, impostor, far)] as const);
  return {
    AUC: areaUnderRoc(genuine, impostor), EER: equalErrorRate(genuine, impostor).rate,
    ...Object.fromEntries(tars.flatMap(([name, point]) => (point.defined ? [[name, point.tar]] : []))),
  };
}

/** The products of every embedding with the unit weight of every class, row by row. */
function cosinesTo({ values, dims }: Features, weights: Float32Array): Float64Array {
  const [rows, classes] = [values.length / dims, weights.length / dims];
  const lengths = Float64Array.from(
    { length: classes }, (_, c) => Math.hypot(...weights.subarray(c * dims, (c + 1) * dims)) || 1);
  return Float64Array.from({ length: rows * classes }, (_, i) => {
    const [n, c] = [Math.floor(i / classes), i % classes];
    let product = 0;
    for (let d = 0; d < dims; d++) product += values[n * dims + d]! * weights[c * dims + d]!;
    return product / lengths[c]!;
  });
}
