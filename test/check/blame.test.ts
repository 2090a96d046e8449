import { describe, expect, it } from 'vitest';
import { firstNonFinite, wrongRule } from '../../src/check/blame.ts';
import { seeded } from '../../src/check/seeded.ts';
import { type Tensor, tensor, trace, type Trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';
import { mapPrimitive, unary } from '../../src/primitives/map.ts';

const f64 = (values: number[]): Tensor => tensor(values, { dtype: 'f64' });
const bindingsOf = (traced: Trace) => new Map(traced.inputs.map((id) => [id, traced.recorder.tensors[id]!.read()]));
const opOf = (traced: Trace, id: number | undefined) => (id === undefined ? undefined : traced.graph.steps[id]!.primitive.name);

describe('wrongRule', () => {
  const bad = (name: string) => unary(mapPrimitive(
    name, { arity: 1, body: (A, _, x) => A.mul(x!, x!), vjp: [({ grad }, x) => P.mul(grad, x!)] }
  ));
  it('finds the first step whose rule is not its derivative', () => {
    const traced = trace((x: Tensor) => P.exp(bad('second')(bad('first')(P.sin(x)))), [f64([0.3, 1])]);
    expect(opOf(traced, wrongRule(traced, bindingsOf(traced), seeded(1)))).toBe('first');
  });

  it('finds a rule that gives null where there is a path', () => {
    const cut = unary(mapPrimitive('cut', { arity: 1, body: (A, _, x) => A.exp(x!), vjp: [null] }));
    const traced = trace((x: Tensor) => P.sin(cut(x)), [f64([0.3, 1])]);
    expect(opOf(traced, wrongRule(traced, bindingsOf(traced), seeded(1)))).toBe('cut');
  });

  it('accuses nobody when all rules are right, also where an operand is used twice', () => {
    const traced = trace((x: Tensor) => P.mul(P.mul(x, x), P.div(P.sumTo(x, []), x)), [f64([0.3, 1])]);
    expect(wrongRule(traced, bindingsOf(traced), seeded(1))).toBeUndefined();
  });

  it('ignores steps that do not depend on the inputs', () => {
    const traced = trace((x: Tensor) => P.add(x, bad('aside')(P.alias(f64([2, 3])))), [f64([0.3, 1])]);
    expect(wrongRule(traced, bindingsOf(traced), seeded(1))).toBeUndefined();
  });
});

describe('firstNonFinite', () => {
  it('goes back to the step whose inputs are still finite', () => {
    const traced = trace((x: Tensor) => P.mul(P.exp(P.log(P.sub(x, 1))), 2), [f64([3, 0.5])]);
    const found = firstNonFinite(traced.graph, traced.outputs, (id) => traced.recorder.tensors[id]?.read())!;
    expect(opOf(traced, found.step)).toBe('log');
    expect(found).toMatchObject({ entry: [1], value: NaN });
  });

  it('finds nothing in finite results, whatever a dead branch holds', () => {
    const traced = trace((x: Tensor) => P.where(P.less(x, 1), 0, P.log(P.sub(x, 1))), [f64([3, 0.5])]);
    expect(firstNonFinite(traced.graph, traced.outputs, (id) => traced.recorder.tensors[id]?.read())).toBeUndefined();
  });
});
