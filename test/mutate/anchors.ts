// Numbers that come from elsewhere: the verified cases of test/golden, and the losses that a row with neutral
// parameters must equal bit for bit.

import { tensor } from '../../src/graph/index.ts';
import { lossRow } from '../../src/losses/catalogue.ts';
import type { LossOptions, Row } from '../../src/losses/row.ts';
import { cases } from '../golden/cases.ts';
import { inputsOf, sample } from '../losses/samples.ts';
import { type Anchor, bitsOf } from './rows.ts';

/** What each verified case is called here. */
const goldens: Readonly<Record<string, readonly [string, LossOptions]>> = {
  softmax_s8: ['normface', { s: 8 }],
  focal_s8: ['f-softmax', { s: 8 }],
  hm_s8: ['hm-softmax', { s: 8, saveRate: 0.7, hardReduction: 'kept' }],
  hm_literal_s8: ['hm-softmax', { s: 8, saveRate: 0.7 }],
  a_literal_s8: ['a-softmax', { s: 8 }],
  a_psi_s8: ['a-softmax', { s: 8, reading: 'psi' }],
  am_s8: ['am-softmax', { s: 8 }],
  arc_s8: ['arc-softmax', { s: 8 }],
  naive_focal_am_s8: ['f-am-softmax', { s: 8, probability: 'margin' }],
  naive_focal_am_plainp_s8: ['f-am-softmax', { s: 8 }],
  naive_hm_arc_s8: ['hm-arc-softmax', { s: 8, saveRate: 0.7, hardReduction: 'kept' }],
  sv_s8: ['sv-softmax', { s: 8 }],
  sv_a_literal_s8: ['sv-a-softmax', { s: 8 }],
  sv_a_psi_s8: ['sv-a-softmax', { s: 8, reading: 'psi' }],
  sv_am_s8: ['sv-am-softmax', { s: 8 }],
  sv_arc_s8: ['sv-arc-softmax', { s: 8 }],
  mv_am_adaptive_ref: ['mv-am-softmax', { targetRule: 'easy0' }],
  mv_am_fixed: ['mv-am-softmax', { mode: 'fixed' }],
  sv_am_tiandunx: ['sv-am-softmax', { s: 32, t: 1.12, targetRule: 'easyMargin' }],
  curricular: ['curricular', { s: 32, t: 0.3 }],
  tie_sv: ['sv-softmax', {}],
  sv_t1_equals_softmax: ['sv-softmax', { t: 1 }],
  arc_beyond_pi_paper: ['arc-softmax', {}],
  arc_beyond_pi_fallback: ['arc-softmax', { targetRule: 'fallback' }],
  sv_all_negatives_support: ['sv-softmax', {}],
  big_scale_stable: ['sv-softmax', { s: 64, t: 1.4 }],
};

const named = (options: LossOptions): string => JSON.stringify(Object.entries(options).filter(([, value]) => typeof value !== 'number').sort());

/** The verified cases of a row with these named choices, at the default form. */
export function goldensOf(row: Row, options: LossOptions): Anchor[] {
  if (Object.values(options).some((value) => typeof value === 'number')) return [];
  return cases.flatMap((golden) => {
    const [id, own] = goldens[golden.id]!;
    if (id !== row.id || named(own) !== named(options)) return [];
    const inputs = [tensor(golden.x, { dtype: 'f64' }), tensor(golden.W, { dtype: 'f64' }), tensor(golden.labels, { dtype: 'i32' })];
    return [{ name: golden.id, options: { ...options, ...own }, inputs, value: golden.loss, slopes: [golden.grad_x.flat(), golden.grad_W.flat()] }];
  });
}

const neutral: Readonly<Record<string, LossOptions>> = { sv: { t: 1 }, mv: { t: 0, s: 30 }, f: { gamma: 0 }, hm: { saveRate: 1 } };

/** The loss a row is with a neutral parameter, at one seeded point. */
export function neutralOf(row: Row, options: LossOptions): Anchor[] {
  if (Object.values(options).some((value) => typeof value === 'number')) return [];
  const prefix = /^(sv|mv|f|hm)-/.exec(row.id)?.[1];
  const plain = row.id === 'am-softmax';
  if (prefix === undefined && !plain) return [];
  const rest = plain ? 'softmax' : row.id.slice(prefix!.length + 1);
  const base = lossRow(rest === 'softmax' ? 'normface' : rest === 'combined' ? 'combined-margin' : rest);
  const own = { ...options, ...(plain ? { m: 0 } : neutral[prefix!]) };
  const shared = Object.fromEntries(Object.entries(own).filter(([name]) => name in base.parameters));
  if (options['gradient'] === 'straightThrough' && plain) return [];
  const inputs = inputsOf(row, sample(9));
  return [{ name: `neutral: ${base.id}`, options: own, inputs, ...bitsOf(base, shared, inputs), exact: true }];
}
