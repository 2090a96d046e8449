import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autodiff/index.ts';
import { worstError } from '../../src/base/compare.ts';
import type { Tensor } from '../../src/graph/index.ts';
import { catalogue } from '../../src/losses/catalogue.ts';
import { evaluated, inputsOf, sample, show, variants } from '../losses/samples.ts';

const rows = Object.values(catalogue);
const cases = rows.flatMap((row) => variants(row).map((options) => ({ row, options, name: `${row.id} ${show(options)}` })));

describe.each(cases)('$name', ({ row, options }) => {
  it('law: the printed equation and the hand-derived gradient are what the code computes', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const given = sample(seed);
      const inputs = inputsOf(row, given);
      const text = evaluated(row, given, options);
      const { value: losses } = { value: row.create({ ...options, reduction: 'none' })(...inputs) };
      expect(worstError(losses.data, text.losses)).toMatchObject({ error: expect.toSatisfy((e: number) => e < 1e-11) });
      const { gradient } = valueAndGrad(row.create({ ...options, reduction: 'sum' }), { wrt: text.by })(...inputs);
      expect(worstError((gradient as Tensor).data, text.right).error).toBeLessThan(1e-10);
      expect(worstError(text.left, text.right).error).toBeLessThan(1e-10);
    }
  });
});
