// Which settings a loss may choose from before it is compared: exactly four for every loss, so that none is tuned harder
// than another. A scale is chosen with the parameter the loss is about; the classical softmax, which has neither, chooses
// its learning rate.

import { demandMade } from '../base/demand.ts';
import { lossRow } from '../losses/index.ts';
import type { TrainSettings } from './settings.ts';

/** What a setting changes. */
export type Choice = Pick<Partial<TrainSettings>, 'rate'> & Pick<TrainSettings, 'lossOptions'>;

type Options = TrainSettings['lossOptions'];

/** Smaller than the papers' 30 and 64, which belong to long training: in a short one a large scale stops at those trained on. */
const scales = [8, 16] as const;

const ofBoth = (...others: readonly Options[]): Choice[] =>
  scales.flatMap((s) => others.map((options) => ({ lossOptions: { s, ...options } })));

const grids: Readonly<Record<string, readonly Choice[]>> = {
  normface: [4, 8, 16, 32].map((s) => ({ lossOptions: { s } })),
  'hm-softmax': ofBoth({ saveRate: 0.9 }, { saveRate: 0.7 }),
  'f-softmax': ofBoth({ gamma: 1 }, { gamma: 2 }),
  'a-softmax': ofBoth({ reading: 'psi', m: 2, lambda: 1 }, { reading: 'psi', m: 4, lambda: 5 }),
  'am-softmax': ofBoth({ m: 0.2 }, { m: 0.35 }),
  'arc-softmax': ofBoth({ m: 0.3 }, { m: 0.5 }),
  'hm-am-softmax': ofBoth({ m: 0.2 }, { m: 0.35 }),
  'f-arc-softmax': ofBoth({ m: 0.3 }, { m: 0.5 }),
  'sv-softmax': ofBoth({ t: 1.1 }, { t: 1.2 }),
  'sv-am-softmax': ofBoth({ m: 0.2, t: 1.1 }, { m: 0.35, t: 1.2 }),
  'sv-arc-softmax': ofBoth({ m: 0.3, t: 1.1 }, { m: 0.5, t: 1.2 }),
};

const rates: readonly number[] = [0.02, 0.05, 0.1, 0.2];

/**
 * The four settings of a loss.
 *
 * Edges     a loss without a grid of its own chooses its scale where it has one, and its learning rate otherwise
 * Throws    DomainError for an unknown loss
 */
export function gridOf(id: string): readonly Choice[] {
  const { parameters } = lossRow(id);
  if (Object.hasOwn(grids, id)) return grids[id]!;
  return Object.hasOwn(parameters, 's') ? grids['normface']! : rates.map((rate) => ({ lossOptions: {}, rate }));
}

/** A choice in words: `s 30, m 0.35`. */
export function choiceText(choice: Choice): string {
  demandMade(choice, ['lossOptions'], 'choiceText', 'a choice of gridOf');
  const { lossOptions, rate } = choice;
  const parts = Object.entries(lossOptions).map(([name, value]) =>
    (typeof value === 'string' ? value : `${name} ${String(value)}`));
  return [...parts, ...(rate === undefined ? [] : [`rate ${rate}`])].join(', ');
}
