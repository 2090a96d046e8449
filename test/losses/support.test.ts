import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError } from '../../src/base/errors.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import { curricular, hardClasses, misclassified, nextCurricularT, type OtherRule, plainOthers, supportVectors } from '../../src/losses/support.ts';
import { sum } from '../../src/ops/index.ts';

const row = (values: number[]): Tensor => tensor([values], { dtype: 'f64' });
const c = [0.9, -0.7, 0.3];
const hard = row([1, 1, 0]);
const scores = (rule: OtherRule): number[] => Array.from(rule.value(row(c), () => hard).data);
const slopes = (rule: OtherRule): number[] => Array.from((grad((x: Tensor) => sum(rule.value(x, () => hard)))(row(c))).data);
const close = (actual: number[], expected: number[]): void => actual.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 14));

describe('hardClasses', () => {
  it('are those above the boundary; a tie is easy and the label never counts', () => {
    const isLabel = row([0, 1, 0]);
    expect(hardClasses(row([0.5, 0.9, 0.4]), row([0.4]), isLabel).toArray()).toEqual([[1, 0, 0]]);
  });
});

describe('supportVectors', () => {
  it('raises hard classes to t·c + t − 1, with slope t', () => {
    close(scores(supportVectors({ t: 1.2 })), [1.2 * 0.9 + 0.2, 1.2 * -0.7 + 0.2, 0.3]);
    close(slopes(supportVectors({ t: 1.2 })), [1.2, 1.2, 1]);
  });

  it('is the cosine bit for bit at t = 1, which t·c + t − 1 is not', () => {
    const cosines = Array.from({ length: 1000 }, (_, i) => Math.cos(i));
    const ones = row(cosines.map(() => 1));
    expect(Array.from(supportVectors({ t: 1 }).value(row(cosines), () => ones).data)).toEqual(cosines);
    expect(cosines.some((x) => 1 * x + 1 - 1 !== x)).toBe(true);
  });

  it('takes t as a tensor and is differentiated for it', () => {
    const byT = grad((t: Tensor) => sum(supportVectors({ t }).value(row(c), () => hard)))(tensor(1.2, { dtype: 'f64' }));
    expect(byT.item()).toBeCloseTo(1.9 + 0.3, 14);
  });

  it('points to the other convention when t < 1', () => {
    expect(() => supportVectors({ t: 0.2 })).toThrow(DomainError);
    expect(() => supportVectors({ t: 0.2 })).toThrow(/supportVectors: t = 0.2. t ≥ 1. MV-Softmax code counts from 0: t_MV = t_SV − 1/);
    expect(() => supportVectors({} as { t: number })).toThrow('t = undefined');
  });
});

describe('misclassified', () => {
  it('adaptive is supportVectors with t + 1', () => {
    close(scores(misclassified({ t: 0.2 })), scores(supportVectors({ t: 1.2 })));
    close(slopes(misclassified({ t: 0.2 })), [1.2, 1.2, 1]);
  });

  it('fixed adds t, with slope 1', () => {
    close(scores(misclassified({ t: 0.2, mode: 'fixed' })), [1.1, -0.5, 0.3]);
    close(slopes(misclassified({ t: 0.2, mode: 'fixed' })), [1, 1, 1]);
  });

  it('refuses t < 0 and an unknown mode', () => {
    expect(() => misclassified({ t: -0.1 })).toThrow(DomainError);
    expect(() => misclassified({ t: 0.1, mode: 'fix' as 'fixed' })).toThrow(DomainError);
  });
});

describe('curricular', () => {
  it('gives c·(t + c) where hard, with slope t + 2c', () => {
    close(scores(curricular({ t: 0.4 })), [0.9 * 1.3, -0.7 * -0.3, 0.3]);
    close(slopes(curricular({ t: 0.4 })), [0.4 + 1.8, 0.4 - 1.4, 1]);
  });

  it('takes t as a constant, also when it is a tensor', () => {
    const byT = grad((t: Tensor) => sum(curricular({ t }).value(row(c), () => hard)))(tensor(0.4, { dtype: 'f64' }));
    expect(byT.item()).toBe(0);
  });

  it('refuses t outside [−1, 1]', () => expect(() => curricular({ t: 1.2 })).toThrow(DomainError));
});

describe('nextCurricularT', () => {
  it('moves fast as the paper prints it and slowly as its code does', () => {
    expect(nextCurricularT(0, 0.5)).toBeCloseTo(0.495, 15);
    expect(nextCurricularT(0, 0.5, { reading: 'code' })).toBeCloseTo(0.005, 15);
    expect(nextCurricularT(0.2, 0.6, { momentum: 0.5 })).toBeCloseTo(0.4, 15);
  });

  it('refuses what is no cosine and no share', () => {
    expect(() => nextCurricularT(2, 0)).toThrow(DomainError);
    expect(() => nextCurricularT(0, -2)).toThrow(DomainError);
    expect(() => nextCurricularT(0, 0, { momentum: 1.5 })).toThrow(DomainError);
    expect(() => nextCurricularT(0, 0, { reading: 'other' as 'code' })).toThrow(DomainError);
  });
});

describe('plainOthers', () => {
  it('leaves the cosines and never asks which classes are hard', () => {
    const x = row(c);
    expect(plainOthers.value(x, () => { throw new Error('asked'); })).toBe(x);
  });
});
