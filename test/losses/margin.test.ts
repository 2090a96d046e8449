import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError } from '../../src/base/errors.ts';
import { worstError } from '../../src/base/compare.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import {
  angleFactor, annealedLambda, arcMargin, combinedMargin, cosineMargin, plainTarget, type TargetMargin,
} from '../../src/losses/margin.ts';
import { sum } from '../../src/ops/index.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };
const column = (values: readonly number[]): Tensor => tensor([...values], { shape: [values.length, 1], dtype: 'f64' });
const values = ({ value }: TargetMargin, c: readonly number[]): number[] => Array.from(value(column(c)).data);
const slopes = ({ value }: TargetMargin, c: readonly number[]): number[] =>
  Array.from(grad((x: Tensor) => sum(value(x)))(column(c)).data);
const angles = [0.05, 0.4, 0.9, 1.4, 2.0, 2.5, 2.9, 3.1];
const cosines = angles.map(Math.cos);
const close = (actual: readonly number[], expected: readonly number[]): void => expect(worstError(actual, expected).error).toBeLessThan(1e-11);

describe('plainTarget', () => {
  it('is the cosine itself', () => {
    const c = column(cosines);
    expect(plainTarget.value(c)).toBe(c);
  });
});

describe('cosineMargin', () => {
  it('subtracts m, with slope 1', () => {
    expect(values(cosineMargin(0.35), [0.5, -0.2])).toEqual([0.5 - 0.35, -0.2 - 0.35]);
    expect(slopes(cosineMargin(0.35), cosines)).toEqual(cosines.map(() => 1));
  });

  it('leaves targets at or below the threshold of an easy rule alone, and keeps the boundary at c − m', () => {
    const at = [0.5, 0.35, 0.2, 0, -0.3];
    const [easy0, easyMargin] = [cosineMargin(0.35, { targetRule: 'easy0' }), cosineMargin(0.35, { targetRule: 'easyMargin' })];
    expect(values(easy0, at)).toEqual([0.5 - 0.35, 0, 0.2 - 0.35, 0, -0.3]);
    expect(values(easyMargin, at)).toEqual([0.5 - 0.35, 0.35, 0.2, 0, -0.3]);
    expect(slopes(easy0, at)).toEqual([1, 1, 1, 1, 1]);
    for (const { boundary } of [easy0, easyMargin]) expect(Array.from(boundary!.value(column(at)).data)).toEqual(at.map((c) => c - 0.35));
  });

  it('takes a tensor for m, one value or one per sample, and is differentiated for it', () => {
    const m = column([0.1, 0.3]);
    expect(values(cosineMargin(m), [0.5, 0.5])).toEqual([0.4, 0.2]);
    const byMargin = grad((t: Tensor) => sum(cosineMargin(t).value(column([0.5, 0.5]))))(m);
    expect(Array.from(byMargin.data)).toEqual([-1, -1]);
  });

  it('refuses what is no cosine margin', () => {
    expect(() => cosineMargin(-0.1)).toThrow('cosineMargin: m = -0.1. m ≥ 0');
    expect(() => cosineMargin(NaN)).toThrow(DomainError);
    expect(() => cosineMargin(0.3, { targetRule: 'fallback' as 'paper' })).toThrow("targetRule is one of 'paper', 'easy0', 'easyMargin'");
  });
});

describe('arcMargin', () => {
  it('is cos(θ + m) with slope sin(θ + m)/sinθ, also beyond θ + m = π where the slope turns negative', () => {
    close(values(arcMargin(0.5), cosines), angles.map((t) => Math.cos(t + 0.5)));
    close(slopes(arcMargin(0.5), cosines), angles.map((t) => Math.sin(t + 0.5) / Math.sin(t)));
    expect(slopes(arcMargin(0.5), [Math.cos(3)])[0]).toBeLessThan(0);
  });

  it('has slope cos m at c = ±1, where the true one is infinite', () => {
    expect(slopes(arcMargin(0.5), [1, -1])).toEqual([Math.cos(0.5), Math.cos(0.5)]);
    expect(values(arcMargin(0.5), [1, -1])).toEqual([Math.cos(0.5), -Math.cos(0.5)]);
  });

  it('falls back to c − m·sin m exactly where θ + m passes π, with the jump the paper form does not have', () => {
    const fallback = arcMargin(0.5, { targetRule: 'fallback' });
    const turn = -Math.cos(0.5);
    const [below, above] = values(fallback, [turn, turn + 1e-12]);
    expect(above).toBeCloseTo(-1, 10);
    expect(below).toBeCloseTo(-1.1173, 4);
    expect(slopes(fallback, [turn - 0.05])).toEqual([1]);
    expect(fallback.boundary).toBeUndefined();
  });

  it('jumps at c = 0 with easy0, from −sin m to 0', () => {
    const easy = arcMargin(0.5, { targetRule: 'easy0' });
    expect(values(easy, [1e-13])[0]).toBeCloseTo(-0.479, 3);
    expect(values(easy, [0, -0.4])).toEqual([0, -0.4]);
    close(Array.from(easy.boundary!.value(column([-0.4])).data), values(arcMargin(0.5), [-0.4]));
  });

  it('gives the same with m as a number and as a tensor', () => {
    const m = tensor(0.5, { dtype: 'f64' });
    for (const targetRule of ['paper', 'fallback', 'easy0'] as const) {
      close(values(arcMargin(m, { targetRule }), cosines), values(arcMargin(0.5, { targetRule }), cosines));
    }
    expect(values(arcMargin(tensor(0, { dtype: 'f64' })), cosines)).toEqual(cosines);
  });

  it('refuses angles outside [0, π], degrees among them, and the rule that compares a cosine with an angle', () => {
    expect(() => arcMargin(28.6)).toThrow('arcMargin: m = 28.6. 0 ≤ m ≤ 3.14');
    expect(() => arcMargin(0.5, { targetRule: 'easyMargin' as 'paper' })).toThrow(DomainError);
  });
});

describe('angleFactor', () => {
  it.each([1, 2, 3, 4])('reads cos(mθ) literally, or as the monotone ψ: m = %i', (m) => {
    close(values(angleFactor(m), cosines), angles.map((t) => Math.cos(m * t)));
    close(slopes(angleFactor(m), cosines), angles.map((t) => (m * Math.sin(m * t)) / Math.sin(t)));
    const psi = angles.map((t) => {
      const q = Math.min(Math.floor((m * t) / Math.PI), m - 1);
      return { value: (-1) ** q * Math.cos(m * t) - 2 * q, slope: ((-1) ** q * m * Math.sin(m * t)) / Math.sin(t) };
    });
    close(values(angleFactor(m, { reading: 'psi' }), cosines), psi.map((x) => x.value));
    close(slopes(angleFactor(m, { reading: 'psi' }), cosines), psi.map((x) => x.slope));
  });

  it('ψ changes its segment exactly at jπ/m', () => {
    for (const j of [1, 2, 3]) {
      for (const [shift, q] of [[-1e-5, j - 1], [1e-5, j]] as const) {
        const t = (j * Math.PI) / 4 + shift;
        close(values(angleFactor(4, { reading: 'psi' }), [Math.cos(t)]), [(-1) ** q * Math.cos(4 * t) - 2 * q]);
      }
    }
  });

  it('ψ falls all the way from 1 to 1 − 2m, which cos(mθ) does not', () => {
    const grid = Array.from({ length: 401 }, (_, i) => 1 - i / 200);
    const psi = values(angleFactor(4, { reading: 'psi' }), grid);
    psi.slice(1).forEach((f, i) => expect(f).toBeLessThanOrEqual(psi[i]! + 1e-15));
    expect([psi[0], psi[400]]).toEqual([1, -7]);
    expect(Math.max(...values(angleFactor(4), grid.slice(200)))).toBe(1);
  });

  it('at c = −1 keeps the segment m − 1, so the slope keeps its sign', () => {
    expect(slopes(angleFactor(4, { reading: 'psi' }), [1, -1])).toEqual([16, 16]);
    expect(slopes(angleFactor(3, { reading: 'psi' }), [-1])).toEqual([9]);
    expect([3, 4].map((m) => slopes(angleFactor(m), [1, -1]))).toEqual([[9, 9], [16, -16]]);
  });

  it('mixes the plain cosine in by λ', () => {
    const mixed = angleFactor(4, { reading: 'psi', lambda: 5 });
    const pure = angleFactor(4, { reading: 'psi' });
    close(values(mixed, cosines), values(pure, cosines).map((f, i) => (5 * cosines[i]! + f) / 6));
    close(slopes(mixed, cosines), slopes(pure, cosines).map((g) => (5 + g) / 6));
    const learned = angleFactor(4, { reading: 'psi', lambda: tensor(5, { dtype: 'f64' }) });
    expect(values(learned, cosines)).toEqual(values(mixed, cosines));
  });

  it('sends fractions and tensors to the combined margin', () => {
    expect(() => angleFactor(1.7)).toThrow(/whole number from 1 to 64.*combinedMargin/);
    expect(() => angleFactor(tensor(2) as unknown as number)).toThrow(DomainError);
    expect(() => angleFactor(2, { lambda: -1 })).toThrow(DomainError);
    expect(() => angleFactor(2, { reading: 'PSI' as 'psi' })).toThrow(DomainError);
  });
});

describe('combinedMargin', () => {
  it.each([[1, 0.2, 0.3], [2, 0.1, 0.4], [3, 0, 0.2], [1.7, 0.1, 0.2], [0.9, 0, 0]])('is cos(m1·θ + m3) − m2 for (%d, %d, %d)', (m1, m2, m3) => {
    const margin = combinedMargin(m1, m2, m3);
    close(values(margin, cosines), angles.map((t) => Math.cos(m1 * t + m3) - m2));
    close(slopes(margin, cosines), angles.map((t) => (m1 * Math.sin(m1 * t + m3)) / Math.sin(t)));
  });

  it('takes the general form for a tensor, with the same value', () => {
    const f64 = (x: number): Tensor => tensor(x, { dtype: 'f64' });
    close(values(combinedMargin(f64(2), f64(0.1), f64(0.4)), cosines), values(combinedMargin(2, 0.1, 0.4), cosines));
    const byFactor = grad((m1: Tensor) => sum(combinedMargin(m1, 0.1, 0.4).value(column([0.3]))))(f64(2));
    expect(byFactor.item()).toBeCloseTo(-Math.acos(0.3) * Math.sin(2 * Math.acos(0.3) + 0.4), 13);
  });

  it('leaves out what a number makes idle: at (1, 0, 0) it returns the very cosine, at (1, m2, 0) it takes one step', () => {
    const c = column(cosines);
    expect(combinedMargin(1, 0, 0).value(c)).toBe(c);
    expect(arcMargin(0).value(c)).toBe(c);
    const { graph } = trace((x: Tensor) => combinedMargin(1, 0.3, 0).value(x), [c]);
    expect(graph.steps.map(({ primitive }) => primitive.kind)).toEqual(['source', 'source', 'map']);
  });

  it('keeps the order of the paper, which is not that of insightface', () => {
    expect(values(combinedMargin(1, 0.2, 0.3), [0.5])).toEqual(values(arcMargin(0.3), [0.5]).map((f) => f - 0.2));
  });

  it('is finite at ±1 in every form', () => {
    for (const margin of [combinedMargin(1, 0.2, 0.3), combinedMargin(3, 0.2, 0.3), combinedMargin(1.7, 0.2, 0.3)]) {
      for (const slope of slopes(margin, [1, -1, 1 + 2 ** -52])) expect(Number.isFinite(slope)).toBe(true);
    }
  });

  it('refuses parameters outside their ranges', () => {
    for (const [m1, m2, m3] of [[0, 0, 0], [1, -1, 0], [1, 0, 4], [1, 0, -0.1]] as const) {
      expect(() => combinedMargin(m1, m2, m3)).toThrow(DomainError);
    }
  });
});

describe('the straight-through gradient', () => {
  const all: readonly (readonly [string, TargetMargin, TargetMargin])[] = [
    ['cosine', cosineMargin(0.3), cosineMargin(0.3, { gradient: 'straightThrough' })],
    ['arc', arcMargin(0.5), arcMargin(0.5, { gradient: 'straightThrough' })],
    ['arc, easy0', arcMargin(0.5, { targetRule: 'easy0' }), arcMargin(0.5, { targetRule: 'easy0', gradient: 'straightThrough' })],
    ['angle factor', angleFactor(4), angleFactor(4, { gradient: 'straightThrough' })],
    ['combined', combinedMargin(1, 0.2, 0.3), combinedMargin(1, 0.2, 0.3, { gradient: 'straightThrough' })],
  ];
  it.each(all)('%s: has the bits of the margin and the slope of the cosine', (_, exact, through) => {
    expect(values(through, cosines)).toEqual(values(exact, cosines));
    expect(slopes(through, cosines)).toEqual(cosines.map(() => 1));
    expect(through.derivative).toBe('1');
    expect(through.name).toContain('straight-through');
  });

  it('is a choice by name', () => {
    expect(() => arcMargin(0.5, { gradient: 'straight-through' as 'exact' })).toThrow(DomainError);
  });
});

describe('law: every margin', () => {
  it('lies at or below the cosine when it is a margin of one angle', () => {
    fc.assert(fc.property(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.8, noNaN: true }), (c, m) => {
      expect(values(cosineMargin(m), [c])[0]).toBeLessThanOrEqual(c);
      if (Math.acos(c) + m <= Math.PI) expect(values(arcMargin(m), [c])[0]).toBeLessThanOrEqual(c + 1e-15);
      expect(values(angleFactor(4, { reading: 'psi' }), [c])[0]).toBeLessThanOrEqual(c + 1e-15);
    }), runs);
  });

  it('does not hide a NaN', () => {
    for (const margin of [cosineMargin(0.3), arcMargin(0.5), angleFactor(4, { reading: 'psi' }), combinedMargin(1.7, 0, 0)]) {
      expect(values(margin, [NaN])[0]).toBeNaN();
    }
  });
});

describe('annealedLambda', () => {
  it('falls from the start to the least', () => {
    expect(annealedLambda(0)).toBe(1000);
    expect(annealedLambda(100)).toBeCloseTo(1000 / 13, 12);
    expect(annealedLambda(1e6)).toBe(5);
    expect(annealedLambda(10, { gamma: 1e-4, power: 2 })).toBeCloseTo(1000 * 1.001 ** -2, 10);
  });

  it('refuses negative steps', () => expect(() => annealedLambda(-1)).toThrow('annealedLambda: step = -1'));
});
