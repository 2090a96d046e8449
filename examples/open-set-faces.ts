// Faces of people nobody trained on: the same network under the plain softmax over cosines and under SV-AM-Softmax, judged
// by pairs of pictures of other people. What it trains on and what it is judged by are made up, so it needs no data.
//
//   npm run example -- open-set-faces            writes open-set-faces.svg, about a minute
//   npm run example -- open-set-faces --quick

import { writeFileSync } from 'node:fs';
import { allPairCosines, rocCurve } from 'marginalia/metrics';
import { rocPlot } from 'marginalia/plot';
import { checkSettings, embed, holdOut, judge, madeUpFaces, makeRun } from 'marginalia/train';

const quick = process.argv.includes('--quick');
const { train, test } = holdOut(madeUpFaces(quick ? 8 : 120, quick ? 6 : 12, 1, quick ? 12 : 32), 0.25, 1);

const curves = [['normface', { s: 16 }], ['sv-am-softmax', { s: 16, m: 0.2, t: 1.1 }]].map(([loss, lossOptions]) => {
  const run = makeRun(checkSettings({
    loss: loss as string, lossOptions: lossOptions as Record<string, number>, network: quick ? 'mlp' : 'residual-faces',
    embedding: quick ? 8 : 64, epochs: quick ? 3 : 8, batch: quick ? 12 : 64,
  }), train);
  while (!run.isDone()) run.advance();
  const measures = Object.entries(judge(run.model, run.progress().state, test!, false));
  console.log(`${String(loss).padEnd(14)} ${measures.map(([name, value]) => `${name} ${(100 * value).toFixed(2)} %`).join('   ')}`);
  const { genuine, impostor } = allPairCosines(embed(run.model, run.progress().state, test!), test!.labels);
  const { far, tar } = rocCurve(genuine, impostor);
  return { name: loss as string, far, tar };
});

const out = process.env['OUT'] ?? 'open-set-faces.svg';
writeFileSync(out, rocPlot(curves, { title: `${test!.classes.length} people nobody trained on` }));
console.log(`written: ${out}`);
