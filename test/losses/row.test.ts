import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import { checkChoice, checkSwitch } from '../../src/losses/parameter.ts';
import { choice, continuous, fixed, reductionParameter, row } from '../../src/losses/row.ts';
import { mul } from '../../src/ops/index.ts';

const example = row({
  id: 'example', title: 'An example', source: { paper: 'none', arxiv: null, equation: null },
  inputs: ['features[2]', 'labels'],
  parameters: {
    m: continuous(0.5, { from: 0, to: 1 }, 'a factor', 'Stay below 1'),
    n: fixed(2, { from: 1, to: 4, whole: true }, 'a count'),
    reading: choice(['first', 'second'], 'a reading'),
    on: { kind: 'switch', default: false, range: [false, true], meaning: 'a switch' },
    reduction: reductionParameter,
  },
  text: ({ m, reading }) => ({ equation: `L = ${reading} * ${String(m)}`, handGradient: 'd(L, x) = 0 * x' }),
  build: ({ m, n }) => (features: readonly Tensor[]) => mul(mul(features[0]!, m), n),
});
const inputs = [[tensor([1]), tensor([2])], tensor([3])] as const;

describe('row', () => {
  it('fills in defaults and passes options on', () => {
    expect(example.create()(...inputs).item()).toBe(1);
    expect(example.create({ m: 1, n: 4 })(...inputs).item()).toBe(4);
    expect(example.create({ m: undefined })(...inputs).item()).toBe(1);
  });

  it('has the formulas of the defaults, and those of other options', () => {
    expect(example.equation).toBe('L = first * 0.5');
    expect(example.text({ reading: 'second' }).equation).toBe('L = second * 0.5');
  });

  it('refuses an option it does not have, and lists those it has', () => {
    expect(() => example.create({ M: 1 })).toThrow(DomainError);
    expect(() => example.create({ M: 1 })).toThrow("example: the option 'M'. Its options are m, n, reading, on, reduction");
    expect(() => example.create({ constructor: 1 } as never)).toThrow("the option 'constructor'");
  });

  it('refuses values of the wrong kind or outside their range, with a hint where there is one', () => {
    expect(() => example.create({ m: 2 })).toThrow('example: m = 2. 0 ≤ m ≤ 1. Stay below 1.');
    expect(() => example.create({ m: null } as never)).toThrow('m = null');
    // The hint is about numbers: it says nothing of a text or NaN.
    expect(() => example.create({ m: '0.5' } as never)).toThrow("m = the text '0.5'. 0 ≤ m ≤ 1, a finite number. Check the value.");
    expect(() => example.create({ m: NaN })).toThrow('m = NaN. 0 ≤ m ≤ 1, a finite number. Check the value.');
    expect(() => example.create({ n: tensor(2) })).toThrow(DomainError);
    expect(() => example.create({ reading: 'third' })).toThrow("reading is one of 'first', 'second'");
    expect(() => example.create({ on: 'true' })).toThrow(DomainError);
    expect(() => example.text({ m: 2 })).toThrow(DomainError);
  });

  it('refuses arguments that are not its inputs', () => {
    expect(() => example.create()(inputs[0])).toThrow('example: called with 1 arguments. Its inputs are (features[2], labels)');
    expect(() => example.create()(tensor([1]), inputs[1])).toThrow('argument 0, features[2], is one tensor, not a list of them');
    expect(() => example.create()([tensor([1])], inputs[1])).toThrow(DomainError);
    expect(() => example.create()(inputs[0], [3] as never)).toThrow('argument 1, labels');
  });

  it('makes parameters whose first choice is the default', () => {
    expect(choice(['a', 'b'], 'x')).toMatchObject({ default: 'a', range: ['a', 'b'] });
    expect(() => checkChoice('f', 'x', 'a', choice(['a', 'b'], 'x').range)).not.toThrow();
    expect(() => checkSwitch('f', 'x', false)).not.toThrow();
  });
});
