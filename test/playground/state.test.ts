import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classLimit, fromHash, initial, resized, sampleLimit, scattered, type State, svFormulas, toHash, withSample, withWeight } from '../../examples/playground/state.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };
const always = (): boolean => true;

const texts = fc.string({ unit: 'binary', maxLength: 500 });
const states = fc.tuple(fc.integer({ min: 2, max: classLimit }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 99 }), fc.double({ min: 0.5, max: 64, noNaN: true }),
  fc.record({ f: texts, h: texts, line: texts }, { requiredKeys: [] }))
  .map(([classes, perClass, seed, s, typed]): State => ({
    ...initial, parameters: { s, t: 1.2 }, ...scattered(classes, perClass, seed), selected: seed % (classes * perClass), formulas: { ...svFormulas, ...typed },
  }));

describe('the address of a picture', () => {
  it('law: what was written is read back', () => {
    fc.assert(fc.property(states, (state) => {
      expect(fromHash(`#${toHash(state)}`, always)).toEqual(state);
    }), runs);
  });

  it('keeps two hundred samples within two thousand characters', () => {
    const text = toHash({ ...initial, ...scattered(classLimit, sampleLimit / classLimit) });
    expect(text.length).toBeLessThan(2000);
  });

  it.each(['', 'loss=none', 'loss=normface', 'loss=normface&w=0a&x=00a0aa', 'loss=normface&w=0a00b0&x=90a00a', 'loss=normface&w=0a00b0&x=00a001&n=7',
    `loss=normface&w=0a00b0&x=00a01a&o.f=${'c'.repeat(501)}`, 'loss=normface&w=zzz0b0&x=00a00a', 'loss=normface&w=0a00b0&x=00a00a&p.s=Infinity'])('reads nothing from %j', (text) => {
    expect(fromHash(text, (id) => id === 'normface')).toBeUndefined();
  });

  it('reads the shortest one', () => {
    expect(fromHash('loss=normface&w=0a00b0&x=00a01a', always)).toEqual({
      loss: 'normface', parameters: {}, weights: [36, 39.6], samples: [{ label: 0, angle: 36, length: 0.46 }], selected: 0,
      formulas: svFormulas,
    });
  });
});

describe('a move', () => {
  it('goes around the circle and to the nearest tenth of a degree', () => {
    expect(withWeight(initial, 1, -30.04).weights[1]).toBe(330);
    expect(withSample(initial, 0, { angle: 719.96 }).samples[0]!.angle).toBe(0);
  });

  it('keeps a sample off the middle, where it has no direction', () => {
    expect(withSample(initial, 0, { length: 0 }).samples[0]!.length).toBe(0.05);
  });

  it('to fewer classes selects a sample that is there', () => {
    const { weights, samples, selected } = resized({ ...initial, selected: 31 }, 2, 3);
    expect([weights.length, samples.length, selected]).toEqual([2, 6, 0]);
    expect(Math.max(...samples.map(({ label }) => label))).toBe(1);
  });
});
