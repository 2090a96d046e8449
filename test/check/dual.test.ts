import { describe, expect, it } from 'vitest';
import { customGradient } from '../../src/autodiff/index.ts';
import { dualProgram, forwardDual } from '../../src/check/dual.ts';
import { type Tensor, tensor, trace, type Trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';

const f64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'f64' });
const record = (f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]): Trace => trace(f, xs);
/** Value, tangent and spread of a function along tangents of its inputs. */
function along(f: (...xs: Tensor[]) => Tensor, xs: Tensor[], tangents: (number[] | undefined)[], rounding = false) {
  const { graph, inputs, outputs } = record(f, ...xs);
  const moving = new Map(tangents.flatMap((t, i) => (t === undefined ? [] : [[inputs[i]!, Float64Array.from(t)] as const])));
  const [found] = forwardDual(graph, outputs, { tangents: moving, rounding });
  return { value: Array.from(found!.value.data()), tangent: Array.from(found!.tangent), spread: Array.from(found!.spread) };
}
const x23 = f64([[1, 2, 3], [4, 5, 6]]);
const t23 = [1, 10, 100, -1, -10, -100];

describe('linear kinds move as their value does', () => {
  it('views, copies, fold, scan and sum', () => {
    expect(along((x) => P.permute(x, [1, 0]), [x23], [t23]).tangent).toEqual([1, -1, 10, -10, 100, -100]);
    expect(along((x) => P.slice(x, [null, [null, null, -2]]), [x23], [t23]).tangent).toEqual([100, 1, -100, -1]);
    expect(along((x) => P.cumsumAxis(x, 1), [x23], [t23]).tangent).toEqual([1, 11, 111, -1, -11, -111]);
    expect(along((x) => P.sumAxes(x, [0]), [x23], [t23]).tangent).toEqual([0, 0, 0]);
    expect(along((x) => P.sumAxes(x, [0]), [x23], [t23]).spread).toEqual([2, 20, 200]);
    const window = { kernel: [1, 2], stride: [1, 1], dilation: [1, 1] } as const;
    expect(
      along((x) => P.fold(P.unfold(x, window), { ...window, size: [2, 3] }), [x23], [t23]).tangent
    ).toEqual([1, 20, 100, -1, -20, -100]);
  });

  it('the fill of a pad does not move', () => {
    const found = along((x) => P.padEdges(x, [[1, 1, 0]], 7), [f64([1, 2])], [[3, 4]]);
    expect(found).toEqual({ value: [7, 1, 2, 7], tangent: [0, 3, 4, 0], spread: [0, 3, 4, 0] });
  });

  it('a part of a concat that stands still contributes zeros', () => {
    expect(along((x, y) => P.concatAlong([x, y], 0), [f64([1]), f64([2, 3])], [undefined, [5, 6]]).tangent).toEqual([0, 5, 6]);
  });

  it('gather and scatterAdd are linear in their numbers and still in their index', () => {
    const index = tensor([0, 0, 1], { dtype: 'i32' });
    expect(along((x) => P.gatherAxis(x, index, 0), [f64([1, 2])], [[3, 4]]).tangent).toEqual([3, 3, 4]);
    expect(
      along((x, s) => P.scatterAddAxis(x, index, s, 0), [f64([1, 2]), f64([1, 1, 1])], [[3, 4], [1, 2, 5]]).tangent
    ).toEqual([6, 9]);
    expect(along((s) => P.scatterAddAxis(f64([1, 2]), index, s, 0), [f64([1, 1, 1])], [[1, 2, 5]]).tangent).toEqual([3, 5]);
  });
});

describe('other kinds', () => {
  it('a contraction is bilinear, and its spread takes absolute values', () => {
    const dot = (a: Tensor, b: Tensor): Tensor => P.contract(a, b, { batch: [], sum: [[0, 0]] });
    const found = along(dot, [f64([1, -2]), f64([3, 4])], [[1, 1], [10, 10]]);
    expect(found).toEqual({ value: [-5], tangent: [7 - 10], spread: [7 + 30] });
  });

  it('max averages the tangents of tied elements', () => {
    expect(along((x) => P.maxAxes(x, [0]), [f64([3, 1, 3])], [[2, 50, 5]]).tangent).toEqual([3.5]);
    expect(along((x) => P.maxAxes(x, [1]), [x23], [t23]).tangent).toEqual([100, -100]);
  });

  it('places and orders do not move, nor what is gathered by them beyond its numbers', () => {
    expect(along((x) => P.gatherAxis(x, P.argsortAxis(x, 0), 0), [f64([3, 1, 2])], [[1, 10, 100]]).tangent).toEqual([10, 100, 1]);
    expect(along((x) => P.cast(P.argmaxAxis(x, 0), 'f64'), [f64([3, 1, 2])], [[1, 10, 100]]).tangent).toEqual([0]);
  });

  it('broadcast operands move once per use', () => {
    expect(along((a, b) => P.mul(a, b), [x23, f64([1, 2, 3])], [undefined, [1, 1, 1]]).tangent).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('stop stands still, a surrogate has the value of one and the tangent of the other, alias is the identity', () => {
    expect(along((x) => P.stopGradient(x), [f64([2])], [[3]])).toEqual({ value: [2], tangent: [0], spread: [0] });
    expect(along((x) => P.surrogate(P.floor(x), P.mul(x, x)), [f64([2.5])], [[3]])).toMatchObject({ value: [2], tangent: [15] });
    expect(along((x) => P.alias(x), [f64([2])], [[3]])).toMatchObject({ value: [2], tangent: [3] });
  });

  it('a custom step is its function, whatever its rule says', () => {
    const lying = customGradient((x, y) => P.mul(P.exp(x!), y!), ({ inputs: [x, y] }) => [x!, y!]);
    const found = along((x, y) => lying(x, y), [f64([0.5]), f64([2])], [[1], [10]]);
    expect(found.tangent[0]).toBeCloseTo(Math.exp(0.5) * 2 + 10 * Math.exp(0.5), 13);
  });

  it('sigmoid and softplus have their slopes at 0, where their bodies change form', () => {
    expect(along((x) => P.sigmoid(x), [f64([0])], [[1]]).tangent).toEqual([0.25]);
    expect(along((x) => P.softplus(x), [f64([0])], [[1]]).tangent).toEqual([0.5]);
  });

  it('a dead branch with an infinite slope contributes exactly 0', () => {
    expect(along((x) => P.where(P.less(x, 0), P.sqrt(x), x), [f64([0])], [[1]])).toMatchObject({ value: [0], tangent: [1] });
  });
});

describe('number types', () => {
  it('Float32 programs are read in Float64', () => {
    const { value } = along((x) => P.add(x, 1e-9), [tensor([1])], [[1]]);
    expect(value).toEqual([1 + Math.fround(1e-9)]);
  });

  it('integer steps wrap and truncate as they do in the engine', () => {
    const big = tensor([2 ** 30], { dtype: 'i32' });
    expect(along((x) => P.add(P.cast(P.mul(big, 2), 'f64'), x), [f64([0])], [[1]])).toMatchObject({
      value: [-(2 ** 31)], tangent: [1],
    });
    expect(along((x) => P.cast(P.cast(x, 'i32'), 'f64'), [f64([-1.7])], [[1]])).toMatchObject({ value: [-1], tangent: [0] });
  });
});

describe('what is held and what moves', () => {
  it('a bound step is an independent variable with the value given', () => {
    const traced = record((x) => P.exp(P.mul(x, 3)), f64([1]));
    const middle = traced.graph.steps.find((step) => step.primitive.name === 'mul')!.id;
    const bindings = new Map([[middle, f64([2]).read()]]);
    const [moved] = forwardDual(traced.graph, traced.outputs, { bindings, tangents: new Map([[middle, Float64Array.of(1)]]) });
    expect(moved!.tangent[0]).toBeCloseTo(Math.exp(2), 12);
    const [cutOff] = forwardDual(
      traced.graph, traced.outputs, { bindings, tangents: new Map([[traced.inputs[0]!, Float64Array.of(1)]]) }
    );
    expect(cutOff!.tangent).toEqual(Float64Array.of(0));
  });

  it('a computed step given a tangent moves on its own, at its computed value', () => {
    const traced = record((x) => P.exp(P.mul(x, 3)), f64([1]));
    const middle = traced.graph.steps.find((step) => step.primitive.name === 'mul')!.id;
    const both = new Map([[middle, Float64Array.of(1)], [traced.inputs[0]!, Float64Array.of(100)]]);
    expect(forwardDual(traced.graph, traced.outputs, { tangents: both })[0]!.tangent[0]).toBeCloseTo(Math.exp(3), 12);
  });

  it('one program pushes many tangents from values computed once', () => {
    const traced = record((x) => P.mul(x, x), f64([1, 2]));
    const push = dualProgram(traced.graph, traced.outputs);
    const at = (t: number[]): number[] => Array.from(push(new Map([[traced.inputs[0]!, Float64Array.from(t)]]))[0]!.tangent);
    expect([at([1, 0]), at([0, 1]), at([0, 0])]).toEqual([[2, 0], [0, 4], [0, 0]]);
  });

  it('a tangent of another size is refused', () => {
    const traced = record((x) => P.exp(x), f64([1, 2]));
    expect(() => forwardDual(
      traced.graph, traced.outputs, { tangents: new Map([[traced.inputs[0]!, Float64Array.of(1)]]) }
    )).toThrow(/a tangent of 1 numbers.*\[2\]/);
  });
});

describe('the spread', () => {
  it('is the sum of absolute values where the tangent cancels', () => {
    const found = along((x) => P.sub(P.mul(x, 1e6), P.mul(x, 1e6 - 1)), [f64([3])], [[1]]);
    expect(found.tangent).toEqual([1]);
    expect(found.spread).toEqual([2e6 - 1]);
  });

  it('with rounding bounds the error of the value itself', () => {
    // (x + 1e8) − 1e8 loses eight digits of x = 0.1: 64·eps·μ must allow for that, and for not much more.
    const { value, spread } = along((x) => P.sub(P.add(x, 1e8), 1e8), [f64([0.1])], [undefined], true);
    const error = Math.abs(value[0]! - 0.1);
    expect(error).toBeGreaterThan(1e-9);
    expect(error).toBeLessThan(64 * 2 ** -52 * spread[0]!);
    expect(spread[0]).toBeLessThan(1e9);
  });
});
