import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canHave, losses, picture, sliders } from '../../examples/playground/model.ts';
import { classLimit, fromHash, initial, resized, sampleLimit, scattered, type State, svFormulas, toHash, withSample, withWeight } from '../../examples/playground/state.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };

const texts = fc.string({ unit: 'binary', maxLength: 500 });
const states = fc.tuple(fc.integer({ min: 2, max: classLimit }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 99 }), fc.double({ min: 1, max: 64, noNaN: true }),
  fc.record({ f: texts, h: texts, line: texts }, { requiredKeys: [] }))
  .map(([classes, perClass, seed, s, typed]): State => ({
    ...initial, parameters: { s, t: 1.2 }, ...scattered(classes, perClass, seed), selected: seed % (classes * perClass), formulas: { ...svFormulas, ...typed },
  }));

describe('the address of a picture', () => {
  it('law: what was written is read back', () => {
    fc.assert(fc.property(states, (state) => {
      expect(fromHash(`#${toHash(state)}`, canHave)).toEqual(state);
    }), runs);
  });

  it('keeps two hundred samples within two thousand characters', () => {
    const text = toHash({ ...initial, ...scattered(classLimit, sampleLimit / classLimit) });
    expect(text.length).toBeLessThan(2000);
  });

  it.each(['', 'loss=none', 'loss=normface', 'loss=normface&w=0a&x=00a0aa', 'loss=normface&w=0a00b0&x=90a00a', 'loss=normface&w=0a00b0&x=00a001&n=7',
    `loss=normface&w=0a00b0&x=00a01a&o.f=${'c'.repeat(501)}`, 'loss=normface&w=zzz0b0&x=00a00a'])('reads nothing from %j', (text) => {
    expect(fromHash(text, canHave)).toBeUndefined();
  });

  it.each([
    'a-softmax&p.m=2.5', 'sv-a-softmax&p.m=3.5', 'hm-a-softmax&p.m=1.001', 'normface&p.s=1e9', 'am-softmax&p.m=-5', 'normface&p.s=', 'normface&p.s=+16',
    'normface&p.s=Infinity', 'normface&p.s=0x10', 'normface&p.zzz=3', 'normface&p.m=0.2', 'normface&p.reduction=0', 'mv-am-softmax&p.t=', 'normface&n=', 'normface&n=0.5',
  ])('reads nothing from loss=%s, which no picture can keep to', (text) => {
    const place = 'w=0a00b0&x=00a01a';
    expect(fromHash(`loss=${text}&${place}`, canHave)).toBeUndefined();
    expect(fromHash(`loss=${text.replace(/&.*/, '')}&${place}`, canHave)).toBeDefined();
  });

  it.each(losses.map(({ id }) => id))('law: what %s is read with is what it is drawn with', (loss) => {
    const own = sliders({ loss, parameters: {} });
    expect(canHave(loss, {})).toBe(true);
    const value = ({ from, to }: { from: number; to: number }) => fc.oneof(
      { arbitrary: fc.double({ min: from, max: to, noNaN: true }), weight: 3 }, fc.integer({ min: Math.ceil(from), max: Math.floor(to) }), fc.double({ min: -2, max: 70, noNaN: true }));
    fc.assert(fc.property(fc.record(Object.fromEntries(own.map((slider) => [slider.name, value(slider)])), { requiredKeys: [] }), (drawn) => {
      const parameters = drawn as Record<string, number>;
      const state = fromHash(toHash({ ...initial, loss, parameters }), canHave);
      expect(state !== undefined).toBe(canHave(loss, parameters));
      if (state === undefined) return;
      for (const { name, value: used } of sliders(state)) if (name in parameters) expect(used === parameters[name]).toBe(true);
      expect(picture(state).loss).toSatisfy(Number.isFinite);
    }), { ...runs, numRuns: Math.ceil(runs.numRuns / 6), examples: [[Object.fromEntries(own.map(({ name, to }) => [name, to]))]] });
  });

  it('reads the shortest one', () => {
    expect(fromHash('loss=normface&w=0a00b0&x=00a01a', canHave)).toEqual({
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
