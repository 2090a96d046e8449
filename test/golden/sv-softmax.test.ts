import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autodiff/index.ts';
import { worstError } from '../../src/base/compare.ts';
import type { FloatDType } from '../../src/base/dtype.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import { lossRow } from '../../src/losses/catalogue.ts';
import { crossEntropy, labelIndicator, ofLabel } from '../../src/losses/classes.ts';
import { cosineMargin } from '../../src/losses/margin.ts';
import type { LossOptions } from '../../src/losses/row.ts';
import { hardClasses, supportVectors } from '../../src/losses/support.ts';
import { mean, softmax, where } from '../../src/ops/index.ts';
import { type Case, cases, notebookAnchors } from './cases.ts';

/** The catalogue's name and options for a case: ids follow from the choices the file names. */
function lossOf({ margin, m, s, t, sv, g, gamma, hm, save_rate: saveRate, p_source }: Case['params']) {
  const targets: Readonly<Record<string, readonly [string, LossOptions]>> = {
    none: ['', {}], am: ['am-', { m }], am_easy0: ['am-', { m, targetRule: 'easy0' }], am_easym: ['am-', { m, targetRule: 'easyMargin' }],
    arc: ['arc-', { m }], arc_fb: ['arc-', { m, targetRule: 'fallback' }], a_lit: ['a-', { m }], a_psi: ['a-', { m, reading: 'psi' }],
  };
  const [target, options] = targets[margin]!;
  const id = (): string => {
    if (sv === 'curricular') return 'curricular';
    if (sv !== undefined) return `${sv === 'sv' ? 'sv' : 'mv'}-${target}softmax`;
    if (g !== undefined || hm !== undefined) return `${g === 'focal' ? 'f' : 'hm'}-${target}softmax`;
    return target === '' ? 'normface' : `${target}softmax`;
  };
  return {
    id: id(),
    options: {
      s, ...(sv === 'curricular' ? { m } : options), ...(t !== undefined && { t }),
      ...(sv?.startsWith('mv') && { mode: sv === 'mv_fixed' ? 'fixed' : 'adaptive' }),
      ...(g === 'focal' && { gamma, probability: p_source ?? 'margin' }),
      ...(hm !== undefined && { saveRate, hardReduction: hm === 'mean_kept' ? 'kept' : 'batch' }),
    },
  };
}

function run(given: Case, dtype: FloatDType) {
  const { id, options } = lossOf(given.params);
  const loss = lossRow(id).create(options);
  const inputs = [tensor(given.x, { dtype }), tensor(given.W, { dtype }), tensor(given.labels, { dtype: 'i32' })] as const;
  const seen = trace(loss, inputs);
  const at = (name: string): ArrayLike<number> | undefined => {
    const step = seen.graph.labelled(name);
    return step && seen.recorder.tensors[step.id]!.data;
  };
  const gradient = (wrt: number | string): Tensor => valueAndGrad(loss, { wrt })(...inputs).gradient as Tensor;
  const mask = Array.from(at('I') ?? new Float64Array(given.p.flat().length));
  return { at, gradient, mask, value: valueAndGrad(loss)(...inputs).value };
}

const norms = (rows: number[][]): number[] => rows.map((row) => Math.hypot(...row));

/** Equations (14) and (15) as printed, from ∂L/∂c and the unit vectors of the case. */
function unprojected(given: Case, slopes: ArrayLike<number>): { byWeights: number[]; byFeatures: number[] } {
  const classes = given.W.length;
  const [nx, nw] = [norms(given.x), norms(given.W)];
  const at = (i: number, k: number): number => slopes[i * classes + k]!;
  return {
    byWeights: given.W.flatMap((row, k) => row.map((_, d) => given.x.reduce((sum, x, i) => sum + (at(i, k) * x[d]!) / nx[i]!, 0))),
    byFeatures: given.x.flatMap((row, i) => row.map((_, d) => given.W.reduce((sum, w, k) => sum + (at(i, k) * w[d]!) / nw[k]!, 0))),
  };
}

describe.each(cases)('golden case $id', (given) => {
  it('agrees in Float64 with the verified value, mask, scores, probabilities and gradients to 1e-11', () => {
    const { at, gradient, mask, value } = run(given, 'f64');
    const close = (name: string, actual: ArrayLike<number>, expected: number[]): void => {
      const { error, at: place } = worstError(actual, expected);
      expect(error, `${name} at ${place}: ${actual[place]} against ${expected[place]}`).toBeLessThan(1e-11);
    };
    expect(mask).toEqual(given.I.flat());
    close('cosines', at('c')!, given.cos.flat());
    close('f', at('f')!, given.f_y);
    close('v', at('v')!, given.v.flat());
    close('p', softmax(tensor(Float64Array.from(at('z')!), { shape: [given.x.length, given.W.length] })).data, given.p.flat());
    close('loss', [value.item()], [given.loss]);
    close('∂L/∂x', gradient(0).data, given.grad_x.flat());
    close('∂L/∂W', gradient(1).data, given.grad_W.flat());
    close('∂L/∂v', gradient('v').data, given.dL_dv.flat());
    const slopes = gradient('c').data;
    close('∂L/∂c', slopes, given.dL_dcos.flat());
    const printed = unprojected(given, slopes);
    close('(14)', printed.byWeights, given.eq14_dW_unprojected.flat());
    close('(15)', printed.byFeatures, given.eq15_dx_unprojected.flat());
  });

  it('has the verified losses of the samples, kept samples and factors h', () => {
    const { at } = run(given, 'f64');
    const { hm, s, sv } = given.params;
    if (hm !== undefined) expect(Array.from(at('g')!)).toEqual(given.kept);
    // The file lists losses before the selection of hard mining.
    expect(worstError(at(hm === undefined ? 'L' : 'ℓ')!, given.per_sample_loss).error).toBeLessThan(1e-11);
    if (sv !== 'sv') return;
    const [c, v, isLabel] = [at('c')!, at('v')!, at('1[k = y]')!];
    const h = Array.from(v, (x, i) => (isLabel[i] === 1 ? 1 : Math.exp(s * (x - c[i]!))));
    expect(worstError(h, given.h.flat()).error).toBeLessThan(1e-11);
  });

  it('agrees in Float32 to 2e-5 for the loss and 1e-4 for gradients, with the same mask', () => {
    const { gradient, mask, value } = run(given, 'f32');
    const error = (actual: ArrayLike<number>, expected: number[]): number => {
      const floor = 0.1 * Math.max(...expected.map(Math.abs));
      return Math.max(...expected.map((b, i) => (actual[i] === b ? 0 : Math.abs(actual[i]! - b) / Math.max(Math.abs(b), floor))));
    };
    expect(mask).toEqual(given.I.flat());
    expect(error([value.item()], [given.loss])).toBeLessThan(2e-5);
    expect(error(gradient(0).data, given.grad_x.flat())).toBeLessThan(1e-4);
    expect(error(gradient(1).data, given.grad_W.flat())).toBeLessThan(1e-4);
  });
});

describe('the numbers a public notebook prints', () => {
  it.each(notebookAnchors)('are those of raw logits in place of cosines: t = $t, m = $m', (anchor) => {
    const labels = tensor(anchor.labels, { dtype: 'i32' });
    const c = tensor(anchor.logits, { dtype: 'f64' });
    const isLabel = labelIndicator(labels, 4, 'f64');
    const f = cosineMargin(anchor.m).value(ofLabel(c, isLabel));
    const v = where(isLabel, f, supportVectors({ t: anchor.t }).value(c, () => hardClasses(c, f, isLabel)));
    const value = mean(crossEntropy(v, isLabel)).item();
    expect(worstError([value], [anchor.float64]).error).toBeLessThan(1e-14);
    expect(Math.abs(value - anchor.published_float32)).toBeLessThan(5e-7);
  });
});
