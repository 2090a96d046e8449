import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import { isTensor, type Tensor, tensor, trace } from '../../src/graph/index.ts';
import { checkChoice, checkNumber, checkParameter, checkSwitch, cosine, nonNegative, plus, positive, rangeText, sine, times } from '../../src/losses/parameter.ts';

describe('a range', () => {
  it('says in words what it allows', () => {
    expect(rangeText('t', { from: 1, to: Infinity })).toBe('t ≥ 1');
    expect(rangeText('s', positive)).toBe('s > 0');
    expect(rangeText('h', { from: 0, to: 100, open: true })).toBe('0 < h ≤ 100');
    expect(rangeText('m', { from: 1, to: 64, whole: true })).toBe('m is a whole number from 1 to 64');
  });
});

describe('checkNumber', () => {
  it('accepts both ends of a closed range and refuses an open lower end', () => {
    expect(() => checkNumber('f', 'm', 0, { from: 0, to: 1 })).not.toThrow();
    expect(() => checkNumber('f', 'm', 1, { from: 0, to: 1 })).not.toThrow();
    expect(() => checkNumber('f', 's', 0, positive)).toThrow(DomainError);
  });

  it.each([NaN, Infinity, -0.1, '1', null, undefined, {}])('refuses %s, naming parameter and value', (value) => {
    expect(() => checkNumber('someLoss', 'm', value, nonNegative)).toThrow(DomainError);
    expect(() => checkNumber('someLoss', 'm', value, nonNegative)).toThrow(
      `someLoss: m = ${typeof value === 'string' ? "the text '1'" : String(value)}. m ≥ 0`);
  });

  it('refuses a fraction where a whole number is asked for', () => {
    expect(() => checkNumber('f', 'm', 1.5, { from: 1, to: 4, whole: true })).toThrow('m = 1.5');
  });
});

describe('checkParameter', () => {
  it('looks at every entry of a tensor that can be read', () => {
    expect(() => checkParameter('f', 'm', tensor([[0.1], [0.2]]), nonNegative)).not.toThrow();
    expect(() => checkParameter('f', 'm', tensor([[0.1], [-0.5]]), nonNegative)).toThrow('m = -0.5');
    expect(() => checkParameter('f', 'm', tensor(NaN), nonNegative)).toThrow('m = NaN');
  });

  it('does not read a tensor of a program that is only being recorded', () => {
    const use = (m: Tensor): Tensor => {
      checkParameter('f', 'm', m, nonNegative);
      return m;
    };
    expect(() => trace(use, [tensor(-1)], { mode: 'abstract' })).not.toThrow();
    expect(() => trace(use, [tensor(-1)])).toThrow(DomainError);
  });

  it('refuses integers and shapes that would spread over classes', () => {
    expect(() => checkParameter('f', 'm', tensor(1, { dtype: 'i32' }), nonNegative)).toThrow(DTypeError);
    expect(() => checkParameter('f', 'm', tensor([1, 2]), nonNegative)).toThrow(ShapeError);
    expect(() => checkParameter('f', 'm', tensor([[1, 2]]), nonNegative)).toThrow(ShapeError);
  });
});

describe('choices and switches', () => {
  it('name what they know', () => {
    expect(() => checkChoice('f', 'reading', 'psy', ['literal', 'psi'])).toThrow("f: reading = 'psy'. reading is one of 'literal', 'psi'");
    expect(() => checkChoice('f', 'reading', 3, ['literal'])).toThrow(DomainError);
  });

  it("refuse a text for a switch, since 'false' would count as on", () => {
    expect(() => checkSwitch('f', 'detach', true)).not.toThrow();
    expect(() => checkSwitch('f', 'detach', 'false')).toThrow(DomainError);
  });
});

describe('arithmetic of parameters', () => {
  it('keeps numbers numbers, in full precision', () => {
    expect(plus(1.2, -1)).toBe(1.2 - 1);
    expect(times(0.1, 3)).toBe(0.1 * 3);
    expect([cosine(0.5), sine(0.5)]).toEqual([Math.cos(0.5), Math.sin(0.5)]);
  });

  it('follows the type of a tensor', () => {
    const m = tensor(0.5, { dtype: 'f64' });
    for (const [x, value] of [[plus(m, 1), 1.5], [times(2, m), 1], [cosine(m), Math.cos(0.5)], [sine(m), Math.sin(0.5)]] as const) {
      expect(isTensor(x) && x.dtype).toBe('f64');
      expect((x as Tensor).item()).toBe(value);
    }
  });
});
