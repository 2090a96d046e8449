// The split of a gradient entry: parts that add up, roles and samples that are those of independent computations, and what
// is said where there is nothing to split by.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customGradient, grad } from '../../src/autodiff/index.ts';
import { DomainError } from '../../src/base/errors.ts';
import { type Contributions, contributions, contributionsText, explain, type Explanation } from '../../src/explain/index.ts';
import { isTensor, label, type Tensor } from '../../src/graph/index.ts';
import { catalogue, cosines, type LossInput, lossRow, type Row } from '../../src/losses/index.ts';
import { add, concat, exp, mean, mul, sin, slice, stopGradient, sum, where } from '../../src/ops/index.ts';
import { functionOf, recipes } from '../graph/programs.ts';
import { inputsOf, placed, sample } from '../losses/samples.ts';
import { f32, f64, runs, thrown } from '../values.ts';

const known = new Map<string, Explanation>();
/** The explanation of a loss at a seeded point; those of the first points are made once. */
function explained(row: Row, seed: number, options = {}): Explanation {
  const key = JSON.stringify([row.id, seed, options]);
  const found = known.get(key) ?? explain(row.create(options) as (...inputs: never[]) => Tensor, inputsOf(row, sample(seed)));
  if (seed < 10) known.set(key, found);
  return found;
}
const sumOf = (parts: readonly { readonly value: unknown }[]): number => parts.reduce((sum, part) => sum + Number(part.value), 0);
const shareOf = (shares: Contributions['roles'], of: unknown): number => Number(shares.find((share) => share.of === of)?.value ?? 0);
const rows = Object.values(catalogue);
// Every loss has its turn where RUNS asks for more; here every sixth, at two points.
const [some, points] = process.env['RUNS'] === undefined ? [rows.filter((_, i) => i % 6 === 2), 1] : [rows, 1e6];

describe('the parts', () => {
  it('law: add up to the entry of the gradient, within 1e-12 of Σ|part|, for every loss', () => {
    fc.assert(fc.property(fc.constantFrom(...some), fc.nat(points), fc.nat(1e6), (row, seed, pick) => {
      const found = explained(row, seed);
      const floats = found.lines.filter((line) => found.inputs.includes(line.number) && line.dtype === 'f64');
      const line = floats[pick % floats.length]!;
      const index = line.shape.map((n, axis) => Math.floor(pick / 7 ** axis) % n);
      const split = contributions(found, `${line.name}[${index.join(', ')}]`);
      const place = index.reduce((at, i, axis) => at * line.shape[axis]! + i, 0);
      const spread = Number(split.spread);
      expect(split.value).toBe(line.adjoint?.value.values?.[place] ?? 0);
      expect(Math.abs(sumOf(split.parts) - Number(split.value))).toBeLessThanOrEqual(1e-12 * spread);
      for (const shares of [split.samples, split.roles, split.paths]) expect(Math.abs(sumOf(shares) - sumOf(split.parts))).toBeLessThanOrEqual(1e-13 * spread);
    }), runs);
  }, 600_000);

  it('law: add up for any program', () => {
    fc.assert(fc.property(recipes, (recipe) => {
      const { f, x } = functionOf({ ...recipe, order: 0 });
      const found = explain(f, [x], { whole: Infinity });
      const entry = `x[${x.shape.map(() => 0).join(', ')}]`;
      // Beside an infinite or enormous slope an entry has no parts that could add up.
      const tame = found.lines.every(({ value, adjoint }) =>
        [value, ...(adjoint?.contributions ?? []).map((part) => part.value)].every(({ values }) => values!.every((y) => Math.abs(Number(y)) < 1e6)));
      if (!tame || found.lines.every(({ name }) => name !== 'x')) return;
      const split = contributions(found, entry);
      // What the uses of x send may cancel inside the one part that a program without labels has.
      const { contributions: uses = [] } = found.lines.find(({ name }) => name === 'x')!.adjoint ?? {};
      const sent = uses.reduce((sum, use) => sum + Math.abs(Number(use.value.values![0])), 0);
      expect(Math.abs(sumOf(split.parts) - Number(split.value))).toBeLessThanOrEqual(1e-11 * Math.max(sent, Number(split.spread)));
    }), { ...runs, numRuns: Math.ceil(runs.numRuns / 2) });
  });

  it('are known by hand where the function is: a mask, a plain rest, a regulariser', () => {
    const f = (x: Tensor): Tensor => {
      const own = label(f64([[1, 0], [0, 1]]), 'own', { role: 'target' });
      const z = label(where(own, mul(2, x), mul(3, x)), 'z');
      return add(sum(label(mul(z, z), 'q')), label(mul(0.5, sum(mul(x, x))), 'R', { role: 'regulariser' }));
    };
    const split = contributions(explain(f, [f64([[1, 5], [7, 11]])]), 'x[1, 0]');
    expect(split.parts).toEqual([
      { sample: 1, role: 'negative', path: ['z', 'q'], value: 2 * 9 * 7 },
      { sample: null, role: 'regulariser', path: ['R'], value: 7 },
    ]);
    expect([split.value, split.residue, split.spread]).toEqual([133, 0, 133]);
  });
});

describe('law: a further coordinate that is 0 everywhere leaves the parts as they are', () => {
  const padded = (x: LossInput): LossInput =>
    (isTensor(x) ? (x.rank === 2 ? concat([x, f64(Array.from({ length: x.shape[0]! }, () => [0]))], 1) : x) : x.map((level) => padded(level) as Tensor));
  // As many features as classes, and as samples too: nothing may be told by a size.
  const shapes = [{ samples: 3, classes: 3, dims: 3 }, { samples: 4, classes: 3, dims: 3 }, { samples: 3, classes: 5, dims: 3 }];
  it.each(rows)('$id', (row) => {
    for (const shape of shapes.slice(0, process.env['RUNS'] === undefined ? 1 : 3)) {
      const given = inputsOf(row, sample(3, shape));
      const [before, after] = [given, given.map(padded)].map((inputs) => {
        const found = explain(row.create(row.id === 'hdc' ? { m: 3 } : {}) as (...inputs: never[]) => Tensor, inputs);
        const entries = found.inputs.map((number) => found.lines.find((line) => line.number === number)!)
          .filter((line) => line.shape.length === 2).map(({ name }) => `${name}[1, 0]`);
        return entries.map((entry) => contributions(found, entry)
          .parts.map(({ sample: n, role, path, value }) => [[n, role, ...path].join(), Number(value)] as const));
      });
      expect(before!.length).toBeGreaterThan(0);
      before!.forEach((parts, i) => {
        const others = new Map(after![i]);
        expect(parts.map(([key]) => key).sort()).toEqual([...others.keys()].sort());
        for (const [key, value] of parts) expect(value, key).toBeCloseTo(others.get(key)!, 12);
      });
    }
  });
});

describe('a role', () => {
  it.each(['target', 'support', 'negative'])('has what the masked cotangent of the cosines sends: %s', (role) => {
    const row = lossRow('sv-arc-softmax');
    const [x, w] = inputsOf(row, sample(3)) as [Tensor, Tensor];
    const found = explained(row, 3);
    const valuesOf = (name: string): number[] => found.lines.find((line) => line.name === name)!.value.values!.map(Number);
    const [target, support] = [valuesOf('1[k = y]'), valuesOf('I')];
    const mask = target.map((t, i) => Number(role === 'target' ? t : role === 'support' ? support[i]! : t + support[i]! === 0));
    expect(mask).toContain(1);
    const cotangent = found.lines.find((line) => line.name === 'c')!.adjoint!.value.values!.map((g, i) => Number(g) * mask[i]!);
    const rows4 = Array.from({ length: 4 }, (_, n) => cotangent.slice(5 * n, 5 * n + 5));
    const pushed = grad((v: Tensor) => sum(mul(f64(rows4), cosines(x, v))))(w);
    [0, 7, 14].forEach((place) => {
      const split = contributions(found, `w[${Math.floor(place / 3)}, ${place % 3}]`);
      expect(shareOf(split.roles, role)).toBeCloseTo(pushed.data[place]!, 13);
    });
  });

  it('is known for entries of the features too, though these are normalised before any class is met', () => {
    const split = contributions(explained(lossRow('sv-arc-softmax'), 3), 'x[1, 1]');
    expect(split.roles.map(({ of }) => of)).toEqual(expect.arrayContaining(['target', 'support']));
    expect(split.parts.every(({ path, role, sample: n }) => path[0] === 'c' && role !== null && n === 1)).toBe(true);
  });

  it('of a pair is that of one class or of two, in the cascade too', () => {
    const row = lossRow('hdc');
    const given = inputsOf(row, sample(3, { samples: 8, classes: 3, dims: 3 }));
    const found = explain(row.create({ m: 3 }) as (...inputs: never[]) => Tensor, given);
    const roles = [0, 3, 6].flatMap((n) => contributions(found, `x1[${n}, 0]`).roles.map(({ of }) => of));
    expect([...new Set(roles)].sort()).toEqual(['negative, mining', 'target, mining']);
  });

  it('of the centre loss tells its two terms apart', () => {
    const row = lossRow('center');
    const given = sample(5);
    const split = contributions(explain(row.create({ lambda: 0.5 }) as (...inputs: never[]) => Tensor, inputsOf(row, given)), 'x[2, 1]');
    const pull = (0.5 * (given.features[7]! - given.centers[3 * given.labels[2]! + 1]!)) / 4;
    expect(shareOf(split.roles, 'center')).toBeCloseTo(pull, 14);
    expect(split.samples).toEqual([{ of: 2, value: expect.any(Number) as number }]);
  });
});

describe('a sample', () => {
  it('has the gradient of its own loss, divided by the batch', () => {
    const row = lossRow('sv-am-softmax');
    const [x, w, y] = inputsOf(row, sample(8)) as [Tensor, Tensor, Tensor];
    const alone = row.create({ reduction: 'none' });
    const split = contributions(explained(row, 8), 'w[1, 2]');
    for (let n = 0; n < 4; n++) {
      const own = grad((v: Tensor) => sum(slice(alone(x, v, y), [[n, n + 1]])))(w);
      expect(shareOf(split.samples, n)).toBeCloseTo(own.data[5]! / 4, 13);
    }
  });
});

describe('a path', () => {
  it('through the focal weight holds what detaching it leaves out', () => {
    const row = lossRow('f-softmax');
    const options = { s: 4 };
    const split = contributions(explained(row, 2, options), 'w[0, 0]');
    const detached = contributions(explained(row, 2, { ...options, detach: true }), 'w[0, 0]');
    const through = split.parts.filter(({ path }) => path.includes('g'));
    expect(through.length).toBeGreaterThan(0);
    expect(detached.parts.some(({ path }) => path.includes('g'))).toBe(false);
    expect(Number(split.value) - sumOf(through)).toBeCloseTo(Number(detached.value), 13);
    expect(Math.abs(sumOf(through))).toBeGreaterThan(1e-6);
  });

  it('is one of many only up to a number; further ones are taken together, and the sum holds', () => {
    const split = contributions(explain((x: Tensor) => {
      let q = x;
      for (let i = 0; i < 8; i++) q = label(add(label(sin(q), `a${i}`), label(mul(0.5, q), `b${i}`)), `q${i}`);
      return q;
    }, [f64(0.3)]), 'x');
    expect(split.notes.join()).toMatch(/more than 64 ways .* taken together/);
    expect(split.parts.some(({ path }) => path.includes('…'))).toBe(true);
    expect(Math.abs(Number(split.residue))).toBeLessThanOrEqual(1e-12 * Number(split.spread));
  });
});

describe('a program', () => {
  const square = customGradient((x) => mul(x, x), ({ inputs: [x], grad: g }) => [mul(g, mul(2, x!))]);

  it('of Float32 is run in Float64, also inside a custom step and beside constants', () => {
    const f = (x: Tensor): Tensor => sum(label(mul(square(x), f32([0.1, 0.2, 0.3])), 'q'));
    const split = contributions(explain(f, [f32([1.1, 1, 1])]), 'x[0]');
    expect(split.value).toBeCloseTo(2 * Math.fround(1.1) * Math.fround(0.1), 15);
    expect(split.residue).toBe(0);
  });

  it('may be asked for an entry of a line between the inputs and the result', () => {
    const row = lossRow('sv-arc-softmax');
    const found = explained(row, 3);
    const c = found.lines.find(({ name }) => name === 'c')!;
    const split = contributions(found, 'c[2, 2]');
    expect(Number(split.value)).toBeCloseTo(Number(c.adjoint!.value.values![12]), 13);
    expect(split.samples.map(({ of }) => of)).toEqual([2]);
  });

  it('without labels is one part, without roles split by its last labelled line; both are said', () => {
    const plain = contributions(explain((x: Tensor) => sum(exp(x)), [f64([1, 2])]), 'x[1]');
    expect(plain.parts).toEqual([{ sample: null, role: null, path: [], value: Math.exp(2) }]);
    expect(plain.notes[0]).toMatch(/no line on the way bears a label/);
    const named = contributions(explain((x: Tensor, a: Tensor) => mean(label(mul(exp(x), a), 'L')), [f64([1, 2]), f64(3)]), 'x2');
    expect(named.samples).toEqual([{ of: 1, value: Math.exp(2) / 2 }, { of: 0, value: Math.E / 2 }]);
    expect(named.notes[0]).toMatch(/no mask with a role .* the split is at L, by its first axis/);
    const scalar = contributions(explain((x: Tensor) => exp(label(sum(x), 'a')), [f64([0, 0])]), 'x[0]');
    expect([scalar.parts[0]!.path, scalar.notes[0]]).toEqual([['a'], expect.stringMatching(/paths and no samples/)]);
  });

  it('may be asked for its result, which is its own part', () => {
    const { value, parts, residue } = contributions(explain((x: Tensor) => sum(exp(x)), [f64([1, 2])]), 'result');
    expect([value, parts.map((part) => part.value), residue]).toEqual([1, [1], 0]);
  });

  it('that sends nothing back has no parts, and that is said', () => {
    const split = contributions(explain((x: Tensor) => sum(stopGradient(x)), [f64([1, 2])]), 'x[1]');
    expect([split.value, split.parts, split.notes]).toEqual([0, [], ['no derivative reaches x']]);
  });
});

describe('a mistake', () => {
  const found = explain((x: Tensor, t: Tensor) => mul(t, sum(x)), [f64([[1, 2]]), f64(3)], { names: ['x', 't'] });
  it.each([
    ['w[0]', /there is no line 'w'\. The names are x, t/],
    ['x', /the entry 'x'\. x has the shape \[1, 2\]\. Name an entry such as x\[0, 1\]/],
    ['x[0, 2]', /x has the shape \[1, 2\]/], ['x[0]', /x has the shape/], ['t[0]', /Name an entry such as t\.$/],
    ['x[-1, 0]', /the entry 'x\[-1, 0\]'\. .*whole numbers from 0\. Name an entry such as x\[0, 1\]/],
  ])('%s is refused', (entry, reason) => {
    const error = thrown(() => contributions(found, entry));
    expect(error).toBeInstanceOf(DomainError);
    expect((error as Error).message).toMatch(reason);
  });

  it('is to ask an explanation that was read from JSON', () => {
    expect(() => contributions(JSON.parse(JSON.stringify(found)) as Explanation, 't')).toThrow(/Call explain again/);
  });
});

describe('the text', () => {
  it('shows shares and parts of a centre loss', async () => {
    const row = lossRow('center');
    const point = placed([[1, 0.5], [-1, 2], [0.3, 0.4]], [[1, 0], [0.6, 0.8], [0, -1]], [0, 1, 2]);
    const text = contributionsText(contributions(explain(row.create() as (...inputs: never[]) => Tensor, inputsOf(row, point)), 'w[1, 0]'));
    await expect(`${text}\n`).toMatchFileSnapshot('../golden/contributions.golden.txt');
  });

  const split = contributions(explained(lossRow('f-softmax'), 4), 'w[0, 1]');

  it('law: stays within the width, and counts what it does not show', () => {
    expect(split.parts.length).toBeGreaterThan(4);
    fc.assert(fc.property(fc.integer({ min: 40, max: 100 }), fc.integer({ min: 1, max: 4 }), (width, most) => {
      const lines = contributionsText(split, { width, most }).split('\n');
      for (const line of lines) expect(Array.from(line.replace(/\p{M}/gu, '')).length, line).toBeLessThanOrEqual(width);
      expect(lines.join(' ').replace(/\s+/g, ' ')).toContain(`${split.parts.length - most} more parts`);
    }), runs);
  });

  it('of nothing has no bars', () => {
    const none = contributionsText(contributions(explain((x: Tensor) => sum(mul(x, 0)), [f64([2])]), 'x[0]'));
    expect(none).toContain('∂result/∂x[0] = 0');
    expect(none).not.toContain('│');
  });
});
