// The classic picture: embeddings of two numbers under six losses side by side. A margin gathers each class, and support
// vectors gather it around what is hard. Give the folder of MNIST's files; without it the classes are eight made-up faces.
//
//   npm run example -- embeddings-2d data/mnist            writes embeddings-2d.svg, a few minutes
//   npm run example -- embeddings-2d --quick               two of them, small

import { writeFileSync } from 'node:fs';
import { circlePlot } from 'marginalia/plot';
import { checkSettings, embed, madeUpFaces, makeRun } from 'marginalia/train';
import { loadData } from 'marginalia/train/node';

const quick = process.argv.includes('--quick');
const folder = process.argv.slice(2).find((word) => !word.startsWith('--'));
const data = folder === undefined ? madeUpFaces(8, quick ? 6 : 60, 1, quick ? 8 : 28)
  : loadData({ data: folder, side: 28, people: 0, images: 0, heldOut: 0, seed: 1 }).train;

/** Margins that a plane has room for: ten classes are 36° apart. */
const losses = [
  ['normface', { s: 16 }],
  ['a-softmax', { s: 16, m: 2, reading: 'psi', lambda: 1 }],
  ['am-softmax', { s: 16, m: 0.2 }],
  ['arc-softmax', { s: 16, m: 0.2 }],
  ['sv-softmax', { s: 16, t: 1.1 }],
  ['sv-am-softmax', { s: 16, m: 0.2, t: 1.1 }],
] as const;

const pictures = (quick ? losses.slice(4) : losses).map(([loss, lossOptions]) => {
  const run = makeRun(checkSettings({
    loss, lossOptions, network: quick ? 'mlp' : 'lenet-small', embedding: 2, epochs: quick ? 1 : 10, batch: quick ? 12 : 64, optimizer: 'adam', rate: 0.003, flip: 0,
  }), data);
  while (!run.isDone()) run.advance();
  const { history, state } = run.progress();
  const { loss: last, accuracy } = history.at(-1)!;
  console.log(`${loss.padEnd(14)} loss ${last.toFixed(3)}  right ${(100 * accuracy).toFixed(1)} %`);
  const { values } = embed(run.model, state, data);
  const some = Array.from(data.labels, (_, n) => n).slice(0, 1500).filter((n) => values[2 * n] !== 0 || values[2 * n + 1] !== 0);
  return circlePlot({
    title: `${loss}: ${(100 * accuracy).toFixed(1)} % right`, size: 360, names: data.classes,
    features: some.flatMap((n) => [values[2 * n]!, values[2 * n + 1]!]), labels: some.map((n) => data.labels[n]!),
    weights: state.params.head['weights']!.data,
  });
});

// Pictures inside a picture: each keeps its own title, description and colours.
const sizes = pictures.map((svg) => /width="([\d.]+)" height="([\d.]+)"/.exec(svg)!.slice(1).map(Number) as [number, number]);
const [width, height] = [Math.max(...sizes.map(([w]) => w)), Math.max(...sizes.map(([, h]) => h))];
const placed = pictures.map((svg, i) => svg.replace('<svg ', `<svg x="${(i % 3) * width}" y="${Math.floor(i / 3) * height}" `));
const out = process.env['OUT'] ?? 'embeddings-2d.svg';
writeFileSync(out, `<svg xmlns="http://www.w3.org/2000/svg" width="${3 * width}" height="${2 * height}" viewBox="0 0 ${3 * width} ${2 * height}">\n${placed.join('')}</svg>\n`);
console.log(`written: ${out}`);
