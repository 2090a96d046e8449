// compare on pairs of losses whose difference is known: none, in the gradient only, in one branch only, everywhere.

import { describe, expect, it } from 'vitest';
import { compare, type CompareReport, compareText } from '../../src/check/index.ts';
import type { ComparableLoss, PlainFunction } from '../../src/check/index.ts';
import { comparePoint } from '../../src/check/compare-points.ts';
import { inGeneralPosition } from '../../src/check/position.ts';
import { type Tensor } from '../../src/graph/index.ts';
import {
  arcMargin, type ClassLoss, cosineMargin, cosines, crossEntropy, focal, labelIndicator, type MarginSoftmaxOptions, marginSoftmax, misclassified,
  ofLabel, supportVectors,
} from '../../src/losses/index.ts';
import { add, div, less, log, exp, mean, mul, neg, pow, sub, sum, where } from '../../src/ops/index.ts';

const sv = (options: MarginSoftmaxOptions = {}): ClassLoss =>
  marginSoftmax({ target: cosineMargin(0.35), others: supportVectors({ t: 1.2 }), scale: 10, ...options });

/** The paper's forms, put together by hand; what counts as hard and as the target is handed in. */
function byHand(mask: (c: Tensor, f: Tensor, isLabel: Tensor) => Tensor, target: (own: Tensor) => Tensor, s = 10): ClassLoss {
  return (x, w, y) => {
    const c = cosines(x, w);
    const isLabel = labelIndicator(y, w.shape[0]!, 'f64');
    const f = target(ofLabel(c, isLabel));
    const u = where(isLabel, f, c);
    const v = where(mask(c, f, isLabel), sub(add(mul(1.2, u), 1.2), 1), u);
    const z = mul(s, v);
    return mean(sub(log(sum(exp(z), { axis: 1 })), sum(where(isLabel, mul(s, f), 0), { axis: 1 })));
  };
}
const paperMask = (c: Tensor, f: Tensor, isLabel: Tensor): Tensor => where(isLabel, 0, less(f, c));
const easy = (own: Tensor): Tensor => where(less(0, own), sub(own, 0.35), own);

function check(a: ComparableLoss, b: ComparableLoss): CompareReport {
  const report = compare(a, b);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(compareText(report).split('\n').filter((line) => [...line].length > 100)).toEqual([]);
  return report;
}

describe('two losses that agree', () => {
  it('agree to many digits when one is built in another way', () => {
    const report = check(byHand(paperMask, (own) => sub(own, 0.35)), sv());
    expect(report).toMatchObject({ agree: true, differing: 0, points: 60, conditions: [], notes: [] });
    expect(Math.min(report.value.digits, ...report.gradients.map(({ digits }) => digits))).toBeGreaterThan(11);
    expect(report.smallest).toBeUndefined();
    expect(compareText(report)).toMatch(/^compare: the two agree at 60 points \(seed 1, 9 digits demanded\)\n {2}value +agrees to 1\d/);
  });

  it('agree though one loses all digits of a loss of 1e-30: it is judged by the size losses have', () => {
    const report = check(byHand(paperMask, (own) => sub(own, 0.1), 64), sv({ target: cosineMargin(0.1), scale: 64 }));
    expect(report.agree).toBe(true);
  });

  it('agree per sample as well', () => {
    expect(check(sv({ reduction: 'none' }), sv({ reduction: 'none' }))).toMatchObject({ agree: true, value: { digits: 17 } });
  });

  it('agree in two parametrisations', () => {
    expect(check(sv(), sv({ others: misclassified({ t: 0.2 }) })).agree).toBe(true);
  });
});

describe('two losses that differ in the gradient only', () => {
  const report = compare(sv({ target: arcMargin(0.5, { gradient: 'straightThrough' }) }), sv({ target: arcMargin(0.5) }));

  it('are said to have one value, and how their gradients are turned and stretched', () => {
    expect(report).toMatchObject({ agree: false, differing: 60, value: { differing: 0, digits: 17 } });
    expect(report.notes).toContain('the values agree everywhere, only the gradients differ');
    for (const { cosine, ratio, differing } of report.gradients) {
      expect(differing).toBe(60);
      expect(cosine).toBeLessThan(0.5);
      expect(ratio!.least).toBeLessThan(0.7);
      expect(ratio!.most).toBeGreaterThan(1.5);
    }
  });

  it('are shown at a small point in general position, by an entry of the gradient', () => {
    const { features, weights, labels, quantity, a, b } = report.smallest!;
    expect([features.length, weights.length, features[0]!.length, labels.length, quantity]).toEqual([1, 2, 2, 1, 'features']);
    expect(inGeneralPosition([...features, ...weights])).toBe(true);
    expect(Math.abs(Number(a) - Number(b))).toBeGreaterThan(1e-3);
    expect(compareText(report)).toMatch(/smallest point\n {4}features = \[\[.*\n {4}weights = .*\n {4}labels = .*\n {4}∂\/∂features\[/);
  });
});

describe('two losses that differ in one branch', () => {
  it('easy0 against the paper: where the cosine of the label is not above 0', () => {
    const report = check(sv({ target: cosineMargin(0.35, { targetRule: 'easy0' }) }), sv());
    expect(report.conditions).toHaveLength(1);
    const [condition] = report.conditions;
    expect(condition).toMatchObject({ loss: 'a', formula: '0 < c_y', value: 'false', scope: 'margin' });
    expect(condition!.differing).toBe(condition!.points);
    expect(condition!.elsewhere).toBeGreaterThan(10);
    expect(compareText(report)).toMatch(/only where 0 < c_y does not hold \(margin\) in a: (\d+) of \1 single samples differ, 0 of \d+ elsewhere/);
  });

  it('a mask that includes the label: where the margin makes the target smaller than the cosine', () => {
    const report = check(byHand((c, f) => less(f, c), easy), byHand(paperMask, easy));
    const [condition] = report.conditions;
    expect(condition).toMatchObject({ loss: 'a', value: 'true' });
    expect(condition!.formula).toMatch(/^0 < /);
    expect(condition!.differing).toBe(condition!.points);
    const { features, weights, labels } = report.smallest!;
    expect([features.length, weights.length, labels.length]).toEqual([1, 2, 1]);
  });

  it('t for t − 1: where a class is hard, by the label and the role of the mask', () => {
    const report = check(sv(), sv({ others: misclassified({ t: 1.2 }) }));
    expect(report.conditions[0]).toMatchObject({ label: 'I', role: 'support', value: 'some' });
    expect(compareText(report)).toMatch(/only where I holds for some class \(support\) in a/);
  });

  it('a focal factor of the batch mean: single samples agree, batches do not', () => {
    const cosineLosses: ClassLoss = (x, w, y) => crossEntropy(mul(10, cosines(x, w)), labelIndicator(y, w.shape[0]!, 'f64'));
    const onMean: ClassLoss = (x, w, y) => {
      const loss = mean(cosineLosses(x, w, y));
      return mul(pow(sub(1, exp(neg(loss))), 2), loss);
    };
    const report = check(onMean, marginSoftmax({ mining: focal(), scale: 10 }));
    expect(report).toMatchObject({ differing: 15, conditions: [] });
    expect(report.notes.join()).toMatch(/single samples agree, batches differ/);
    expect(report.smallest!.labels).toHaveLength(2);
  });
});

describe('two losses that differ everywhere', () => {
  it('are said to, with no decision to blame', () => {
    const report = check(sv({ scale: 30 }), sv());
    expect(report).toMatchObject({ differing: 60, conditions: [], value: { differing: 60 } });
    expect(report.notes).toContain('no single decision of either tells where they differ');
    expect(report.smallest!.quantity).toBe('value');
  });

  it('are given the pattern of the difference', () => {
    const report = check((x, w, y) => mul(3, sv()(x, w, y)), sv());
    expect(report.gradients.map(({ cause }) => cause)).toMatchObject([{ name: 'factor' }, { name: 'factor' }]);
    for (const { ratio, cosine } of report.gradients) {
      expect([ratio!.least, ratio!.most, cosine!].map((x) => Number(x.toFixed(9)))).toEqual([3, 3, 1]);
    }
    expect(compareText(report)).toMatch(/if b is right: every entry is 3 /);
  });

  it('may differ in the value only', () => {
    const report = check((x, w, y) => add(sv()(x, w, y), 1), sv());
    expect(report.gradients.map(({ differing }) => differing)).toEqual([0, 0]);
    expect(report.notes).toContain('the gradients agree everywhere, only the values differ');
  });
});

describe('code that is not ours', () => {
  const norm = (v: readonly number[]): number => Math.hypot(...v);
  const cosinesOf = (x: readonly number[], w: readonly (readonly number[])[]): number[] =>
    w.map((row) => row.reduce((total, z, i) => total + z * x[i]!, 0) / norm(row) / norm(x));
  /** NormFace with its gradient by hand; `jacobian` leaves the normalisation of the features out when false. */
  const foreign = (jacobian: boolean): PlainFunction => {
    type Inputs = readonly [number[][], number[][], number[]];
    const parts = ([x, w, y]: Inputs) => x.map((row, i) => {
      const c = cosinesOf(row, w);
      const e = c.map((v) => Math.exp(10 * v));
      const total = e.reduce((s, v) => s + v, 0);
      const slopes = e.map((v, k) => (10 * (v / total - (k === y[i] ? 1 : 0))) / x.length);
      return { c, slopes, loss: (Math.log(total) - 10 * c[y[i]!]!) / x.length };
    });
    return {
      value: (inputs: Inputs) => parts(inputs).reduce((s, { loss }) => s + loss, 0),
      gradient: (inputs: Inputs) => {
        const [x, w] = inputs;
        const all = parts(inputs);
        const towards = (a: number[], c: number, b: number[]): number[] =>
          b.map((v, i) => (v / norm(b) - (jacobian ? c * a[i]! / norm(a) : 0)) / norm(a));
        const add2 = (rows: number[][]): number[] => rows.reduce((s, r) => s.map((v, i) => v + r[i]!));
        const times = (g: number, r: number[]): number[] => r.map((v) => g * v);
        return [
          x.map((row, i) => add2(w.map((wk, k) => times(all[i]!.slopes[k]!, towards(row, all[i]!.c[k]!, wk))))),
          w.map((wk, k) => add2(x.map((row, i) => times(all[i]!.slopes[k]!, towards(wk, all[i]!.c[k]!, row))))),
        ];
      },
    };
  };
  const normFace = marginSoftmax({ scale: 10 });

  it('agrees when it is right', () => {
    expect(check(foreign(true), normFace)).toMatchObject({ agree: true, differing: 0 });
    expect(check(normFace, foreign(true)).agree).toBe(true);
  });

  it('is seen to miss the term through the norm', () => {
    const report = check(foreign(false), normFace);
    expect(report.value.differing).toBe(0);
    expect(report.gradients[0]).toMatchObject({ input: 'features', cause: { name: 'alongInput' } });
  });

  it('may give NaN, which agrees with nothing else', () => {
    const broken: PlainFunction = { ...foreign(true), value: () => NaN };
    const report = check(broken, normFace);
    expect(report).toMatchObject({ differing: 60, value: { digits: 0, worst: { a: 'NaN' } }, smallest: { quantity: 'value', a: 'NaN' } });
    expect(compareText(report)).toMatch(/a NaN, b /);
  });

  it('is not shrunk from a difference in numbers to a NaN', () => {
    const value = ({ value: of }: PlainFunction) => (inputs: never): number => {
      const [x] = inputs as readonly [number[][]];
      return x[0]!.every(Number.isInteger) ? NaN : of(inputs) + 1;
    };
    const { smallest } = check({ ...foreign(true), value: value(foreign(true)) }, normFace);
    expect(Number(smallest!.a) - Number(smallest!.b)).toBeCloseTo(1);
  });

  it('is told when its gradients have the wrong size', () => {
    const short: PlainFunction = { ...foreign(true), gradient: () => [[1, 2]] };
    expect(() => compare(short, normFace)).toThrow(/gradient of a gave 2 and 0 numbers.*features have 3, the weights 12/);
  });
});

describe('the points', () => {
  it('are the same for the same seed, and others for another', () => {
    const differing = (seed: number) => compare(sv({ scale: 30 }), sv(), { seed, points: 8 });
    expect(differing(3)).toEqual(differing(3));
    expect(differing(3).value.worst).not.toEqual(differing(4).value.worst);
  });

  it('lie on every side: easy and hard, near a class and opposite to it, long and short', () => {
    const points = Array.from({ length: 60 }, (_, i) => comparePoint(1, i, false));
    const cosinesAt = points.flatMap(({ features, weights, labels, dimensions: d, classes }) => labels.map((label, i) => {
      const x = features.subarray(i * d, (i + 1) * d);
      const all = Array.from({ length: classes }, (_, k) => {
        const w = weights.subarray(k * d, (k + 1) * d);
        return w.reduce((s, v, j) => s + v * x[j]!, 0) / Math.hypot(...w) / Math.hypot(...x);
      });
      return { own: all[label]!, other: Math.max(...all.filter((_, k) => k !== label)) };
    }));
    const share = (test: (c: { own: number; other: number }) => boolean): number => cosinesAt.filter(test).length / cosinesAt.length;
    expect(share(({ own, other }) => own > other)).toBeGreaterThan(0.25);
    expect(share(({ own, other }) => own < other)).toBeGreaterThan(0.25);
    expect(share(({ own }) => own > 0.99)).toBeGreaterThan(0.1);
    expect(share(({ own }) => own < -0.9)).toBeGreaterThan(0.1);
    expect(share(({ own, other }) => Math.abs(own - other) < 0.15)).toBeGreaterThan(0.1);
    const lengths = points.map(({ features }) => Math.hypot(...features));
    expect(Math.max(...lengths) / Math.min(...lengths)).toBeGreaterThan(10);
    expect(points.filter(({ samples }) => samples > 1)).toHaveLength(15);
  });

  it('include the edges when asked, where a gradient may be a matter of choice', () => {
    const naive: ClassLoss = (x, w, y) => {
      const root = (v: Tensor): Tensor => pow(sum(mul(v, v), { axis: 1, keepDims: true }), 0.5);
      return sv()(div(x, root(x)), w, y);
    };
    expect(compare(naive, sv()).agree).toBe(true);
    const { agree, smallest } = compare(naive, sv(), { edges: true });
    expect(agree).toBe(false);
    expect(smallest!.a).toBe('NaN');
  });
});

describe('options and results', () => {
  it.each([
    [{ points: 3 }, /points 3\. A whole number from 4/], [{ digits: 16 }, /digits 16/], [{ seed: 0.5 }, /seed 0\.5/],
  ])('out of range are refused: %o', (options, text) => {
    expect(() => compare(sv(), sv(), options)).toThrow(text);
  });

  it('of different sizes are refused', () => {
    expect(() => compare(sv({ reduction: 'none' }), sv(), { points: 4 })).toThrow(/a gives 4 numbers, b 1/);
  });

  it('are judged to the digits that are asked for', () => {
    const near: ClassLoss = (x, w, y) => mul(1 + 1e-7, sv()(x, w, y));
    expect(compare(near, sv()).agree).toBe(false);
    expect(compare(near, sv(), { digits: 6 }).agree).toBe(true);
  });
});
