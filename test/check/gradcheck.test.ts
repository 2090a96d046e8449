import { describe, expect, it } from 'vitest';
import { customGradient } from '../../src/autodiff/index.ts';
import { assertGradients, gradcheck, reportText } from '../../src/check/index.ts';
import { apply, label, type Rule, type Tensor, tensor } from '../../src/graph/index.ts';
import type { CopyPrimitive, ViewPrimitive } from '../../src/graph/primitive.ts';
import * as P from '../../src/primitives/index.ts';
import { mapPrimitive, unary } from '../../src/primitives/map.ts';

const f64 = (values: number | number[] | number[][]): Tensor => tensor(values, { dtype: 'f64' });
const total = (x: Tensor): Tensor => P.sumTo(x, []);
const x23 = f64([[0.3, -1.2, 2], [0.5, 0.4, 0.1]]);
const row = f64([1, 2, -0.5]);

/** sin with a rule of one's own. */
const sinWith = (rule: Rule) => unary(mapPrimitive('sinus', { arity: 1, body: (A, _, x) => A.sin(x!), vjp: [rule] }));

describe('right gradients', () => {
  it('agree to order 2 by every method, entry by entry', () => {
    const report = gradcheck((x: Tensor, w: Tensor) => total(P.softplus(P.mul(x, w))), [x23, row]);
    expect(report).toMatchObject({ ok: true, failures: [], borders: [], frozen: [], notes: [] });
    expect(report.orders.map((o) => [o.order, o.entries, o.full])).toEqual([[1, 9, true], [2, 81, true]]);
    for (const order of report.orders) {
      expect(order.duals).toBeGreaterThan(12);
      expect(order.differences).toBeGreaterThan(8);
    }
  });

  it.each([1e-30, 1e-8, 1e8, 1e30])('of numbers of size %s are judged by steps of that size', (size) => {
    const waves = (factor: number): ((x: Tensor) => Tensor) => {
      const wave = customGradient((x) => P.mul(P.sin(P.div(x!, size)), size), ({ inputs: [x], grad }) => [P.mul(P.mul(grad, factor), P.cos(P.div(x!, size)))]);
      return (x) => total(wave(x));
    };
    const small = f64([0.3, 1.1, -0.7].map((x) => x * size));
    const many = f64(Array.from({ length: 80 }, (_, i) => Math.sin(i) * size));
    for (const x of [small, many]) {
      const report = gradcheck(waves(1), [x]);
      expect(report, reportText(report)).toMatchObject({ ok: true, borders: [], notes: [] });
      for (const order of report.orders) expect(order.differences).toBeGreaterThan(8);
      expect(gradcheck(waves(2), [x], { orders: [1] })).toMatchObject({ ok: false, cause: { name: 'factor', factor: 2 } });
    }
  });

  it('of features of 1e4 and weights of 1e-8 are judged together', () => {
    const features = f64([[1e4, -2e4, 3e3], [2e3, 1e4, -5e3]]);
    const f = (x: Tensor, w: Tensor): Tensor => {
      const unit = (y: Tensor): Tensor => P.div(y, P.sqrt(P.sumAxes(P.mul(y, y), [1])));
      return total(P.exp(P.sumAxes(P.mul(unit(x), unit(w)), [1])));
    };
    const report = gradcheck(f, [features, f64([[1e-8, 3e-8, -2e-8]])]);
    expect(report, reportText(report)).toMatchObject({ ok: true, notes: [] });
    expect(report.orders.map((order) => order.unresolved)).toEqual([0, 0]);
  });

  it('that differences cannot resolve are counted, and the report says who judged them', () => {
    // Cells of 1e-9: steps so short leave rounding.
    const report = gradcheck((x: Tensor) => P.add(P.mul(P.floor(P.mul(x, 1e9)), 1e-9), P.sin(x)), [f64(0.3)], { orders: [1] });
    expect(report).toMatchObject({ ok: true, orders: [{ entries: 1, differences: null, unresolved: 1 }] });
    expect(report.notes).toEqual([expect.stringMatching(/could not resolve any of 1 entries to 6 digits .*; dual numbers alone judge these/)]);
    expect(reportText(report)).toMatch(/1 not resolved/);
    // What one witness alone has seen is no agreement of all.
    expect(report.worst).toBeUndefined();
  });

  it('may be of trees, with integers and numbers among the leaves', () => {
    const f = ({ layers }: { layers: Tensor[] }, k: Tensor, s: Tensor): { out: Tensor } => ({
      out: P.mul(P.gatherAxis(P.mul(layers[0]!, layers[1]!), k, 0), s),
    });
    const report = gradcheck(f, [{ layers: [f64([1, 2, 3]), f64([4, 5, 6])] }, tensor([2, 0], { dtype: 'i32' }), 0.5]);
    expect(report.ok).toBe(true);
    expect(report.orders[0]!.entries).toBe(2 * 7);
    expect(
      gradcheck(f, [{ layers: [f64([1, 2, 3]), f64([4, 5, 6])] }, tensor([2, 0], { dtype: 'i32' }), 0.5], { orders: [3] }).ok
    ).toBe(true);
  });

  it('of large programs are checked through seeded cotangents, entries and directions', () => {
    const x = f64(Array.from({ length: 9 }, (_, i) => Array.from({ length: 10 }, (__, j) => Math.sin(i + 3 * j))));
    const report = gradcheck((y: Tensor) => P.contract(y, P.tanh(y), { batch: [], sum: [[1, 1]] }), [x]);
    expect(report.ok).toBe(true);
    expect(report.orders.map((o) => o.full)).toEqual([false, false]);
    expect(report.orders[0]!.entries).toBeLessThan(9 * 9 * 90);
    expect(gradcheck((y: Tensor) => P.contract(y, P.tanh(y), { batch: [], sum: [[1, 1]] }), [x])).toEqual(report);
  });

  it('with a dead branch whose slope is infinite or NaN stay finite at every order', () => {
    const report = gradcheck((x: Tensor) => total(P.where(P.less(x, 0.2), 0, P.sqrt(x))), [x23], { orders: [1, 2, 3] });
    expect(report.ok, reportText(report)).toBe(true);
  });

  it('of a fitting custom gradient pass', () => {
    const f = customGradient((x) => P.exp(x!), ({ out, grad }) => [P.mul(grad, out)]);
    expect(gradcheck((x: Tensor) => total(f(x)), [x23]).ok).toBe(true);
  });

  it('at the rounding floor count as agreement', () => {
    // f = (x + c)² − c² − 2cx is x², with slopes near 2·1e5 cancelling down to 0.6.
    const c = 1e5;
    const report = gradcheck(
      (x: Tensor) => total(P.sub(P.sub(P.mul(P.add(x, c), P.add(x, c)), c * c), P.mul(x, 2 * c))), [f64([0.3, 0.7])],
      { orders: [1] }
    );
    expect(report.ok, reportText(report)).toBe(true);
    expect(report.orders[0]!.atRounding + (report.orders[0]!.duals === null ? 0 : 1)).toBeGreaterThan(0);
  });
});

describe('frozen programs', () => {
  it('stopGradient and surrogate are checked as what they stand for, and listed', () => {
    const report = gradcheck(
      (x: Tensor) => total(P.mul(label(P.surrogate(P.floor(x), P.tanh(x)), 'q'), P.stopGradient(P.exp(x)))), [x23]
    );
    expect(report.ok, reportText(report)).toBe(true);
    expect(report.frozen.map((f) => [f.kind, f.step.label, f.step.op])).toEqual([
      ['surrogate', 'q', 'surrogate'], ['stop', undefined, 'stopGradient'],
    ]);
    expect(report.frozen[1]!.step.source).toMatch(/gradcheck\.test\.ts:\d+$/);
  });

  it('a custom rule that is not the derivative of its function fails; declared as a surrogate it passes', () => {
    const straight = customGradient((x) => P.sign(x!), ({ grad }) => [grad]);
    const report = gradcheck((x: Tensor) => total(P.mul(straight(x), x)), [row]);
    expect(report.ok).toBe(false);
    expect(report.worst!.step!.op).toBe('custom');
    expect(gradcheck((x: Tensor) => total(P.mul(P.surrogate(P.sign(x), x), x)), [row]).ok).toBe(true);
  });
});

describe('wrong gradients', () => {
  const wrongSlope = sinWith(({ grad }, x) => P.mul(grad, P.sin(x!)));

  it('name the worst entry, all values beside each other, and the step whose rule is at fault', () => {
    const report = gradcheck((x: Tensor) => total(P.mul(label(wrongSlope(P.mul(x, 2)), 'u'), row)), [x23]);
    expect(report.ok).toBe(false);
    expect(report.orders).toHaveLength(1);
    expect(new Set(report.failures.map((f) => f.kind))).toEqual(new Set(['duals']));
    const { worst } = report;
    expect(worst).toMatchObject({
      order: 1, input: 'inputs[0]', output: 'f', step: { op: 'sinus', label: 'u', formula: 'sin(%2)' },
    });
    const [i, j] = worst!.index as readonly number[];
    const [x, w] = [x23.data[3 * i! + j!]!, row.data[j!]!];
    expect(worst!.analytic).toBeCloseTo(2 * Math.sin(2 * x) * w, 12);
    expect(worst!.numeric).toBeCloseTo(2 * Math.cos(2 * x) * w, 12);
    expect(worst!.difference).toBeCloseTo(2 * Math.cos(2 * x) * w, 8);
    expect(worst!.step!.source).toMatch(/gradcheck\.test\.ts:\d+$/);
  });

  it('are found in large programs too, and located exactly', () => {
    const x = f64(Array.from({ length: 120 }, (_, i) => i / 40 - 1));
    // Wrong at one single entry of 120: only a dense direction is sure to see it.
    const spot = sinWith(({ grad }, y) => P.mul(grad, P.add(P.cos(y!), P.equal(y!, x.data[77]!))));
    const report = gradcheck((y: Tensor) => total(spot(y)), [x], { orders: [1] });
    expect(report.ok).toBe(false);
    expect(report.worst).toMatchObject({ index: [77], step: { op: 'sinus' } });
    expect(report.cause?.name).toBe('entries');
  });

  it.each([
    ['sign', ({ grad }: { grad: Tensor }, x: Tensor | undefined) => P.neg(P.mul(grad, P.cos(x!)))],
    ['factor', ({ grad }: { grad: Tensor }, x: Tensor | undefined) => P.mul(P.mul(grad, 2), P.cos(x!))],
    ['zero', ({ grad }: { grad: Tensor }) => P.mul(grad, 0)],
  ])('come with a guess at the mistake: %s', (name, rule) => {
    const report = gradcheck((x: Tensor) => total(sinWith(rule)(x)), [x23]);
    expect(report.cause?.name).toBe(name);
  });

  it('of a missing sum over a broadcast axis are told by shape', () => {
    // expand whose rule forgets to sum.
    const expand: ViewPrimitive = {
      ...(P.primitives.find((p) => p.name === 'expand') as ViewPrimitive), vjp: [({ grad }) => grad],
    };
    const report = gradcheck((b: Tensor) => total(apply(expand, [b], { shape: [2, 3] })), [f64([1, 2, 3])], { orders: [1] });
    expect(report.failures.some((f) => f.kind === 'shape' && /f64\[2, 3\], the input f64\[3\]/.test(f.text))).toBe(true);
  });

  it('that are not linear in the cotangent fail', () => {
    const square = sinWith(({ grad }, x) => P.mul(P.mul(grad, grad), P.cos(x!)));
    const { failures } = gradcheck((x: Tensor) => total(square(x)), [x23]);
    expect(failures.some((f) => f.kind === 'linearity' && /twice the cotangent/.test(f.text))).toBe(true);
    const shifted = sinWith(({ grad }, x) => P.add(P.mul(grad, P.cos(x!)), 1e-300));
    const report = gradcheck((x: Tensor) => total(shifted(x)), [x23]);
    expect(report.failures.some((f) => /a cotangent of 0 gives 1e-300/.test(f.text))).toBe(true);
  });

  it('that change from run to run fail', () => {
    let calls = 0;
    const unsteady = sinWith(({ grad }, x) => P.mul(grad, P.mul(P.cos(x!), 1 + (++calls % 2) * 2 ** -52)));
    expect(gradcheck((x: Tensor) => total(unsteady(x)), [x23], { orders: [1] }).failures.map((f) => f.kind)).toContain('repeat');
  });

  it('of a rule that reads numbers show in the second order, with the step that does', () => {
    const detached = sinWith(({ grad }, x) => P.mul(grad, tensor(Float64Array.from(x!.data, Math.cos), { shape: x!.shape })));
    expect(gradcheck((x: Tensor) => total(P.mul(detached(x), x)), [x23], { orders: [1] }).ok).toBe(true);
    const report = gradcheck((x: Tensor) => total(P.mul(detached(x), x)), [x23]);
    expect(report.failures).toHaveLength(1);
    expect(report.failures[0]).toMatchObject({ kind: 'nearby' });
    expect(report.failures[0]!.text).toMatch(/reads numbers instead of steps.*step %1 \(sinus\)/);
    // The entries of the first order agree, so none of them is the worst.
    expect(report.worst).toBeUndefined();
  });

  it('of a rule that stops a gradient show in the second order and are called that', () => {
    const stopped = sinWith(({ grad }, x) => P.mul(grad, P.stopGradient(P.cos(x!))));
    const report = gradcheck((x: Tensor) => total(P.mul(stopped(x), P.stopGradient(x))), [x23]);
    expect([report.failures[0]!.kind, report.worst]).toEqual(['nearby', undefined]);
    expect(report.failures[0]!.text).toMatch(/a rule stops a gradient \(stopGradient\) that its own derivative needs$/);
  });

  it('of the second order are found when the first is right', () => {
    // Right value, but the slope's own step has a wrong rule.
    const wrongCos = unary(mapPrimitive(
      'cosinus', { arity: 1, body: (A, _, x) => A.cos(x!), vjp: [({ grad }, x) => P.mul(grad, P.sin(x!))] }
    ));
    const f = sinWith(({ grad }, x) => P.mul(grad, wrongCos(x!)));
    const report = gradcheck((x: Tensor) => total(f(x)), [x23]);
    expect(report.orders.map((o) => o.order)).toEqual([1, 2]);
    expect(report.orders[0]!.duals).toBeGreaterThan(12);
    expect(report.worst).toMatchObject({ order: 2, step: { op: 'cosinus' } });
  });

  it('are found in linear primitives', () => {
    const concat = P.primitives.find((p) => p.name === 'concat') as CopyPrimitive;
    const swapped: CopyPrimitive = {
      ...concat, vjp: [({ grad }) => P.slice(grad, [[3, 6]]), ({ grad }) => P.slice(grad, [[0, 3]])],
    };
    const report = gradcheck(
      (a: Tensor, b: Tensor) => total(P.mul(apply(swapped, [a, b], { axis: 0 }), f64([1, 2, 3, 4, 5, 6]))), [row, row]
    );
    expect(report.worst!.step!.op).toBe('concat');
  });
});

describe('numbers that are not finite', () => {
  it('in the value are traced to the step that made them', () => {
    const report = gradcheck((x: Tensor) => total(P.exp(label(P.log(x), 'l'))), [row]);
    expect(report).toMatchObject({ ok: false, orders: [] });
    expect(report.failures[0]!.text).toMatch(/the result is not finite: NaN first at \[2\] of step %1 'l' \(log\) {2}log\(%0\)/);
  });

  it('in a gradient are found, with the rule that made them', () => {
    const report = gradcheck((x: Tensor) => total(P.sqrt(x)), [f64([0, 1])]);
    expect(report.ok).toBe(false);
    expect(report.cause?.name).toBe('nonfinite');
    expect(report.worst).toMatchObject({ analytic: Infinity, index: [0] });
  });

  it('in a derivative of higher order are found when it is recorded', () => {
    const f = sinWith(({ grad }, x) => P.mul(grad, P.cos(x!)));
    const bad = unary(mapPrimitive(
      'bad',
      { arity: 1, body: (A, _, x) => A.mul(x!, A.abs(x!)), vjp: [({ grad }, x) => P.mul(grad, P.mul(2, P.sqrt(P.mul(x!, x!))))] }
    ));
    const report = gradcheck((x: Tensor) => total(P.add(bad(x), f(x))), [f64([0, 1])]);
    expect(report.ok).toBe(false);
    expect(report.failures[0]!.text).toMatch(/order 2/);
  });
});

describe('kinks and jumps', () => {
  it('at the point are reported with both slopes, and do not fail', () => {
    const report = gradcheck((x: Tensor) => total(P.maximum(x, 0)), [f64([0, 0.5])], { orders: [1] });
    expect(report.ok).toBe(true);
    expect(report.borders).toEqual([{
      input: 'inputs[0]', index: [0], distance: 0, kind: 'kink', left: 0, right: expect.closeTo(1, 8) as number, size: 0,
      step: expect.objectContaining({ op: 'maximum' }) as object,
    }]);
    expect(report.orders[0]).toMatchObject({ atBorder: 1, entries: 2 });
  });

  it('report a slope that grows without bound, at every order', () => {
    const rooted = (x: Tensor): Tensor => total(P.where(P.less(0, x), P.sqrt(x), 0));
    const report = gradcheck(rooted, [f64([0, 2, -1])]);
    expect(report).toMatchObject({ ok: true, borders: [{ kind: 'kink', index: [0], left: 0, right: Infinity }], notes: [] });
    expect(report.orders.map((order) => [order.atBorder, order.unresolved])).toEqual([[1, 0], [3, 0]]);
    expect(report.worst).toMatchObject({ digits: 17, difference: expect.any(Number) as number, index: [1] });
    expect(reportText(report)).toMatch(/kink at the point, along inputs\[0\]\[0\]: slopes 0 and ∞;/);
  });

  it('report a jump with its size', () => {
    const report = gradcheck((x: Tensor) => total(P.where(P.less(x, 0), x, P.add(x, 3))), [f64([0, 0.5])], { orders: [1] });
    expect(report.borders[0]).toMatchObject({ kind: 'jump', size: expect.closeTo(3, 8) as number, step: { op: 'less' } });
  });

  it('near the point keep differences inside, and the nearest is measured', () => {
    // A margin like ArcFace's: cos(θ + m) until θ + m = π, then a line; at c = cos(π − m) the value jumps.
    const margin = 0.5;
    const arc = (c: Tensor): Tensor => {
      const sine = P.sqrt(P.mul(P.sub(1, c), P.add(1, c)));
      const inside = P.sub(P.mul(c, Math.cos(margin)), P.mul(sine, Math.sin(margin)));
      return P.where(P.less(c, Math.cos(Math.PI - margin)), P.sub(c, margin * Math.sin(margin)), inside);
    };
    const c0 = Math.cos(Math.PI - margin) + 1e-3;
    const report = gradcheck((c: Tensor) => total(P.mul(arc(c), 64)), [f64([c0, 0.3])]);
    expect(report.ok, reportText(report)).toBe(true);
    expect(report.nearest).toMatchObject({
      kind: 'jump', index: [0], distance: expect.closeTo(1e-3, 9) as number, step: { op: 'less' },
    });
    // From the line below to the arc above.
    expect(report.nearest!.size).toBeCloseTo(64 * (-1 - Math.cos(Math.PI - margin) + margin * Math.sin(margin)), 6);
  });

  it('ties share their slope evenly, and duals agree with that', () => {
    const report = gradcheck((x: Tensor) => total(P.mul(P.maxAxes(x, [0]), 6)), [f64([2, 1, 2, 2])], { orders: [1] });
    expect(report.ok).toBe(true);
    expect(report.borders.map((b) => b.index)).toEqual([[0], [2], [3]]);
  });
});

describe('what cannot be checked', () => {
  it('Float32 inputs are refused with the remedy', () => {
    expect(() => gradcheck((x: Tensor) => total(x), [tensor([1])])).toThrow(/inputs\[0\] is f32.*dtype: 'f64'/);
    expect(() => gradcheck((x: Tensor) => total(P.cast(x, 'f32')), [row])).toThrow(/computes in f32 at step %1 \(cast\)/);
  });

  it('functions of integers alone, and orders that are none', () => {
    expect(() => gradcheck((x: Tensor) => P.add(x, 1), [tensor([1], { dtype: 'i32' })])).toThrow(/no float input/);
    expect(() => gradcheck((x: Tensor) => P.less(x, 0), [row], { orders: [] })).toThrow(/Orders are whole numbers/);
    expect(() => gradcheck((x: Tensor) => P.argmaxAxis(x, 0), [row])).toThrow(/no float result/);
  });

  it('an input without a path is noted', () => {
    const report = gradcheck((x: Tensor, _: Tensor) => total(P.exp(x)), [row, row]);
    expect(report.ok).toBe(true);
    expect(report.notes).toContain('order 1: inputs[1] has no path to the result; its gradient is zero');
  });
});

describe('assertGradients', () => {
  it('throws the text of the report, or nothing', () => {
    expect(() => assertGradients((x: Tensor) => total(P.exp(x)), [row])).not.toThrow();
    const f = sinWith(({ grad }, x) => P.neg(P.mul(grad, P.cos(x!))));
    expect(() => assertGradients((x: Tensor) => total(f(x)), [row], { seed: 7 })).toThrow(
      /gradcheck: FAILED \(seed 7\)[^]*cause: the sign is flipped/
    );
  });
});

describe('a function that reads numbers', () => {
  const x = tensor([1, 2, 3], { dtype: 'f64' });
  const scalar = tensor(3, { dtype: 'f64' });

  it('is refused: its program is not the function', () => {
    const read = gradcheck((v: Tensor) => P.mul(v, v.item()), [scalar]);
    expect(read.ok).toBe(false);
    expect(read.failures[0]).toMatchObject({ kind: 'unrecorded' });
    // However little the number it reads is worth.
    const little = gradcheck((v: Tensor) => P.add(v, 1e-6 * v.item()), [scalar]);
    expect(little.failures[0]).toMatchObject({ kind: 'unrecorded' });
    expect(gradcheck((v: Tensor) => P.sumTo(P.div(v, Math.hypot(...v.data)), []), [x]).ok).toBe(false);
  });

  it('is accepted where what is read says the same a little aside, or the value is stopped openly', () => {
    expect(gradcheck((v: Tensor) => (v.item() > 0 ? P.mul(v, v) : v), [scalar]).ok).toBe(true);
    expect(gradcheck((v: Tensor) => P.mul(v, P.stopGradient(v)), [scalar]).ok).toBe(true);
  });
});
