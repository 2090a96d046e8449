// Finding a person among distractors: MegaFace challenge 1 (I. Kemelmacher-Shlizerman et al., CVPR 2016) and the definitions
// of the Trillion Pairs challenge (DeepGlint 2018). Features go in, cosines are taken here; galleries are scanned, never
// approximated.

import { DomainError, message, ShapeError } from '../base/errors.ts';
import { checkLabels, checkSome, dotRows, type Features, rowCount, type SplitScores, unitRows } from './scores.ts';
import { type OperatingPoint, tarAtFar } from './roc.ts';

export interface Ranks {
  /** 1 + the number of distractors that score above the mate, one entry per ordered pair of pictures of a person. */
  readonly ranks: Int32Array;
  /** Trials in which a distractor scores exactly as the mate does: many of them mean that the features have collapsed. */
  readonly ties: number;
}

function checkDims(a: Features, b: Features, who: string): void {
  if (a.dims !== b.dims) throw new ShapeError(message(
    `${who}: features of ${a.dims} and ${b.dims} numbers`, 'Both sets come from one network', 'Check dims'));
}

/**
 * The rank of the mate among distractors, for every ordered pair of pictures of one person.
 *
 * Equation  photo i joins the distractors, photo j asks: rank = 1 + #{d : cos(j, d) > cos(j, i)}
 *           (source: MegaFace, section 4)
 * Shapes    probes [P, D], labels [P], distractors [M, D] → one rank per (i, j), i ≠ j, of one person; j outer, i inner
 * Edges     strictly above: a tie is in favour of the mate, as MegaFace counts; `ties` says how often that mattered
 * Throws    ShapeError for lists that do not fit, DomainError when no person has two pictures
 */
export function mateRanks(probes: Features, labels: ArrayLike<number>, distractors: Features): Ranks {
  const rows = rowCount(probes, 'mateRanks');
  checkLabels(labels, rows, 'mateRanks');
  checkDims(probes, distractors, 'mateRanks');
  const count = rowCount(distractors, 'mateRanks');
  const [own, others] = [unitRows(probes, 'mateRanks'), unitRows(distractors, 'mateRanks')];
  const ranks: number[] = [];
  let ties = 0;
  for (let j = 0; j < rows; j++) {
    const mates: number[] = [];
    for (let i = 0; i < rows; i++) if (i !== j && labels[i] === labels[j]) mates.push(dotRows(own, j, own, i, probes.dims));
    if (mates.length === 0) continue;
    const scores = Float64Array.from({ length: count }, (_, d) => dotRows(own, j, others, d, probes.dims));
    for (const mate of mates) {
      let [above, equal] = [0, 0];
      for (let d = 0; d < count; d++) {
        if (scores[d]! > mate) above++;
        else if (scores[d] === mate) equal++;
      }
      ranks.push(1 + above);
      if (equal > 0) ties++;
    }
  }
  checkSome(ranks, 'person with two pictures', 'mateRanks');
  return { ranks: Int32Array.from(ranks), ties };
}

/**
 * The cumulative match characteristic: the share of trials with rank ≤ r, for r = 1 … `upTo`. Entry 0 is rank-1 accuracy.
 *
 * Equation  CMC(r) = #{rank ≤ r} / #trials
 * Shapes    ranks [T] → [upTo]
 * Throws    DomainError for no trials or ranks below 1
 */
export function cmc(ranks: ArrayLike<number>, upTo: number): Float64Array {
  checkSome(ranks, 'ranks', 'cmc');
  const curve = new Float64Array(upTo);
  for (let i = 0; i < ranks.length; i++) {
    if (!Number.isInteger(ranks[i]) || ranks[i]! < 1) throw new DomainError(message(
      `cmc: a rank of ${ranks[i]}`, 'Ranks are whole numbers from 1', 'Use mateRanks'));
    if (ranks[i]! <= upTo) curve[ranks[i]! - 1]!++;
  }
  let sum = 0;
  return curve.map((n) => (sum += n) / ranks.length);
}

/**
 * The scores of verification with distractors: every pair of pictures of one person against every probe with every
 * distractor, as MegaFace (FAR 1e-6) and Trillion Pairs (FAR 1e-9) define it; `tarAtFar` reads the rate.
 *
 * Shapes    probes [P, D], labels [P], distractors [M, D] → genuine pairs once each, P·M impostor scores
 * Throws    ShapeError for lists that do not fit, DomainError for features that are not finite
 */
export function distractorScores(probes: Features, labels: ArrayLike<number>, distractors: Features): SplitScores {
  const rows = rowCount(probes, 'distractorScores');
  checkLabels(labels, rows, 'distractorScores');
  checkDims(probes, distractors, 'distractorScores');
  const count = rowCount(distractors, 'distractorScores');
  const [own, others] = [unitRows(probes, 'distractorScores'), unitRows(distractors, 'distractorScores')];
  const genuine: number[] = [];
  for (let i = 0; i < rows; i++)
    for (let k = i + 1; k < rows; k++) if (labels[i] === labels[k]) genuine.push(dotRows(own, i, own, k, probes.dims));
  const impostor = new Float64Array(rows * count);
  for (let i = 0; i < rows; i++)
    for (let d = 0; d < count; d++) impostor[i * count + d] = dotRows(own, i, others, d, probes.dims);
  return { genuine: Float64Array.from(genuine), impostor };
}

export interface TopOne {
  /** The share of queries whose best match is a mate at or above the threshold. */
  readonly point: OperatingPoint;
  /** The share of queries whose best match is a mate, whatever its score. */
  readonly rank1: number;
}

/**
 * Identification as Trillion Pairs scores it: only the best match of a query counts, TPR at FAR 1e-3.
 *
 * Equation  impostor trials = queries whose best match is no mate; τ as in `tarAtFar` over their scores;
 *           TPR = #{best match is a mate and scores ≥ τ} / #queries
 * Shapes    queries [Q, D], labels [Q], gallery [M, D], gallery labels [M]
 * Edges     an assumption: the organisers' denominator of the false accept rate was not published. A non-mate that ties with the
 *           best mate comes first (against the method). A query without a mate in the gallery counts as an impostor trial.
 *           When every best match is a mate there is no impostor trial, and the point is undefined
 * Throws    ShapeError for lists that do not fit, DomainError for no queries or an empty gallery
 */
export function topOneAtFar(
  queries: Features,
  labels: ArrayLike<number>,
  gallery: Features,
  galleryLabels: ArrayLike<number>,
  far = 1e-3,
): TopOne {
  const [rows, count] = [rowCount(queries, 'topOneAtFar'), rowCount(gallery, 'topOneAtFar')];
  checkLabels(labels, rows, 'topOneAtFar');
  checkLabels(galleryLabels, count, 'topOneAtFar');
  checkDims(queries, gallery, 'topOneAtFar');
  checkSome(labels, 'queries', 'topOneAtFar');
  checkSome(galleryLabels, 'gallery', 'topOneAtFar');
  const [asked, known] = [unitRows(queries, 'topOneAtFar'), unitRows(gallery, 'topOneAtFar')];
  const [mates, others]: [number[], number[]] = [[], []];
  for (let q = 0; q < rows; q++) {
    let [mate, other] = [-Infinity, -Infinity];
    for (let m = 0; m < count; m++) {
      const score = dotRows(asked, q, known, m, queries.dims);
      if (galleryLabels[m] === labels[q]) mate = Math.max(mate, score);
      else other = Math.max(other, score);
    }
    if (mate > other) mates.push(mate);
    else others.push(other);
  }
  const rank1 = mates.length / rows;
  if (others.length === 0) {
    return {
      rank1,
      point: {
        defined: false,
        far,
        genuine: rows,
        impostors: 0,
        reason: 'the best match of every query is a mate, so there is no impostor trial',
      },
    };
  }
  // The threshold comes from the impostor trials alone; queries that found no mate stay in the denominator.
  const point = tarAtFar(mates.length > 0 ? mates : [-Infinity], others, far);
  if (!point.defined) return { rank1, point: { ...point, genuine: rows } };
  return { rank1, point: { ...point, genuine: rows, tar: Math.round(point.tar * mates.length) / rows } };
}
