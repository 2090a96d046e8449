// A run as version 1 of the format left it: later versions read it for ever, number for number, and go on with it.
// `UPDATE=1` writes the files anew; that is for a new version, beside the old one, and never instead of it.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flatten } from '../../src/base/tree.ts';
import { faces } from '../../src/data/index.ts';
import { isTensor } from '../../src/graph/index.ts';
import { fingerprint, makeRun, prepare, type TrainState } from '../../src/train/index.ts';
import { openFolder, readCheckpoint, readRecord, writeCheckpoint, writeRecord } from '../../src/train/node.ts';
import { root } from '../source.ts';
import { tinySettings } from './samples.ts';

const folder = join(root, 'test/golden/checkpoint-1');
const source = { data: 'pictures', side: 4, people: 4, images: 4, heldOut: 0, seed: 1 };
/** Drawn at 8 × 8 and brought to 4 × 4, so that the file is small. */
const data = prepare(faces({ people: 4, images: 4, seed: 1, size: 8 }), 4);
/** Every kind of state there is: moments, running statistics, centres that move by their paper's rule. */
const settings = tinySettings({ loss: 'center', embedding: 2, epochs: 2, batch: 8, optimizer: 'adam', rate: 0.003 });

if (process.env['UPDATE'] === '1') {
  const run = makeRun(settings, data);
  for (let step = 0; step < 3; step++) run.advance();
  openFolder(folder)();
  writeCheckpoint(folder, { settings, data: fingerprint(data), progress: run.progress() });
  writeRecord(folder, { settings, source, state: 'running', position: run.progress().position });
}

/** A checksum of all numbers, under their paths, in the order of these. */
function checksum(state: TrainState): string {
  const { leaves, paths } = flatten(state, isTensor);
  const hash = createHash('sha256');
  for (const path of [...paths].sort()) {
    const x = leaves[paths.indexOf(path)]!;
    hash.update(`${path} ${x.dtype} ${x.shape.join()}\n`).update(new Uint8Array(x.data.slice().buffer));
  }
  return hash.digest('hex');
}

describe('a run that version 1 left', () => {
  const begun = makeRun(settings, data);
  const { progressOf, ...facts } = readCheckpoint(folder)!;
  const progress = progressOf(begun.progress().state);

  it('is read number for number', () => {
    expect(readRecord(folder)).toEqual({ settings, source });
    expect(facts).toEqual({ settings, data: 914598772 });
    expect(checksum(progress.state)).toBe('174255d22a1e8b9aacc9dce9b368e23378db90fdbcc615aa295ec1e9208d1a10');
    expect(progress)
      .toMatchObject({ position: { epoch: 1, batch: 1, step: 3 }, tally: { steps: 1 }, history: [{ epoch: 1, step: 2 }] });
  });

  it('goes on', () => {
    const run = makeRun(settings, data, progress, begun);
    const { position, finished } = run.advance();
    expect([position, run.isDone()]).toEqual([{ epoch: 2, batch: 0, step: 4 }, true]);
    expect(finished!.loss).toBeGreaterThan(0);
  });
});
