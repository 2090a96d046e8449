import { describe, expect, it } from 'vitest';
import { gradcheck, reportText } from '../../src/check/index.ts';
import { derivativeText, type GradcheckReport, stepReport, stepText } from '../../src/check/report.ts';
import { label, type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';
import { mapPrimitive, unary } from '../../src/primitives/map.ts';

const f64 = (values: number[]): Tensor => tensor(values, { dtype: 'f64' });

describe('steps', () => {
  it('are named by label and number, with their formula', () => {
    const traced = trace((x: Tensor) => label(P.mul(label(x, 'x'), P.add(x, 1)), 'y'), [f64([1])]);
    const report = stepReport(traced.graph, traced.outputs[0]!);
    expect(report).toEqual({ id: 3, op: 'mul', label: 'y', formula: 'x · %2' });
    expect(stepText({ ...report, source: '/a/b.ts:3' })).toBe("step %3 'y' (mul)  x · %2  at /a/b.ts:3");
  });
});

describe('the text', () => {
  const wrong = unary(mapPrimitive(
    'sinus', { arity: 1, body: (A, _, x) => A.sin(x!), vjp: [({ grad }, x) => P.neg(P.mul(grad, P.cos(x!)))] }
  ));
  const without = (text: string): string => text.replaceAll(/at\s+\S*report\.test\.ts:\d+/gu, 'at …');

  it('shows a wrong gradient completely', () => {
    const report = gradcheck((x: Tensor) => P.sumTo(label(wrong(x), 'v'), []), [f64([0.5, 1, 2])], { orders: [1] });
    // Differences carry noise of their own; what they say is cut to a few digits here.
    const few = JSON.parse(
      JSON.stringify(report), (key, x: unknown) => (key === 'difference' ? Number((x as number).toFixed(6)) : x)
    ) as GradcheckReport;
    const failures = few.failures.map((f) => ({
      ...f, text: f.text.replace(/differences (-?[\d.]+)/u, (_, x: string) => `differences ${Number(x).toFixed(6)}`),
    }));
    expect(without(reportText({ ...few, failures }))).toMatchInlineSnapshot(`
      "gradcheck: FAILED (seed 1)
        order 1: 3 entries (all), duals 0.0 digits, differences 0.0 digits
        ✗ order 1: ∂f/∂inputs[0][0]: engine -0.8775825618903728, duals 0.8775825618903728, differences
            0.877583 (0.0 digits, 10 demanded)
        ✗ order 1: ∂f/∂inputs[0][1]: engine -0.5403023058681398, duals 0.5403023058681398, differences
            0.540302 (0.0 digits, 10 demanded)
        ✗ order 1: ∂f/∂inputs[0][2]: engine 0.4161468365471424, duals -0.4161468365471424, differences
            -0.416147 (0.0 digits, 10 demanded)
        worst entry: order 1, ∂f/∂inputs[0][0], 0.0 digits
          engine     -0.8775825618903728
          duals       0.8775825618903728
          difference  0.877583
          at fault: the rule of step %1 'v' (sinus)  sin(%0)  at …
        cause: the sign is flipped: every entry is the negative of the right one"
    `);
  });

  it('shows what was frozen and what lies at and near the point', () => {
    const report = gradcheck(
      (x: Tensor) => P.sumTo(P.add(P.maximum(x, 0), P.stopGradient(x)), []), [f64([0, 0.25])], { orders: [1] }
    );
    expect(without(reportText(report))).toMatch(/frozen: stopGradient at step %\d \(stopGradient\) {2}stop\(%0\)/);
    expect(reportText(report)).toMatch(/kink at the point, along inputs\[0\]\[0\]: slopes 0 and 1; step %2/);
    expect(gradcheck((x: Tensor) => P.maximum(x, 0), [f64([0.01, 1])], { orders: [1] }).nearest).toMatchObject({ kind: 'kink' });
  });

  it('never has a line longer than asked for', () => {
    const report = gradcheck(
      (x: Tensor) => P.sumTo(P.mul(wrong(P.mul(P.add(x, 1), P.stopGradient(x))), P.abs(x)), []), [f64([0, 1, 2])]
    );
    for (const width of [60, 80, 100]) for (
      const line of reportText(report, width).split('\n')
    ) expect(line.length).toBeLessThanOrEqual(width);
  });

  it('the report survives JSON', () => {
    const report = gradcheck((x: Tensor) => P.sumTo(P.mul(P.surrogate(P.floor(x), x), wrong(x)), []), [f64([0.5, 1.25])]);
    const again = JSON.parse(JSON.stringify(report)) as GradcheckReport;
    expect(again).toEqual(report);
    expect(reportText(again)).toBe(reportText(report));
  });

  it('derivatives of derivatives are put in parentheses', () => {
    expect(derivativeText({ output: 'f', input: 'inputs[0]', index: [1, 2] })).toBe('∂f/∂inputs[0][1, 2]');
    expect(derivativeText({ output: '∂f/∂inputs[0][1]', input: 'inputs[1]', index: [] })).toBe('∂(∂f/∂inputs[0][1])/∂inputs[1]');
    expect(derivativeText({ output: 'f', input: 'inputs[0]', index: 'direction' })).toBe('∂f/∂inputs[0] along a direction');
  });
});
