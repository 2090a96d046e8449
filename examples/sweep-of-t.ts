// The paper's figure 6 in small: how hard support vectors should be pushed. SV-AM-Softmax at t = 1, which is AM-Softmax, to
// t = 1.3, on made-up people nobody trained on, with one standard error over seeds.
//
//   npm run example -- sweep-of-t            writes sweep-of-t.svg, a few minutes
//   npm run example -- sweep-of-t --quick

import { writeFileSync } from 'node:fs';
import { figure6 } from 'marginalia/plot';
import { dataOf, defaultSettings, estimate, madeUpFaces, measure, type Protocol, type Run, runOf } from 'marginalia/train';

const quick = process.argv.includes('--quick');
const people = quick ? madeUpFaces(12, 6, 1, 12) : madeUpFaces(120, 12, 1, 32);
const { loss: _, lossOptions: __, seed: ___, ...shared } = defaultSettings;
const protocol: Protocol = {
  heldOut: 0.4, settings: { ...shared, ...(quick ? { network: 'mlp', embedding: 8, epochs: 2, batch: 12 } : { epochs: 8 }) },
};

const points = (quick ? [1, 1.2] : [1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3]).map((t) => {
  // The seeds of one t run one program.
  let program: Run | undefined;
  const measures = (quick ? [1, 2] : [1, 2, 3]).map((seed) => {
    const cell = { loss: 'sv-am-softmax', choice: { lossOptions: { s: 16, m: 0.2, t } }, kind: 'test', seed } as const;
    const { train, test } = dataOf(protocol, cell, people);
    const run = runOf(protocol, cell, train, program);
    program = run;
    while (!run.isDone()) run.advance();
    return measure(run, test).measures;
  });
  const [pairs, rank1] = [estimate(measures.map((m) => m.pairs!)), estimate(measures.map((m) => m['rank-1']!))];
  const text = ({ mean, standardError }: typeof pairs): string => `${(100 * mean).toFixed(2)} ± ${(100 * standardError!).toFixed(2)} %`;
  console.log(`t ${t.toFixed(2)}   pairs ${text(pairs)}   rank-1 ${text(rank1)}`);
  return {
    t, verification: pairs.mean, verificationError: pairs.standardError!, identification: rank1.mean, identificationError: rank1.standardError!,
  };
});

const out = process.env['OUT'] ?? 'sweep-of-t.svg';
writeFileSync(out, figure6(points, { title: 'The hardness t of support vectors', verification: 'pairs', identification: 'rank-1' }));
console.log(`written: ${out}`);
