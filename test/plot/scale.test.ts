// Ticks and places by hand.

import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { makeScale } from '../../src/plot/scale.ts';

const texts = (...args: Parameters<typeof makeScale>): string[] => makeScale(...args).ticks.map(({ text }) => text);

describe('makeScale', () => {
  it('takes a linear domain from the data, rounded outwards to ticks', () => {
    const { domain, at, ticks } = makeScale({ label: 'x' }, [0.13, 0.91]);
    expect(domain[0]).toBeCloseTo(0, 12);
    expect(domain[1]).toBeCloseTo(1, 12);
    expect(at(0.25)).toBeCloseTo(0.25, 12);
    expect(ticks.map(({ text }) => text)).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
  });

  it('writes whole numbers, percents, negatives and parts of π', () => {
    expect(texts({ label: 'x', domain: [-300, 300] }, [])).toEqual(['−300', '−200', '−100', '0', '100', '200', '300']);
    expect(texts({ label: 'x', domain: [0.95, 1], format: 'percent' }, [])).toEqual(['95', '96', '97', '98', '99', '100']);
    expect(texts({ label: 'x', domain: [0.991, 0.994], format: 'percent' }, [])).toEqual(['99.10', '99.15', '99.20', '99.25', '99.30', '99.35', '99.40']);
    expect(texts({ label: 'x', domain: [0, Math.PI], format: 'pi' }, [])).toEqual(['0', 'π/6', 'π/3', 'π/2', '2π/3', '5π/6', 'π']);
    expect(texts({ label: 'x', domain: [0, 3e7] }, [])).toEqual(['0', '5e6', '1e7', '1.5e7', '2e7', '2.5e7', '3e7']);
  });

  it('puts powers of ten on a log axis, thins many and fills few, and shows 0 at its lower end', () => {
    const { at, ticks } = makeScale({ label: 'x', scale: 'log' }, [0, 2e-6, 1]);
    expect(ticks.map(({ text }) => text)).toEqual(['10⁻⁶', '10⁻⁵', '10⁻⁴', '10⁻³', '10⁻²', '0.1', '1']);
    expect([at(0), at(1e-7), at(1), at(1e-3)]).toEqual([0, 0, 1, 0.5]);
    expect(texts({ label: 'x', scale: 'log', domain: [1e-18, 1] }, []).length).toBeLessThan(9);
    expect(texts({ label: 'x', scale: 'log', domain: [1, 10] }, [])).toEqual(['1', '2', '5', '10']);
    expect(texts({ label: 'x', scale: 'log', domain: [0.1, 1], format: 'percent' }, [])).toEqual(['10', '20', '50', '100']);
  });

  it('makes room around a single value and for none', () => {
    expect(makeScale({ label: 'x' }, [3, 3]).domain).toEqual([2.5, 3.5]);
    expect(makeScale({ label: 'x' }, []).domain).toEqual([0, 1]);
    const { domain } = makeScale({ label: 'x', scale: 'log' }, [100]);
    expect(domain[0]).toBeLessThan(100);
    expect(makeScale({ label: 'x', scale: 'log' }, [0]).domain).toEqual([0.1, 1]);
  });

  it('refuses domains that do not climb, log axes from 0 and values that are not finite', () => {
    expect(() => makeScale({ label: 'loss', domain: [1, 1] }, [])).toThrow(/the axis 'loss' from 1 to 1/);
    expect(() => makeScale({ label: 'loss', scale: 'log', domain: [0, 1] }, [])).toThrow(/from above 0/);
    expect(() => makeScale({ label: 'loss' }, [1, NaN])).toThrow(DomainError);
  });
});
