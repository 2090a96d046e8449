import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import { evaluate, type Tensor, tensor, trace } from '../../src/graph/index.ts';
import { checkAgree, checkedClassInputs, checkedLabels, checkFloats, fitting } from '../../src/losses/inputs.ts';
import { zeros } from '../../src/ops/index.ts';

const x = zeros([3, 2]);
const w = zeros([4, 2]);
const labels = (values: number[]): Tensor => tensor(values, { dtype: 'i32' });

describe('checkedClassInputs', () => {
  it('gives back labels that fit', () => {
    const y = labels([0, 3, 1]);
    expect(checkedClassInputs('aLoss', x, w, y)).toBe(y);
  });

  it.each([[[0, 4, 1], 'label 4 at position 1'], [[0, 1, -2], 'label -2 at position 2']])('refuses labels %j out of range by value and position', (values, text) => {
    expect(() => checkedClassInputs('aLoss', x, w, labels(values))).toThrow(DomainError);
    expect(() => checkedClassInputs('aLoss', x, w, labels(values))).toThrow(`aLoss: ${text}. Labels lie in 0 … 3`);
  });

  it('refuses labels of another type or shape', () => {
    expect(() => checkedClassInputs('aLoss', x, w, tensor([0, 1, 2]))).toThrow(DTypeError);
    expect(() => checkedClassInputs('aLoss', x, w, [0, 1, 2] as unknown as Tensor)).toThrow(DTypeError);
    expect(() => checkedClassInputs('aLoss', x, w, labels([0, 1]))).toThrow(ShapeError);
    expect(() => checkedClassInputs('aLoss', x, w, tensor([[1, 0, 0, 0]], { dtype: 'i32' }))).toThrow('one-hot');
  });

  it('refuses an empty batch, also while a program is only being recorded', () => {
    const empty = (): Tensor => checkedClassInputs('aLoss', zeros([0, 2]), w, zeros([0], { dtype: 'i32' }));
    expect(empty).toThrow(DomainError);
    expect(() => trace(empty, [], { mode: 'abstract' })).toThrow('an empty batch');
  });

  it('refuses features and weights that do not fit each other', () => {
    expect(() => checkedClassInputs('aLoss', x, zeros([4, 3]), labels([0, 0, 0]))).toThrow(ShapeError);
    expect(() => checkedClassInputs('aLoss', x, zeros([4, 2], { dtype: 'f64' }), labels([0, 0, 0]))).toThrow(DTypeError);
    expect(() => checkedClassInputs('aLoss', zeros([3]), w, labels([0, 0, 0]))).toThrow(ShapeError);
    expect(() => checkedClassInputs('aLoss', zeros([3, 2], { dtype: 'i32' }), w, labels([0, 0, 0]))).toThrow(DTypeError);
  });
});

describe('checkedLabels in a program that is only recorded', () => {
  it('leaves the check to the engine, which makes it at every evaluation', () => {
    const { graph, inputs, outputs } = trace((y: Tensor) => checkedLabels('aLoss', x, y, 4), [labels([0, 1, 2])], { mode: 'abstract' });
    const at = (values: number[]): number[] => [...evaluate(graph, outputs, new Map([[inputs[0]!, labels(values).read()]]))[outputs[0]!]!.data()];
    expect(at([3, 0, 2])).toEqual([3, 0, 2]);
    expect(() => at([3, 4, 2])).toThrow(DomainError);
  });
});

describe('the smaller checks', () => {
  it('name the argument and its axes', () => {
    expect(() => checkFloats('f', 'bias', zeros([2, 2]), '[C]')).toThrow('f: bias [2, 2]. bias has the axes [C]');
    expect(() => checkFloats('f', 'bias', 3 as unknown as Tensor, '[C]')).toThrow(DTypeError);
    expect(() => checkAgree('f', { name: 'a', x, axis: 0 }, { name: 'b', x: w, axis: 0 })).toThrow('f: a [3, 2], b [4, 2]');
  });

  it('refuse a choice that changed the shape', () => {
    expect(fitting(x, x, 'f: the margin')).toBe(x);
    expect(() => fitting(w, x, 'f: the margin')).toThrow('f: the margin made [4, 2] of [3, 2]');
  });
});
