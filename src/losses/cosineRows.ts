// The rows of the catalogue that are softmaxes over cosines: every combination of a target margin, a rule for the other
// classes and a mining factor that the paper names, and its successors. The texts are put together from the same three
// choices as the losses are.

import { angleFactor, arcMargin, combinedMargin, cosineMargin, plainTarget, type TargetMargin } from './margin.ts';
import { marginSoftmax } from './marginSoftmax.ts';
import { focal, hardMining, type Mining, noMining } from './mining.ts';
import { nonNegative, type Parameter, positive } from './parameter.ts';
import type { Reduction } from './reduction.ts';
import {
  choice, continuous, fixed, type LossText, reductionParameter, row, type Row, type RowParameters, type Source, type Values,
} from './row.ts';
import { curricular, misclassified, type OtherRule, plainOthers, supportVectors } from './support.ts';

/** One of the three choices, with the options that make it. */
interface Part<Choice> {
  readonly parameters: RowParameters;
  readonly make: (values: Values<RowParameters>) => Choice;
}

function part<const P extends RowParameters, Choice>(parameters: P, make: (values: Values<P>) => Choice): Part<Choice> {
  // A row holds the options of all its parts; each part sees its own.
  const own = (values: Values<RowParameters>): object =>
    Object.fromEntries(Object.keys(parameters).map((name) => [name, values[name]]));
  return { parameters, make: (values) => make(own(values) as Values<P>) };
}

const gradient = choice(['exact', 'straightThrough'], 'whether the margin is differentiated, or passed by as some code does');
const angle = { from: 0, to: Math.PI };

const targets = {
  plain: part({}, () => plainTarget),
  a: part({
    m: fixed(4, { from: 1, to: 64, whole: true }, 'how many times the angle is taken'),
    reading: choice(['literal', 'psi'], 'cos(mθ) as printed, or the monotone function of SphereFace'),
    lambda: continuous(0, nonNegative, 'share of the plain cosine, annealed in SphereFace'),
    gradient,
  }, ({ m, ...o }) => angleFactor(m, o)),
  am: part({
    m: continuous(0.35, nonNegative, 'margin subtracted from the cosine'),
    targetRule: choice(['paper', 'easy0', 'easyMargin'], 'no margin for a cosine below 0, or below m'),
    gradient,
  }, ({ m, ...o }) => cosineMargin(m, o)),
  arc: part({
    m: continuous(0.5, angle, 'margin added to the angle, in radians'),
    targetRule: choice(['paper', 'fallback', 'easy0'], 'what happens for θ + m beyond π, or for a cosine below 0'),
    gradient,
  }, ({ m, ...o }) => arcMargin(m, o)),
  combined: part({
    m1: continuous(1, { from: 0, to: 64, open: true }, 'factor of the angle'),
    m2: continuous(0.2, nonNegative, 'margin subtracted from the cosine (insightface calls it m3)'),
    m3: continuous(0.3, angle, 'margin added to the angle, in radians (insightface calls it m2)'),
    gradient,
  }, ({ m1, m2, m3, ...o }) => combinedMargin(m1, m2, m3, o)),
  curricular: part({ m: continuous(0.5, angle, 'margin added to the angle, in radians') }, ({ m }): TargetMargin => {
    // Its classes are hard by cos(θ + m) itself, though the target falls back beyond π.
    return { ...arcMargin(m, { targetRule: 'fallback' }), boundary: arcMargin(m) };
  }),
};

const hardness = continuous(1.2, { from: 1, to: Infinity }, 'how much hard classes are pushed up; 1 is the margin loss alone',
  'MV-Softmax counts from 0: t_MV = t_SV − 1, so its 0.2 is 1.2 here; or use mv-am-softmax');
const others = {
  plain: part({}, () => plainOthers),
  sv: part({ t: hardness }, supportVectors),
  mv: part({
    t: continuous(0.2, nonNegative, 'how much hard classes are pushed up; t_SV − 1, so 0 is the margin loss alone'),
    mode: choice(['adaptive', 'fixed'], 'a push that grows with the cosine, or the same for all'),
  }, misclassified),
  curricular: part({
    t: continuous(0, { from: -1, to: 1 }, 'running mean of the target cosines, see nextCurricularT'),
  }, curricular),
};

const focalParameters = {
  gamma: continuous(2, nonNegative, 'how fast the weight falls with the probability'),
  alpha: continuous(1, positive, 'factor of all weights; detection uses 0.25'),
  detach: { kind: 'switch', default: false, range: [false, true], meaning: 'treat the weight as a constant' },
  probability: choice(['plain', 'margin'], 'whose p[y] feeds g: plain cosines, or the scores of the loss; one without a margin'),
} as const;
const minings = {
  plain: part({}, () => noMining),
  hm: part({
    saveRate: fixed(0.9, { from: 0, to: 1 }, 'share of the batch that is kept'),
    hardReduction: choice(['batch', 'kept'], 'whether a mean divides by the batch or by the samples kept'),
  }, hardMining),
  f: part(focalParameters, focal),
  // Without a margin both probabilities are one; the scores are at hand already.
  fAlone: part(focalParameters, (o) => focal({ ...o, probability: 'margin' })),
};

interface Choices {
  readonly target?: Part<TargetMargin>;
  readonly rule?: Part<OtherRule>;
  readonly mining?: Part<Mining>;
  /** The default of s. */
  readonly s?: number;
}

function cosineRow(id: string, title: string, source: Source, choices: Choices = {}): Row {
  const { target = targets.plain, rule = others.plain, mining = minings.plain, s = 30 } = choices;
  return row({
    id, title, source,
    inputs: ['features', 'weights', 'labels'],
    parameters: {
      s: continuous(s, positive, 'scale of the cosines'),
      ...target.parameters, ...rule.parameters, ...mining.parameters,
      reduction: reductionParameter,
    } as RowParameters,
    text: (o) => textOf(target.make(o), rule.make(o), mining.make(o)),
    build: (o) => marginSoftmax({
      target: target.make(o), others: rule.make(o), mining: mining.make(o),
      scale: o['s'] as Parameter, reduction: o['reduction'] as Reduction,
    }),
  });
}

function textOf(target: TargetMargin, rule: OtherRule, mining: Mining): LossText {
  const { boundary, definitions = [] } = target;
  // Without a margin the paper writes c[y] itself.
  const f = target === plainTarget ? target.equation : 'f';
  const margin = [...definitions, ...(boundary === undefined ? [] : [`b = ${boundary.equation}`]), `f = ${target.equation}`];
  const edge = boundary === undefined ? f : 'b';
  const support = [`I[k] = 1 if k != y and ${edge} < c[k] else 0`, `h[k] = ${rule.equation}`];
  const weighted = rule.equation === null ? 'exp(s * c[k])' : 'h[k] * exp(s * c[k])';
  const total = `(exp(s * ${f}) + sum(k != y, ${weighted}))`;
  const loss = `-log(exp(s * ${f}) / ${total})`;
  const times = (slope: string): string => (slope === '1' ? '' : ` * ${slope}`);
  const slope = `s * (p[y] - 1)${times(target.derivative)} if k = y else s * p[k]${times(rule.derivative)}`;
  return {
    equation: [
      'c[k] = dot(unit(w[k]), unit(x))', ...(f === 'f' ? margin : []), ...(rule.equation === null ? [] : support),
      ...(mining.equation === null ? [`L = ${loss}`] : [`ℓ = ${loss}`, ...(mining.definitions ?? []), `g = ${mining.equation}`, 'L = g * ℓ']),
    ].join('\n'),
    handGradient: `p[k] = (exp(s * ${f}) if k = y else ${weighted}) / ${total}\nd(L, c[k]) = ${mining.gradient(slope)}`,
  };
}

const paper = 'Support Vector Guided Softmax Loss for Face Recognition';
const sv = (equation: string): Source => ({ paper, arxiv: '1812.11317', equation });
const mv: Source = { paper: 'Mis-classified Vector Guided Softmax Loss for Face Recognition', arxiv: '1912.00833', equation: null };
const curriculum = 'CurricularFace: Adaptive Curriculum Learning Loss for Deep Face Recognition';

export const cosineRows: readonly Row[] = [
  cosineRow('normface', 'Softmax over cosines (NormFace)', sv('(1)')),
  cosineRow('hm-softmax', 'Hard mining softmax', sv('(2), (2b)'), { mining: minings.hm }),
  cosineRow('f-softmax', 'Focal softmax', sv('(2), (2a)'), { mining: minings.fAlone }),
  cosineRow('a-softmax', 'A-Softmax (SphereFace)', sv('(3), (3a)'), { target: targets.a }),
  cosineRow('am-softmax', 'AM-Softmax (CosFace)', sv('(3), (3b)'), { target: targets.am }),
  cosineRow('arc-softmax', 'Arc-Softmax (ArcFace)', sv('(3), (3c)'), { target: targets.arc }),
  cosineRow('combined-margin', 'Combined margin softmax', sv('(3), (3d)'), { target: targets.combined }),
  cosineRow('hm-a-softmax', 'Hard mining A-Softmax', sv('(4)'), { target: targets.a, mining: minings.hm }),
  cosineRow('hm-am-softmax', 'Hard mining AM-Softmax', sv('(4)'), { target: targets.am, mining: minings.hm }),
  cosineRow('hm-arc-softmax', 'Hard mining Arc-Softmax', sv('(4)'), { target: targets.arc, mining: minings.hm }),
  cosineRow('f-a-softmax', 'Focal A-Softmax', sv('(4)'), { target: targets.a, mining: minings.f }),
  cosineRow('f-am-softmax', 'Focal AM-Softmax', sv('(4)'), { target: targets.am, mining: minings.f }),
  cosineRow('f-arc-softmax', 'Focal Arc-Softmax', sv('(4)'), { target: targets.arc, mining: minings.f }),
  cosineRow('sv-softmax', 'SV-Softmax', sv('(5) to (7)'), { rule: others.sv }),
  cosineRow('sv-a-softmax', 'SV-A-Softmax', sv('(12), (13), (3a)'), { target: targets.a, rule: others.sv }),
  cosineRow('sv-am-softmax', 'SV-AM-Softmax', sv('(12), (13), (3b)'), { target: targets.am, rule: others.sv }),
  cosineRow('sv-arc-softmax', 'SV-Arc-Softmax', sv('(12), (13), (3c)'), { target: targets.arc, rule: others.sv }),
  cosineRow('sv-combined', 'SV combined margin', sv('(12), (13), (3d)'), { target: targets.combined, rule: others.sv }),
  cosineRow('mv-am-softmax', 'MV-AM-Softmax', mv, { target: targets.am, rule: others.mv, s: 32 }),
  cosineRow('mv-arc-softmax', 'MV-Arc-Softmax', mv, { target: targets.arc, rule: others.mv, s: 32 }),
  cosineRow('curricular', 'CurricularFace', { paper: curriculum, arxiv: '2004.00288', equation: null },
    { target: targets.curricular, rule: others.curricular, s: 64 }),
];
