// Faces: the same bytes for the same seed, unrelated to how many are asked for, and people more alike to themselves than
// to others.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { face, faces, type Image, nuisances } from '../../src/data/index.ts';

const hash = ({ pixels }: Image): string => createHash('sha256').update(pixels).digest('hex').slice(0, 16);
const distance = (a: Image, b: Image): number =>
  Math.sqrt(a.pixels.reduce((sum, p, i) => sum + (p - b.pixels[i]!) ** 2, 0) / a.pixels.length);

describe('faces', () => {
  it('are the same bytes on every platform', () => {
    expect([face(0, 0), face(3, 2, { seed: 7 }), face(1, 1, { size: 48, channels: 3 })].map(hash)).toMatchInlineSnapshot(`
      [
        "e4769ef42cebfa84",
        "e74d20b59e3b673c",
        "af0c7a3c2c90785f",
      ]
    `);
  });

  it('do not depend on how many are asked for, and name who is on them', () => {
    const set = faces({ people: 2, images: 2, first: 5, seed: 3, size: 16 });
    expect(set.images).toEqual([
      face(5, 0, { seed: 3, size: 16 }), face(5, 1, { seed: 3, size: 16 }), face(6, 0, { seed: 3, size: 16 }),
      face(6, 1, { seed: 3, size: 16 })
    ]);
    expect(set.labels).toEqual(Int32Array.of(0, 0, 1, 1));
    expect(set.people).toEqual(['person 5', 'person 6']);
    expect(faces({ people: 0, images: 3 }).images).toEqual([]);
  });

  it('without nuisances show one picture of each person but for the cloth', () => {
    const [a, b] = [face(4, 0, { nuisance: 0 }), face(4, 1, { nuisance: 0 })];
    // The rows above the shoulders.
    expect(a.pixels.subarray(0, 32 * 25)).toEqual(b.pixels.subarray(0, 32 * 25));
    expect(distance(a, face(5, 0, { nuisance: 0 }))).toBeGreaterThan(5);
  });

  it.each(nuisances)('change with the nuisance %s alone', (name) => {
    const still = { pose: 0, light: 0, expression: 0, occlusion: 0, noise: 0 };
    const changed = Array.from(
      { length: 8 }, (_, i) => distance(face(2, i, { nuisance: still }), face(2, i, { nuisance: { ...still, [name]: 2 } })));
    expect(Math.max(...changed)).toBeGreaterThan(1);
  });

  it('are more alike for one person than for two, and still vary', () => {
    const set = Array.from(
      { length: 12 }, (_, p) => [0, 1, 2].map((i) => face(p, i, { size: 16, nuisance: { light: 0, occlusion: 0 } })));
    const [own, other]: [number[], number[]] = [[], []];
    set.forEach((mine, p) => set.forEach((theirs, q) => {
      for (let i = 0; i < 3; i++) for (let k = 0; k < 3; k++) if (p < q || (p === q && i < k)) (p === q ? own : other)
        .push(distance(mine[i]!, theirs[k]!));
    }));
    const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b) / x.length;
    expect(mean(own)).toBeLessThan(0.75 * mean(other));
    expect(Math.min(...own)).toBeGreaterThan(1);
  });

  it('refuse sizes and strengths that are none', () => {
    expect(() => face(0, 0, { size: 4 })).toThrow(DomainError);
    expect(() => face(0, 0, { nuisance: -1 })).toThrow(DomainError);
    expect(() => face(0, 0, { nuisance: { pose: NaN } })).toThrow(/pose NaN/);
    expect(() => faces({ people: 1.5, images: 1 })).toThrow(DomainError);
    expect(() => face(0, 0, { seed: 0.5 })).toThrow(DomainError);
  });
});
