import { describe, expect, it } from 'vitest';
import { literal, type NamedArrays, shrink, shrinkInputs, shrinkTensors } from '../../../src/check/testing/index.ts';
import { tensor } from '../../../src/graph/index.ts';

const noise = (n: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(7 * i + 1) * 3);

describe('shrink', () => {
  it('goes down while a candidate fails', () => {
    const smallest = shrink(1000, (n) => [Math.floor(n / 2), n - 1].filter((k) => k < n), (n) => n >= 37);
    expect(smallest).toBe(37);
  });

  it('keeps the start when nothing simpler fails, and stops when the attempts are used up', () => {
    expect(shrink(5, () => [4, 3], () => false)).toBe(5);
    let asked = 0;
    expect(shrink(1000, (n) => [n - 1], () => ++asked > 0, { attempts: 10 })).toBe(990);
    expect(asked).toBe(10);
  });

  it('does not take a candidate that throws for a failing one', () => {
    expect(shrink(5, (n) => [n - 1], (n) => {
      if (n < 3) throw new Error('outside');
      return true;
    })).toBe(3);
  });
});

describe('shrinkInputs', () => {
  const inputs: NamedArrays = {
    x: { axes: ['n', 'd'], shape: [6, 5], data: noise(30) },
    w: { axes: ['k', 'd'], shape: [7, 5], data: noise(35) },
    y: { axes: ['n'], shape: [6], data: [0, 3, 6, 3, 2, 1], labels: 'k' },
    t: { axes: [], shape: [], data: [1.2345] },
  };
  it('cuts shared axes together, renumbers labels and rounds what remains', () => {
    // Fails as long as some sample has a coordinate beyond 2 and some label is not 0.
    const smallest = shrinkInputs(inputs, ({ x, y }) => x!.data.some((v) => v > 2) && y!.data.some((k) => k > 0));
    expect(smallest['x']!.shape).toEqual([1, 1]);
    expect(smallest['x']!.data).toEqual([3]);
    expect(smallest['w']!.shape).toEqual([2, 1]);
    expect(smallest['w']!.data).toEqual([0, 0]);
    expect(smallest['y']).toMatchObject({ shape: [1], data: [1] });
    expect(smallest['t']!.data).toEqual([0]);
  });

  it('never drops a class that a label still names', () => {
    const seen: number[][] = [];
    shrinkInputs(inputs, ({ w, y }) => {
      seen.push([w!.shape[0]!, ...y!.data]);
      return w!.shape[0]! >= 5;
    });
    for (const [classes, ...all] of seen) for (const k of all) expect(k >= 0 && k < classes!).toBe(true);
  });

  it('leaves the inputs it was given as they are', () => {
    const before = JSON.stringify(inputs);
    shrinkInputs(inputs, () => true);
    expect(JSON.stringify(inputs)).toBe(before);
  });

  it('prefers numbers that are short to write', () => {
    const one = (data: number[], fails: (v: number) => boolean): number =>
      shrinkInputs({ v: { axes: ['n'], shape: [1], data } }, ({ v }) => fails(v!.data[0]!)).v.data[0]!;
    expect(one([2.71828], (v) => v > 2.5)).toBe(3);
    expect(one([2.71828], (v) => v > 2.5 && v < 2.8)).toBe(2.7);
    expect(one([-0.123456], (v) => v < 0)).toBe(-1);
    expect(one([NaN], (v) => Number.isNaN(v))).toBeNaN();
    expect(one([1e-300], (v) => v > 0)).toBe(1);
  });
});

describe('shrinkTensors', () => {
  it('keeps number, rank and type, and cuts axes of one size together', () => {
    const a = tensor(noise(20), { shape: [4, 5], dtype: 'f64' });
    const b = tensor(noise(15), { shape: [5, 3], dtype: 'f64' });
    // A product that fits: the inner sizes stay equal.
    const smallest = shrinkTensors([a, b], ([x, y]) => x!.shape[1] === y!.shape[0] && x!.data.some((v) => Math.abs(v) > 1));
    expect(smallest.map((x) => x.shape)).toEqual([[1, 1], [1, 1]]);
    expect(smallest[0]!.dtype).toBe('f64');
    expect(Math.abs(smallest[0]!.item())).toBeGreaterThan(1);
    expect(smallest[1]!.item()).toBe(0);
  });

  it('integers stay integers', () => {
    const [k] = shrinkTensors([tensor([5, 7, 2], { dtype: 'i32' })], ([x]) => x!.data.includes(7));
    expect(k!.toArray()).toEqual([7]);
    expect(k!.dtype).toBe('i32');
  });
});

describe('literal', () => {
  it('can be pasted into a test', () => {
    expect(literal(tensor([[1, 0.5], [0, -0]], { dtype: 'f64' }))).toBe("tensor([[1, 0.5], [0, -0]], { dtype: 'f64' })");
    expect(literal(tensor([1, 2]))).toBe('tensor([1, 2])');
    expect(literal(tensor(3, { dtype: 'i32' }))).toBe("tensor(3, { dtype: 'i32' })");
  });
});
