// What every optimiser promises: trees in and out, a counter in the state, no memory of its own, one recorded program,
// and a clear answer to trees and numbers that do not fit.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError, DTypeError, MarginaliaError, ShapeError } from '../../src/base/errors.ts';
import { flatten } from '../../src/base/tree.ts';
import { evaluate, isTensor, trace, type Tensor } from '../../src/graph/index.ts';
import { mean, mul, square, sub, sum, tanh } from '../../src/ops/index.ts';
import { adam, adamW, type Optimizer, rmsprop, sgd } from '../../src/optim/index.ts';
import { expectBits, f32, f64, i32, runs, thrown } from '../values.ts';

const optimizers: Readonly<Record<string, () => Optimizer>> = {
  'sgd': () => sgd({ lr: 0.1 }),
  'sgd with momentum': () => sgd({ lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.01 }),
  'adam': () => adam({ lr: 0.1 }),
  'adamW': () => adamW({ lr: 0.1 }),
  'rmsprop': () => rmsprop({ lr: 0.1, momentum: 0.5, centered: true }),
};
const each = Object.entries(optimizers);

type Params = { readonly first: readonly Tensor[]; readonly second: { readonly b: Tensor } };
const params = (make = f64): Params => ({ first: [make([1, -2, 0.5]), make([[0.25, 3]])], second: { b: make(-0.75) } });
const gradients = (make = f64): Params => ({ first: [make([0.3, -0.1, 0.7]), make([[-0.2, 0.05]])], second: { b: make(0.4) } });
const numbers = (tree: unknown): number[] => flatten(tree, isTensor).leaves.flatMap((x) => Array.from(x.data));

describe.each(each)('%s', (_, make) => {
  it('gives parameters and state of the same form, shapes and types', () => {
    const optimizer = make();
    const before = params(f32);
    const start = optimizer.init(before);
    const { params: after, state } = optimizer.update(gradients(f32), start, before);
    const types = (tree: unknown): string[] => {
      const { leaves, paths } = flatten(tree, isTensor);
      return leaves.map((x, i) => `${paths[i]!} ${x}`);
    };
    expect(types(after)).toEqual(types(before));
    expect(types(state)).toEqual(types(start));
    expect(numbers(after)).not.toEqual(numbers(before));
  });

  it('counts its updates in the state, as an integer tensor', () => {
    const optimizer = make();
    let state = optimizer.init(params());
    expectBits(state.step, 0);
    for (let i = 0; i < 3; i++) ({ state } = optimizer.update(gradients(), state, params()));
    expectBits(state.step, 3);
    expect(state.step.dtype).toBe('i32');
  });

  it('remembers nothing itself: the same arguments give the same bits', () => {
    const optimizer = make();
    const { state } = optimizer.update(gradients(), optimizer.init(params()), params());
    const twice = [0, 1].map(() => optimizer.update(gradients(), state, params()));
    expect(numbers(twice[0])).toStrictEqual(numbers(twice[1]));
  });

  it('treats every number of the tree by itself: law', () => {
    const optimizer = make();
    fc.assert(fc.property(fc.array(fc.tuple(fc.float({ noNaN: true, min: -3, max: 3 }), fc.float({ noNaN: true, min: -3, max: 3 })), { minLength: 1, maxLength: 6 }), (pairs) => {
      const joint = f64(pairs.map(([p]) => p));
      const apart = pairs.map(([p]) => f64(p));
      const step = (p: Tensor | Tensor[], g: Tensor | Tensor[]): number[] => {
        const first = optimizer.update(g, optimizer.init(p), p);
        return numbers(optimizer.update(g, first.state, first.params).params);
      };
      expect(step(joint, f64(pairs.map(([, g]) => g)))).toStrictEqual(step(apart, pairs.map(([, g]) => f64(g))));
    }), runs);
  });

  it('takes the learning rate of the call, as a number or as a tensor, before its own', () => {
    const optimizer = make();
    const at = (lr?: number | Tensor): number[] => numbers(optimizer.update(gradients(), optimizer.init(params()), params(), lr === undefined ? {} : { lr }).params);
    expect(at(0.1)).toStrictEqual(at());
    expect(at(f64(0.03))).toStrictEqual(at(0.03));
    expect(at(0.03)).not.toEqual(at());
    expect(at(0)).toStrictEqual(numbers(params()));
  });

  it('leaves a parameter and its memory alone where there is no gradient', () => {
    const optimizer = make();
    const before = { w: f64([1, 2]), steps: i32([7]), frozen: f64(3) };
    const g = { w: f64([0.5, 0.5]), steps: null, frozen: null };
    let now = { params: before, state: optimizer.init(before) };
    for (let i = 0; i < 2; i++) now = optimizer.update(g, now.state, now.params);
    expectBits(now.params.steps, [7]);
    expectBits(now.params.frozen, 3);
    expect(now.params.w.data[0]).not.toBe(1);
  });

  it('is one program: recorded without numbers and evaluated later it gives the bits of the eager step', () => {
    const optimizer = make();
    const loss = (p: { readonly w: Tensor }, x: Tensor): Tensor => mean(square(sub(tanh(mul(p.w, x)), 0.5)));
    const step = (p: { readonly w: Tensor }, state: ReturnType<Optimizer['init']>, x: Tensor, lr: Tensor) =>
      optimizer.update(grad(loss)(p, x) as { w: Tensor }, state, p, { lr });
    const w = { w: f64([0.2, -0.4]) };
    const x = f64([1.5, 0.5]);
    const program = trace(step, [w, optimizer.init(w), x, f64(0.1)], { mode: 'abstract' });
    let eager = { params: w, state: optimizer.init(w) };
    let recorded = eager;
    // The second step takes another branch of the first-step rules, the third another learning rate.
    for (const lr of [0.1, 0.1, 0.02]) {
      const given = flatten([recorded.params, recorded.state, x, f64(lr)], isTensor).leaves;
      const values = evaluate(program.graph, program.outputs, new Map(program.inputs.map((id, i) => [id, given[i]!.read()])));
      recorded = program.result.rebuild(program.outputs.map((id, i) => {
        const { shape, dtype } = program.result.leaves[i]!;
        const data = Array.from(values[id]!.data());
        return shape.length === 0 ? (dtype === 'i32' ? i32 : f64)(data[0]!) : f64(data);
      })) as unknown as typeof eager;
      eager = step(eager.params, eager.state, x, f64(lr));
      expect(numbers(recorded)).toStrictEqual(numbers(eager));
    }
  });

  it('can be differentiated: the loss after a step, by the learning rate, falls as differences say', () => {
    const optimizer = make();
    const after = (lr: Tensor): Tensor => {
      const p = f64([0.2, -0.4]);
      const { params: next } = optimizer.update(f64([0.6, -0.3]), optimizer.init(p), p, { lr });
      return sum(square(next));
    };
    const h = 1e-4;
    const slope = (after(f64(0.1 + h)).item() - after(f64(0.1 - h)).item()) / (2 * h);
    expect(grad(after)(f64(0.1)).item()).toBeCloseTo(slope, 7);
  });

  it('refuses a learning rate that is none, with its value', () => {
    for (const lr of [NaN, -0.1, Infinity]) {
      const error = thrown(() => make().update(gradients(), make().init(params()), params(), { lr }));
      expect(error).toBeInstanceOf(DomainError);
      expect(String(error)).toContain(String(lr));
      expect(thrown(() => make().update(gradients(), make().init(params()), params(), { lr: f64(lr) }))).toBeInstanceOf(DomainError);
    }
    expect(thrown(() => make().update(gradients(), make().init(params()), params(), { lr: f64([0.1]) }))).toBeInstanceOf(ShapeError);
    expect(thrown(() => make().update(gradients(), make().init(params()), params(), { lr: f32(0.1) }))).toBeInstanceOf(DTypeError);
    expect(thrown(() => make().update(gradients(), make().init(params()), params(), { rate: 1 } as never))).toBeInstanceOf(DomainError);
  });

  it('refuses gradients of another form, shape or type, naming the parameter', () => {
    const update = (g: unknown) => thrown(() => make().update(g as Params, make().init(params()), params()));
    expect(update({ first: gradients().first })).toBeInstanceOf(ShapeError);
    expect(String(update({ ...gradients(), second: { c: f64(1) } }))).toContain('second.b');
    expect(String(update({ ...gradients(), second: { b: f64([1]) } }))).toContain("'second.b' [] with a gradient [1]");
    expect(update(gradients(f32))).toBeInstanceOf(DTypeError);
  });
});

it.each(each.slice(1))('%s refuses a state made for other parameters', (_, make) => {
  expect(thrown(() => make().update(gradients(), make().init(f64([1])), params()))).toBeInstanceOf(ShapeError);
});

describe('hyperparameters', () => {
  it.each([
    ['sgd: lr = NaN', () => sgd({ lr: NaN })],
    ['sgd: lr = -1', () => sgd({ lr: -1 })],
    ['sgd: lr = undefined', () => sgd({} as never)],
    ['sgd: momentum = -0.5', () => sgd({ lr: 1, momentum: -0.5 })],
    ['sgd: dampening = NaN', () => sgd({ lr: 1, dampening: NaN })],
    ['sgd: weightDecay = -1', () => sgd({ lr: 1, weightDecay: -1 })],
    ['sgd: nesterov with momentum 0', () => sgd({ lr: 1, nesterov: true })],
    ['sgd: nesterov with momentum 0.9 and dampening 0.1', () => sgd({ lr: 1, nesterov: true, momentum: 0.9, dampening: 0.1 })],
    ["sgd: the option 'weight_decay'", () => sgd({ lr: 1, weight_decay: 1 } as never)],
    ['adam: lr = -0.001', () => adam({ lr: -0.001 })],
    ['adam: beta1 = 1', () => adam({ betas: [1, 0.9] })],
    ['adam: beta2 = undefined', () => adam({ betas: [0.9] as never })],
    ['adamW: beta2 = -0.1', () => adamW({ betas: [0.9, -0.1] })],
    ['adamW: epsilon = -1', () => adamW({ epsilon: -1 })],
    ['adamW: weightDecay = NaN', () => adamW({ weightDecay: NaN })],
    ['rmsprop: alpha = 1.5', () => rmsprop({ alpha: 1.5 })],
    ['rmsprop: momentum = -1', () => rmsprop({ momentum: -1 })],
    ['rmsprop: lr = Infinity', () => rmsprop({ lr: Infinity })],
  ])('are refused: %s', (start, make) => {
    const error = thrown(make);
    expect(error).toBeInstanceOf(DomainError);
    expect((error as MarginaliaError).message.startsWith(start)).toBe(true);
  });
});

describe('Adam in Float32', () => {
  it('moves by the learning rate at its first step, to the last digits: 1 − β₂ is not left to rounding', () => {
    const { params: after } = adam({ lr: 1, epsilon: 0 }).update(f32([0.5, -3e-4]), adam().init(f32([0, 0])), f32([0, 0]));
    expect(Math.abs(after.data[0]! + 1)).toBeLessThan(4e-7);
    expect(Math.abs(after.data[1]! - 1)).toBeLessThan(4e-7);
  });

  it('stays where no gradient ever was', () => {
    expectBits(adam({ lr: 1 }).update(f32([0]), adam().init(f32([2])), f32([2])).params, [2]);
  });
});

describe('centered RMSprop', () => {
  it('counts a variance that rounding made negative as 0', () => {
    const optimizer = rmsprop({ lr: 0.1, alpha: 0.5, centered: true, epsilon: 1 });
    const gradient = f64(Array.from({ length: 50 }, (_, i) => 0.1 * (i + 1)));
    let now = { params: gradient, state: optimizer.init(gradient) };
    for (let i = 0; i < 80; i++) now = optimizer.update(gradient, now.state, now.params);
    const spread = sub(now.state['meanSquare'] as Tensor, square(now.state['mean'] as Tensor));
    expect(spread.data.some((v) => v < 0)).toBe(true);
    expect(now.params.data.every(Number.isFinite)).toBe(true);
  });
});
