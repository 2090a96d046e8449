// A run small enough for a test: a few made-up people at 8 × 8 pixels and a network of one hidden layer.

import { checkSettings, encodeCheckpoint, madeUpFaces, type Run, type TrainSettings } from '../../src/train/index.ts';

export const tinyFaces = madeUpFaces(5, 6, 1, 8);

export const tinySettings = (given: Partial<TrainSettings> = {}): TrainSettings =>
  checkSettings({ loss: 'normface', network: 'mlp', embedding: 4, epochs: 2, batch: 10, rate: 0.02, ...given });

/** Everything a run holds, as bytes: equal bytes are equal runs. */
export const bytesOf = (run: Run, settings: TrainSettings): Uint8Array =>
  encodeCheckpoint({ settings, data: 0, progress: run.progress() });

export function finish(run: Run): Run {
  while (!run.isDone()) run.advance();
  return run;
}
