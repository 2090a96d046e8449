// A run is a function of its settings and its data: stopped and continued, or beside another one, it gives the same bits.

import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { closedSetAccuracy } from '../../src/metrics/index.ts';
import {
  decodeCheckpoint, DivergenceError, embed, holdOut, judge, makeRun, programOf, type Run, type TrainSettings,
} from '../../src/train/index.ts';
import { bytesOf, finish, tinyFaces, tinySettings } from './samples.ts';

/** Bytes that are still in use after collections: what is held weakly, and what it holds, goes one turn after another. */
async function usedBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 4; turn++) {
    await setImmediate();
    collect();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Most runs here are of one program: what differs between them are its arguments. */
const program = programOf(tinySettings(), tinyFaces);
const tinyRun = (given: Partial<TrainSettings> = {}): Run => makeRun(tinySettings(given), tinyFaces, undefined, program);

describe('a run', () => {
  it('learns, and says what it did in every epoch', () => {
    const run = tinyRun({ epochs: 20 });
    const losses: number[] = [];
    while (!run.isDone()) losses.push(run.advance().loss);
    const { history, position } = run.progress();
    expect(history.map(({ loss }) => loss))
      .toEqual(Array.from({ length: 20 }, (_, i) => losses.slice(3 * i, 3 * i + 3).reduce((a, b) => a + b, 0) / 3));
    expect(history.map(({ epoch, step }) => [epoch, step])).toEqual(Array.from({ length: 20 }, (_, i) => [i + 1, 3 * (i + 1)]));
    expect(position).toEqual({ epoch: 20, batch: 0, step: 60 });
    expect(history.at(-1)!.loss).toBeLessThan(0.7 * history[0]!.loss);
    expect(history.at(-1)!.accuracy).toBeGreaterThan(history[0]!.accuracy);
    expect(history.at(-1)!.support).toBeLessThan(history[0]!.support);
    // The last step is all but without a rate: the schedule has run down.
    expect(history.at(-1)!.rate).toBeLessThan(0.01);
  });

  it('continues from a checkpoint bit for bit', () => {
    const settings = tinySettings({ loss: 'center' });
    const whole = makeRun(settings, tinyFaces);
    const centres = whole.progress().state.memory.head['centers']!.toArray();
    const parts: Uint8Array[] = [];
    while (!whole.isDone()) {
      whole.advance();
      parts.push(bytesOf(whole, settings));
    }
    const part = decodeCheckpoint(parts[Math.floor(parts.length / 2)]!, 'part');
    expect(part.settings).toEqual(settings);
    const again = finish(makeRun(
      part.settings, tinyFaces, part.progressOf(makeRun(settings, tinyFaces, undefined, whole).progress().state), whole
    ));
    expect(bytesOf(again, settings)).toEqual(parts.at(-1));
    // The centres of center loss moved by the rule of its paper and were left to no optimiser.
    expect(Object.keys(again.progress().state.params.head)).toEqual(['weights']);
    expect(again.progress().state.memory.head['centers']!.toArray()).not.toEqual(centres);
  });

  it('beside another one gives the bits it gives alone', () => {
    const [one, two] = [
      tinySettings({ epochs: 1 }), tinySettings({ epochs: 1, loss: 'arc-softmax', seed: 2, optimizer: 'adam', rate: 1e-3 }),
    ];
    const runs = [tinyRun({ epochs: 1 }), makeRun(two, tinyFaces)] as const;
    const alone = [one, two].map((settings, i) => bytesOf(finish(runs[i]!), settings));
    const [a, b] = [makeRun(one, tinyFaces, undefined, runs[0]), makeRun(two, tinyFaces, undefined, runs[1])];
    while (!a.isDone() || !b.isDone()) for (const run of [a, b]) if (!run.isDone()) run.advance();
    expect([bytesOf(a, one), bytesOf(b, two)]).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
  });

  it('of another seed is another run, also of one program', () => {
    const two = tinySettings({ epochs: 1, seed: 2 });
    const [first, second] = [tinyRun({ epochs: 1 }), tinyRun({ epochs: 1, seed: 2 })];
    while (!first.isDone()) for (const run of [first, second]) run.advance();
    expect(bytesOf(second, two)).toEqual(bytesOf(finish(makeRun(two, tinyFaces)), two));
    expect(second.progress().tally).toEqual(first.progress().tally);
    expect(second.progress().history[0]!.loss).not.toBe(first.progress().history[0]!.loss);
  });

  it('of many steps leaves memory flat', async () => {
    const epochs = process.env['RUNS'] === undefined ? 6 : 670;
    const run = tinyRun({ batch: 2, epochs });
    const { steps } = run;
    expect(steps).toBe(15 * epochs);
    const used: number[] = [];
    for (let step = 1; step <= steps; step++) {
      run.advance();
      // As the command does: a turn for every step.
      await setImmediate();
      if (step === Math.floor(steps / 10) || step === steps) used.push(await usedBytes());
    }
    // 64 KB per 1,000 steps, the history among them; a short run is not long enough to tell growth from warming up.
    expect(used[1]! - used[0]!).toBeLessThan(65536 * Math.max(10, (0.9 * steps) / 1000));
  });
});

describe('a step that would spoil the state', () => {
  const reasonOf = (act: () => void): string => {
    try {
      act();
    } catch (error) {
      if (error instanceof DivergenceError) return error.message;
      throw error;
    }
    return 'nothing was wrong';
  };

  it('is not done, and the first number that is not finite is named', () => {
    const settings = tinySettings({ rate: 1e30, warmUp: 0, schedule: 'constant' });
    const run = tinyRun(settings);
    run.advance();
    const before = bytesOf(run, settings);
    const reason = reasonOf(() => run.advance());
    expect(reason).toMatch(/^step 2 was not done, .* The first is contract in network\/layers\/1\/2 \(%\d+\): -?Infinity at position \d+ of \[10, 4\]\. Lower the learning rate \(it was 1e\+30\)/);
    expect(bytesOf(run, settings)).toEqual(before);
  });

  it('names the update where the gradient is finite and the weights would not be', () => {
    const reason = reasonOf(() => tinyRun({ rate: 1e38, warmUp: 0 }).advance());
    expect(reason).toMatch(/^step 1 .* mul in update \(%\d+\): -?Infinity .*, from 1e\+38, /);
  });

  it('names what is computed, and not an infinity that the program writes down itself', () => {
    // As a Float32 number the scale is infinite, as the filling of a mask is on purpose.
    const run = makeRun(tinySettings({ lossOptions: { s: 1e39 }, warmUp: 0 }), tinyFaces);
    expect(reasonOf(() => finish(run))).toMatch(/^step 1 .* The first is mul 'z' in loss/);
  });

  it('names the images where these are at fault', () => {
    const images = { ...tinyFaces.images, values: tinyFaces.images.values.map((x, i) => (i === 7 ? NaN : x)) };
    const run = makeRun(tinySettings({ flip: 0, shift: 0 }), { ...tinyFaces, images }, undefined, program);
    expect(reasonOf(() => finish(run)))
      .toMatch(/The first is the images: NaN at position \d+ of \[10, 1, 8, 8\]\. Look at the images/);
  });
});

describe('a judgement', () => {
  it('of digits is the share of images nearest to their own class', () => {
    const { model, progress } = finish(tinyRun());
    const { state } = progress();
    const weights = state.params.head['weights']!.toArray() as number[][];
    const { values, dims } = embed(model, state, tinyFaces);
    const scores = Array.from(tinyFaces.labels, (_, n) => weights.map((w) =>
      w.reduce((sum, x, d) => sum + x * values[n * dims + d]!, 0) / Math.hypot(...w)));
    const accuracy = { accuracy: closedSetAccuracy(scores.flat(), 5, tinyFaces.labels) };
    expect(judge(model, state, tinyFaces, true)).toEqual(accuracy);
    // Embeddings that are there are not made again.
    const never = { ...model, embed: () => { throw new Error('embedded again'); } };
    expect(judge(never, state, tinyFaces, true, { values, dims })).toEqual(accuracy);
  });

  it('of other people leaves out the rates that the pairs cannot tell', () => {
    const { train, test } = holdOut(tinyFaces, 0.4, 1);
    expect([train.classes.length, test!.classes.length, new Set([...train.classes, ...test!.classes]).size]).toEqual([3, 2, 5]);
    const run = makeRun(tinySettings(), train);
    expect(Object.keys(judge(run.model, run.progress().state, test!, false))).toEqual(['AUC', 'EER']);
  });
});
