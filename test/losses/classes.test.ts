import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import { cosines, crossEntropy, labelIndicator, ofLabel } from '../../src/losses/classes.ts';
import { mean, sum } from '../../src/ops/index.ts';

const f64 = (values: number[][]): Tensor => tensor(values, { dtype: 'f64' });
const isLabel = labelIndicator(tensor([1, 0], { dtype: 'i32' }), 3, 'f64');

describe('labelIndicator', () => {
  it('is 1 at the label', () => expect(isLabel.toArray()).toEqual([[0, 1, 0], [1, 0, 0]]));

  it('bears the role by which others find the target', () => {
    const { graph } = trace(() => labelIndicator(tensor([0], { dtype: 'i32' }), 2, 'f32'), []);
    expect(graph.steps.find((step) => step.role === 'target')?.shape).toEqual([1, 2]);
  });
});

describe('ofLabel', () => {
  it('picks one entry a row and does not look at the others', () => {
    expect(ofLabel(f64([[NaN, 5, Infinity], [7, NaN, -Infinity]]), isLabel).toArray()).toEqual([[5], [7]]);
  });

  it('sends the cotangent to that entry alone, in steps without a scatter', () => {
    const slope = grad((x: Tensor) => sum(ofLabel(x, isLabel)))(f64([[1, 2, 3], [4, 5, 6]]));
    expect(slope.toArray()).toEqual([[0, 1, 0], [1, 0, 0]]);
  });
});

describe('cosines', () => {
  it('are those of the angles, and 0 beside a zero vector', () => {
    const c = cosines(f64([[3, 0], [0, 0]]), f64([[1, 1], [-2, 0]])).toArray() as number[][];
    expect(c[0]![0]).toBeCloseTo(Math.SQRT1_2, 15);
    expect(c[0]![1]).toBe(-1);
    expect(c[1]).toEqual([0, 0]);
  });
});

describe('crossEntropy', () => {
  it('is −log of the share of the label', () => {
    const losses = crossEntropy(f64([[1, 2, 3], [0.5, -1, 2]]), isLabel).data;
    expect(losses[0]).toBeCloseTo(Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 2, 14);
    expect(losses[1]).toBeCloseTo(Math.log(Math.exp(0.5) + Math.exp(-1) + Math.exp(2)) - 0.5, 14);
  });

  it('keeps all digits of a sample that is all but certain, and is never negative', () => {
    // log Σ e^z − z_y would give 3.55e-15 here, or 0, or less than 0: the true loss is e^−34 + e^−35.
    const [loss] = crossEntropy(f64([[-14, 20, -15], [0, 0, 0]]), isLabel).data;
    expect(loss! / (Math.exp(-34) + Math.exp(-35))).toBeCloseTo(1, 13);
  });

  it('neither overflows nor underflows in Float32', () => {
    const losses = crossEntropy(tensor([[89.6, -60, 0], [-89.6, 89.6, 89.6]]), labelIndicator(tensor([1, 0], { dtype: 'i32' }), 3, 'f32')).data;
    expect(losses[0]).toBeCloseTo(149.6, 4);
    expect(losses[1]).toBeCloseTo(179.2 + Math.LN2, 4);
  });

  it('has the gradient p − 1[k = y], also where the label leads beyond all digits', () => {
    const slope = grad((z: Tensor) => mean(crossEntropy(z, isLabel)))(f64([[1, 2, 3], [900, 0, 0]]));
    const total = Math.exp(1) + Math.exp(2) + Math.exp(3);
    [Math.exp(1) / total, Math.exp(2) / total - 1, Math.exp(3) / total].forEach((g, k) => expect(slope.data[k]).toBeCloseTo(g / 2, 15));
    expect(Array.from(slope.data.slice(3)).map(Math.abs)).toEqual([0, 0, 0]);
  });

  it('does not hide a NaN', () => expect(crossEntropy(f64([[NaN, 0, 0], [0, 0, 0]]), isLabel).data[0]).toBeNaN());
});

describe('a sample that is all but certain', () => {
  // 1 over a subnormal number overflows: the sum over the others must not be shifted by the label's own score.
  it.each([['f32', [80, 88, 90, 95, 103, 110, 200]], ['f64', [700, 709, 720, 745, 760]]] as const)('has a finite loss and gradient in %s at every lead', (dtype, leads) => {
    for (const lead of leads) {
      const own = labelIndicator(tensor([0], { dtype: 'i32' }), 3, dtype);
      const f = (z: Tensor): Tensor => sum(crossEntropy(z, own));
      const z = tensor([lead, 0, -1], { shape: [1, 3], dtype });
      const slope = grad(f)(z);
      expect([f(z).item(), ...slope.data].every(Number.isFinite), `lead ${lead}`).toBe(true);
      expect(Math.abs(slope.data[0]!)).toBeLessThan(1e-30);
    }
  });
});
