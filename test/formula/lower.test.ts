// The meaning of formulas, by hand-sized truths.

import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { Lowering, Names, parseClaim, parseDerivation, parseExpr, type Point } from '../../src/formula/index.ts';
import { record, Recorder, tensor } from '../../src/graph/index.ts';

const file = `
declare x: n d
declare w: k d
declare y: n -> k
declare s: scalar
index j: k
index i l: d
define c c[k] = dot(w[k], x)
define sq q = s^2
section a: first
define L L = log(sum(k, exp(s * c[k]))) - s * c[y]
section b: second
define L L = 2 * a.L
`;

const derivation = parseDerivation(file);
const f64 = (values: number[] | number[][] | number) => tensor(values, { dtype: 'f64' });
const point: Point = {
  sizes: new Map([['n', 2], ['k', 3], ['d', 2]]),
  values: new Map([['.x', f64([[1, 2], [3, -1]])], ['.w', f64([[1, 0], [0, 1], [1, 1]])], ['.y', f64([2, 0])], ['.s', f64(2)]]),
};

/** Axes and numbers of a formula at the point, in a section. */
function run(text: string, section = 'a') {
  const home = derivation.sections.find((s) => s.id === section)!;
  return record(new Recorder('concrete'), () => {
    const lowering = new Lowering(new Names(derivation), home, point, { text });
    const result = lowering.expr(parseExpr(text, { indices: ['n', 'k', 'd', 'j', 'i', 'l'] }));
    return { axes: result.axes, data: Array.from(result.tensor.data) };
  });
}

/** The error of the first line of a file that cannot be lowered. */
function refusal(text: string): string {
  const read = parseDerivation(text, 'mine.derivation');
  const names = new Names(read);
  for (const section of read.sections) {
    for (const line of section.lines) {
      for (const [from, e] of [[line, line.value ?? line.claim!.left], [line.amendedFrom ?? line, line.amended?.right ?? line.claim?.right]] as const) {
        try {
          if (e !== undefined) record(new Recorder('concrete'), () => new Lowering(names, section, point, from).expr(e));
        } catch (error) {
          if (error instanceof FormatError) return error.message;
          throw error;
        }
      }
    }
  }
  return 'nothing';
}

describe('lowering', () => {
  it.each([
    ['a name of a continued line, prose in between', 'define a a = dot(w[k],\n  # prose\n  x) + zz', /^mine\.derivation:8:8: found the name 'zz'.*\n {4}x\) \+ zz\n {9}\^/],
    ['an amendment', 'claim A s = 1\namend s\n   = norm(s)', /^mine\.derivation:8:6: norm of a number/],
    ['a definition that another line needs', 'define b b = norm(s)\nclaim A b = 1', /^mine\.derivation:6:14: norm of a number/],
    ['what an op refuses', 'declare v: d k\ndefine a a[k] = dot(v[k], x) + s', /^mine\.derivation:7:21: the name 'v' has no value/],
  ])('points into the file at %s', (_, lines, expected) => {
    expect(refusal(`declare x: n d\ndeclare w: k d\ndeclare y: n -> k\ndeclare s: scalar\n# prose\n${lines}`)).toMatch(expected);
  });

  it('says what an op refuses as an error of the formula, at its column', () => {
    const text = 'declare u: n q\ndefine a a = 1 + sum(q, u[q])';
    const wrong: Point = { sizes: new Map([['n', 2], ['q', 5]]), values: new Map([['.u', f64([[1, 2], [3, 4]])]]) };
    const names = new Names(parseDerivation(text, 'mine.derivation'));
    const [line] = names.shared.lines;
    expect(() => record(new Recorder('concrete'), () => new Lowering(names, names.shared, wrong, line).expr(line!.value!)))
      .toThrow(/^mine\.derivation:2:18: expand: \[2, 2\] to \[2, 5\]/);
  });

  it('lowers long chains of definitions, and refuses endless ones before the stack does', () => {
    const chain = (length: number): string =>
      `declare s: scalar\ndefine a0 a0 = s\n${Array.from({ length }, (_, i) => `define a${i + 1} a${i + 1} = a${i} + 1`).reverse().join('\n')}`;
    expect(refusal(chain(100))).toBe('nothing');
    expect(refusal(chain(3000))).toMatch(/^mine\.derivation:\d+:\d+: this rests on \d+ definitions/);
    const names = new Names(parseDerivation(chain(3000)));
    expect(names.declaredUnder([parseExpr('a3000')], names.shared)).toEqual(new Set(['.s']));
    expect(names.couplesSamples(parseExpr('a3000'), names.shared, '.s')).toBe(false);
  });

  it('keeps the sample axis and the free index', () => {
    expect(run('c[k]')).toEqual({ axes: ['n', 'k'], data: [1, 2, 3, 3, -1, 2] });
  });

  it('picks the entry of the sample’s own class', () => {
    expect(run('c[y]')).toEqual({ axes: ['n'], data: [3, 3] });
  });

  it('sums, means and takes extrema over an index, with and without a condition', () => {
    expect(run('sum(k, c[k])').data).toEqual([6, 4]);
    expect(run('sum(k != y, c[k])').data).toEqual([3, 1]);
    expect(run('mean(k != y, c[k])').data).toEqual([1.5, 0.5]);
    expect(run('max(k != y, c[k])').data).toEqual([2, 2]);
    expect(run('min(k, c[k])').data).toEqual([1, -1]);
    expect(run('mean(n, c[y])')).toEqual({ axes: [], data: [3] });
  });

  it('sums what does not depend on the index as often as the index has positions', () => {
    expect(run('sum(k, s)').data).toEqual([6]);
    expect(run('sum(n, 1)').data).toEqual([2]);
  });

  it('ranks samples from the largest, the earlier of two equal ones first', () => {
    expect(run('rank(n, dot(x, x))').data).toEqual([1, 0]);
    expect(run('rank(n, c[y])').data).toEqual([0, 1]);
  });

  it('selects by a condition on indices', () => {
    expect(run('1 if k = y else 0')).toEqual({ axes: ['n', 'k'], data: [0, 0, 1, 1, 0, 0] });
    expect(run('1 if j = k else 0').data).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('does not ask the later parts of a conjunction where an earlier one fails', () => {
    expect(run('1 if k != y and 1 / (c[k] - c[y]) < 0 else 0').data).toEqual([1, 1, 0, 0, 1, 1]);
  });

  it('takes norms and unit vectors over the axes that are not indexed, and 0 at the zero vector', () => {
    expect(run('norm(w[k])').data).toEqual([1, 1, Math.SQRT2]);
    expect(run('unit(0 * abs(x))').data).toEqual([0, 0, 0, 0]);
    expect(run('d(norm(x * (s - 2)), s)').data).toEqual([0, 0]);
  });

  it('computes a quantity at other values, and leaves what does not depend on them', () => {
    expect(run('at(q, s = 3)').data).toEqual([9]);
    expect(run('at(at(q * s, s = 3), s = 5)').data).toEqual([27]);
  });

  it('differentiates by an intermediate quantity', () => {
    const p = run('exp(s * c[k]) / sum(j, exp(s * c[j]))').data;
    const slope = run('d(L, c[k])').data;
    [0, 0, 1, 1, 0, 0].forEach((own, i) => expect(slope[i]).toBeCloseTo(2 * (p[i]! - own), 12));
  });

  it('takes the diagonal where both sides share an index, and the matrix where they do not', () => {
    expect(run('d(c[k]^2, c[k])').data).toEqual([2, 4, 6, 6, -2, 4]);
    expect(run('d(x[i]^2, x[l])')).toEqual({ axes: ['n', 'i', 'l'], data: [2, 0, 0, 4, 6, 0, 0, -2] });
  });

  it('gives the gradient of the batch for a mean over samples', () => {
    expect(run('d(mean(n, c[y]), w[k])').data).toEqual([1.5, -0.5, 0, 0, 0.5, 1]);
    expect(run('d(mean(n, c[y]), x)').data).toEqual([0.5, 0.5, 0.5, 0]);
  });

  it('differentiates twice', () => {
    expect(run('d(d(c[k]^3, c[k]), c[k])').data).toEqual([6, 12, 18, 18, -6, 12]);
  });

  it('reads a name of another section', () => {
    const own = run('L', 'a').data;
    expect(run('L', 'b').data).toEqual(own.map((x) => 2 * x));
    expect(run('a.L', 'b').data).toEqual(own);
  });

  it('gives stop no derivative and surrogate that of its proxy', () => {
    expect(run('d(stop(s) * s, s)').data).toEqual([2]);
    expect(run('d(surrogate(s^3, 5 * s), s)').data).toEqual([5]);
  });

  it.each([
    ['z + 1', /column 1: .*'z', which is not declared/],
    ['c[i]', /no axis d left/],
    ['d(x, x)', /both sides of the derivative keep the axis d/],
    ['norm(s)', /norm of a number/],
    ['at(c[y], s = 3)', /'s' of the shared part plays no part in c\[y\]/],
    ['d(c[y], s)', /plays no part/],
    ['at(s, s = x)', /the new value of 's' has the axis d/],
    ['rank(n, s)', /does not depend on it/],
  ])('names the column of the mistake in %s', (text, pattern) => {
    expect(() => run(text)).toThrow(FormatError);
    expect(() => run(text)).toThrow(pattern);
  });

  it('refuses a definition whose right side has a free index of its own, and one that uses itself', () => {
    const broken = (text: string) => {
      const d = parseDerivation(text);
      const claim = parseClaim('f = 0', {});
      return () => record(new Recorder('concrete'), () => new Lowering(new Names(d), d.sections[0]!, point).expr(claim.left));
    };
    expect(broken('declare w: k d\ndefine f f = norm(w[k])')).toThrow(/the index 'k' is free on the right/);
    expect(broken('declare w: k d\ndefine f f = 1 + f')).toThrow(/uses itself/);
  });
});
