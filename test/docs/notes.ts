// What no program can read off a loss: where it bends or jumps, what goes wrong in practice, and where public code does
// something else. One entry per choice a loss is made of; a page collects those of its loss.

export interface Notes {
  readonly kinks?: readonly string[];
  readonly dangers?: readonly string[];
  readonly divergences?: readonly string[];
}

/** Where a method was first printed, by the id of the loss, or by a word of it. */
export const origins: Readonly<Record<string, readonly (readonly [name: string, arxiv: string])[]>> = {
  normface: [['NormFace', '1704.06369']], a: [['SphereFace', '1704.08063']], arc: [['ArcFace', '1801.07698']],
  am: [['CosFace', '1801.09414'], ['AM-Softmax', '1801.05599']], f: [['focal loss', '1708.02002']],
};

const scores: Notes = {
  dangers: [
    'log of a softmax underflows for a sample that is far off, and `+ 1e-9` inside the logarithm caps the loss at 20.7 and biases it; here the loss is formed from the scores.',
    'e^(s v) overflows Float32 above s v = 88.7; the largest score is taken out first.',
  ],
};

const cosines: Notes = {
  kinks: ['A feature or a class weight of length 0 has no direction: its unit vector is 0 here, with gradient 0.'],
  dangers: [
    'A cosine may exceed 1 by rounding, and then acos is NaN; only the angle is clamped, never the logit, as a clamp of the logit would also clamp its gradient.',
    'The gradient by x scales as 1 / ‖x‖ and is orthogonal to x: a step never shortens a feature.',
  ],
};

export const notes: Readonly<Record<string, Notes>> = {
  softmax: scores,
  'l2-softmax': {
    kinks: ['A feature of length 0 has no direction: its unit vector is 0 here, with gradient 0.'],
    dangers: [...scores.dangers!, 'The scale has a lower bound: log(p (K − 2) / (1 − p)) for K classes and a wanted probability p.'],
  },
  center: {
    dangers: ['The step of a centre in the paper, Δ_j = Σ (o_j − x_i) / (1 + n_j) over the n_j samples of its class, is not the gradient of this loss, λ Σ (o_j − x_i). `centerUpdate` says which one is meant, and λ must not reach the optimiser of the centres.'],
    divergences: ['The Caffe layer of the authors divides loss and gradient by the batch, steps the centres by the solver with a rate of their own and count + 1, without α; λ is 0.008 in its face example.'],
  },
  cosines,
  scores,
  a: {
    kinks: [
      'cos mθ turns at every θ = q π / m, so the literal (3a) rewards a larger angle in every second segment.',
      'ψ is smooth there (its slope is 0 on both sides of a border), and monotone.',
    ],
    dangers: [
      'At c = −1 the segment q = m of ψ would flip the sign of its slope; q stops at m − 1.',
      '∂f/∂c is largest at the two ends: m² at c = 1, where a sample is already right; at c = −1 m² for ψ and for an odd m, −m² for cos mθ with an even m, which pushes the worst samples on.',
    ],
    divergences: [
      'The SV reference code anneals by λ = max(5, 1000 (1 + 10⁻⁴ i)⁻²) and counts evaluation steps as well; the paper of SphereFace has γ = 0.12 and power 1.',
      'clcarwin/sphereface_pytorch and face.evoLVe write π as 3.14159265; none of four read repositories stops q at m − 1.',
      'The same two have ‖x‖ as the scale, as the paper of SphereFace has it; the fixed s is that of the SV paper.',
      'ydwen/opensphere adds a detached difference of angles, which is straight-through, with a real m = 1.7.',
      'The Caffe layer of SphereFace takes ∂L/∂x of the target along a direction rescaled to unit length, and leaves margin and normalisation out of ∂L/∂w.',
      'pytorch-metric-learning has no annealing.',
    ],
  },
  am: {
    kinks: ['None in the paper’s form. The easy rules jump by m at c = 0 (`easy0`) or at c = m (`easyMargin`).'],
    divergences: [
      'The SV reference code has easy margins by default: c > 0 ? c − m : c, and takes the mask against c − m all the same.',
      'JDAI-CV/FaceX-Zoo and tiandunx/SV-X-Softmax have the threshold at m instead of 0.',
      'face.evoLVe’s Am_softmax does not normalise the embeddings.',
    ],
  },
  arc: {
    kinks: [
      'The slope changes its sign at θ = π − m: beyond, the paper’s form rewards a larger angle.',
      '`fallback` jumps there from −1 to −cos m − m sin m, −1.1173 for m = 0.5; `easy0` jumps at c = 0 by sin m.',
    ],
    dangers: [
      'At c = ±1 the slope sin(θ + m) / sin θ is infinite; only the label’s column is transformed, and at the point itself the slope is cos m.',
      'Computed on the whole matrix and masked afterwards, one cosine of 1 anywhere makes NaN of 0 · ∞.',
    ],
    divergences: [
      'insightface (arcface_torch) computes acos, + m and cos where nothing is recorded: the gradient is straight-through, s (p_y − 1) without sin(θ + m) / sin θ, and there is no guard beyond π − m.',
      'pytorch-metric-learning takes the margin in degrees, 28.6, and falls back to c − m sin m.',
      'The SV reference code has an easy margin by default and no guard at |c| = 1: its square root has no ε, so the gradient is not finite there.',
      'JDAI-CV/FaceX-Zoo falls back to c − 0, that is to c itself, by its default.',
      'face.evoLVe takes the square root over the whole matrix without a clamp.',
    ],
  },
  combined: {
    kinks: ['The slope changes its sign where m1 θ + m3 = π.'],
    dangers: ['m1 = 1 gives c cos m3 − sin θ sin m3 − m2; any other m1 needs the angle, and with it the slope at c = ±1.'],
    divergences: [
      'insightface orders the parameters (m1, m2, m3) = (factor, angle, cosine); the SV paper has m2 on the cosine and m3 on the angle. Here the paper’s letters.',
      'insightface runs two special cases only: with m3 > 0 it ignores m1 and m2; other combinations raise an error.',
    ],
  },
  sv: {
    kinks: ['Where c_k crosses f the logit of class k jumps by s (t − 1)(1 + c_k), 9.0 for s = 30, t = 1.2, c_k = 0.5: the loss is discontinuous there, and differences across it mean nothing.'],
    dangers: [
      'c_y > c_y − m always holds, so a mask that includes the label’s column would push the target as well.',
      'With Float32 ties at 1 ulp a mask may flip between runs; it is decided once, on the very cosines the logits use, with a strict <.',
      't above 1.4 may not converge, says the paper; MV-Softmax counts from 0, so its t = 0.2 is 1.2 here.',
    ],
    divergences: [
      'The SV reference code (xiaoboCASIA) counts t from 0, has s = 32, and its mask includes the label’s column, which it overwrites afterwards.',
      'The same code takes the mask against c − m or cos(θ + m) even where its easy margin leaves the target at c.',
      'comratvlad/sv_softmax multiplies e^(s c) by h without taking the maximum out, and adds 1e-9 to denominator and probability.',
      'openvinotoolkit/training_extensions is closest to the paper; its arc margin has the fallback, and t > 1 silently drops the focal γ.',
      'xialuxi/arcface-caffe takes the mask against the fallback-adjusted target and clamps c > 1 only.',
      'One re-implementation calls every class with c_k ≤ 0 a support vector and compares c with m, a cosine with an angle; another normalises the vector of logits instead of features and weights.',
    ],
  },
  mv: {
    kinks: ['Where c_k crosses f the logit of class k jumps: by s t in mode fixed, by s t (1 + c_k) in mode adaptive.'],
    dangers: ['t counts from 0: t_MV = t_SV − 1.'],
    divergences: [
      'JDAI-CV/FaceX-Zoo and tiandunx/SV-X-Softmax have the defaults t = 1.12, m = 0.45 or 0.35, s = 32, an easy margin with a mask that has none, and no clamp; the author’s own advice in an issue is 1.2 and 0.35.',
    ],
  },
  curricular: {
    kinks: ['The logit of a hard class jumps where c_k crosses cos(θ + m), and c (t + c) falls with c below −t / 2.'],
    dangers: ['t is a running mean and constant in the gradient; nextCurricularT gives the next one.'],
    divergences: ['The branch c_y − m sin m beyond θ = π − m is that of the code of the authors; the paper prints cos(θ + m) alone.', 'The paper weighs the new batch by α = 0.99, the code of the authors by 0.01, and updates before use; its easy_margin branch has a NameError.'],
  },
  hm: {
    kinks: ['The set of kept samples changes where two losses exchange ranks; the loss of the batch jumps there.'],
    dangers: [
      'Ties need a stable order, and floor(rate · B) a guard against 0.29 · 100 = 28.999…; at least one sample is kept.',
      'Whether a mean divides by the batch or by the kept ones is a choice of its own: `hardReduction`.',
    ],
    divergences: ['The SV reference code keeps int(0.9 B) and takes the mean over the kept.'],
  },
  f: {
    dangers: [
      '1 − p cancels as p → 1; it is −expm1(log p) here. For γ < 1 its power has an infinite slope at p = 1.',
      'Whose p weighs, that of the plain cosines or that of the margin scores, is not said in (4); `probability` chooses.',
    ],
    divergences: [
      'face.evoLVe applies (1 − p)^γ to the mean cross-entropy of the batch: one factor for all samples.',
      'The SV reference code takes p from the margin logits, without α. Some codes detach the weight, `detach` here.',
    ],
  },
  contrastive: {
    kinks: ['At distance m the hinge begins; squared, it is smooth there.', 'At distance 0 a pair of different classes has no direction to go: the gradient is 0 here.'],
    divergences: ['pytorch-metric-learning does not square, and averages over the terms that are not zero.'],
  },
  triplet: {
    kinks: ['The hinge bends where a negative is just far enough.'],
    dangers: ['Which triplets are semi-hard is decided and not differentiated. Without the squares the distance is singular at 0.'],
    divergences: ['pytorch-metric-learning has the margin 0.05 on distances that are not squared, and includes the upper border in semi-hard.'],
  },
  hdc: {
    kinks: ['The set of pairs a level keeps changes where two losses exchange ranks.'],
    dangers: ['The sets are constant in the gradient; percentages are of the pairs the level before kept.'],
  },
};

/** The choices the loss of an id is made of, in the order of the formula. */
export function partsOf(id: string): readonly string[] {
  if (['softmax', 'l2-softmax', 'contrastive', 'triplet', 'hdc'].includes(id)) return [id];
  if (id === 'center') return ['center', 'scores'];
  const words = new Set(id.split('-'));
  const target = words.has('combined') ? ['combined'] : ['a', 'am', 'arc'].filter((word) => words.has(word));
  const rest = ['sv', 'mv', 'curricular', 'hm', 'f'].filter((word) => words.has(word));
  return [...target, ...rest, 'cosines', 'scores'];
}
