// Checkpoints and settings as somebody may hand them in: what is no checkpoint, or no setting, is refused in a sentence.

import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MarginaliaError } from '../../src/base/errors.ts';
import { encodeSafetensors } from '../../src/export/index.ts';
import {
  checkSettings, decodeCheckpoint, defaultSettings, demandPeople, fingerprint, makeRun, networks, subset,
} from '../../src/train/index.ts';
import { loadData, openFolder, readCheckpoint, readRecord, writeCheckpoint, writeRecord } from '../../src/train/node.ts';
import { bytesOf, tinyFaces, tinySettings } from './samples.ts';

const settings = tinySettings();
const fresh = makeRun(settings, tinyFaces);
const facts = (more: object): Uint8Array => encodeSafetensors([], [['marginalia.train', JSON.stringify({
  version: 1, settings, data: 1, position: { epoch: 0, batch: 0, step: 0 }, tally: { steps: 0, loss: 0, accuracy: 0, support: 0 },
  history: [], ...more,
})]]);

describe('a checkpoint', () => {
  it.each([
    ['a file of other tensors', encodeSafetensors([]), /no checkpoint/],
    ['a newer version', facts({ version: 2 }), /version 2/],
    ['one without a position', facts({ position: { epoch: 0 } }), /where the run was/],
    ['one of half a step', facts({ position: { epoch: 0, batch: 0.5, step: 0 } }), /where the run was/],
    ['one without settings', facts({ settings: null }), /^file: it names no settings/],
    [
      'one whose loss has no options', facts({ settings: { ...settings, lossOptions: null } }),
      /^file: of its settings, lossOptions null/,
    ],
    ['one with a broken history', facts({ history: [{ epoch: 1 }] }), /where the run was/],
    ['one with settings out of range', facts({ settings: { ...settings, rate: -1 } }), /rate -1/],
    ['text that is no JSON', encodeSafetensors([], [['marginalia.train', '{']]), /broken/],
  ])('is not %s', (_, bytes, reason) => {
    expect(() => decodeCheckpoint(bytes, 'file')).toThrow(reason);
    expect(() => decodeCheckpoint(bytes, 'file')).toThrow(MarginaliaError);
  });

  it('is not that of another network', () => {
    const { progressOf } = decodeCheckpoint(bytesOf(fresh, settings), 'file');
    const other = makeRun(tinySettings({ embedding: 3 }), tinyFaces);
    expect(() => progressOf(other.progress().state)).toThrow(/belongs/);
    const fewer = decodeCheckpoint(facts({}), 'file').progressOf;
    expect(() => fewer(other.progress().state)).toThrow(/0 tensors/);
  });
});

describe('a position', () => {
  it('that no run over the data can have is not gone on from', () => {
    const { state, ...progress } = fresh.progress();
    for (const position of [{ epoch: 0, batch: 3, step: 3 }, { epoch: 1, batch: 1, step: 3 }]) {
      expect(() => makeRun(settings, tinyFaces, { ...progress, state, position }, fresh))
        .toThrow(/An epoch of this data has 3 batches/);
    }
  });
});

describe('settings', () => {
  it.each([
    [{ epochs: 0 }, /epochs 0/], [{ batch: 1 }, /batch 1/], [{ seed: 0.5 }, /seed 0.5/], [{ rate: NaN }, /rate NaN/],
    [{ rate: 0 }, /rate 0/],
    [{ warmUp: 2 }, /warmUp 2/], [{ network: 'resnet' }, /resnet/], [{ loss: 'hdc' }, /features\[3\]/],
    [{ loss: 'arcface' }, /arcface/],
    [{ lossOptions: { m: -1 } }, /m = -1/], [{ lossOptions: { reduction: 'sum' } }, /mean over the batch/],
  ])('%j are refused', (given, reason) => {
    expect(() => checkSettings(given)).toThrow(reason);
    expect(() => checkSettings(given)).toThrow(MarginaliaError);
  });

  it('are called in a message as the caller calls them', () => {
    const shout = (name: string): string => name.toUpperCase();
    expect(() => checkSettings({ warmUp: 2 }, shout)).toThrow('WARMUP 2. It is a number from 0 to 1. Use 0.05.');
    expect(() => checkSettings({ optimizer: 'rmsporp' as never }, shout)).toThrow(/^OPTIMIZER 'rmsporp'\. .* perhaps rmsprop\.$/);
    expect(() => demandPeople(5, 0.2, 1))
      .toThrow('heldOut 0.2 of 5 people. At least two are kept to judge by and two are left to train on. Use heldOut 0.3');
  });

  it('are completed by the defaults, and every network they may name is made', () => {
    expect(checkSettings({})).toEqual(defaultSettings);
    for (const make of Object.values(networks)) expect(make({ channels: 1, side: 32, embedding: 2 }).init).toBeTypeOf('function');
  });
});

describe('a folder', () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), 'marginalia-train-'));

  it('keeps a run and forgets what was half written', () => {
    const place = folder();
    expect([readCheckpoint(place), readRecord(place)]).toEqual([undefined, undefined]);
    writeFileSync(join(place, 'checkpoint.safetensors.tmp'), 'half');
    openFolder(place)();
    const source = { data: 'faces', side: 8, people: 5, images: 6, heldOut: 0, seed: 1 };
    writeCheckpoint(place, { settings, data: 7, progress: fresh.progress() });
    writeRecord(place, { settings, source });
    expect(readdirSync(place).sort()).toEqual(['checkpoint.safetensors', 'run.json']);
    expect(readCheckpoint(place)).toMatchObject({ settings, data: 7 });
    expect(readRecord(place)).toEqual({ settings, source });
    const told = [
      [{ side: '8' }, /the side of its data is "8"/], [{ people: -1 }, /people .* -1/], [{ heldOut: 1 }, /heldOut is 1/],
      [{ data: 7 }, /data are 7/],
    ] as const;
    for (const [wrong, reason] of told) {
      writeFileSync(join(place, 'run.json'), JSON.stringify({ settings, source: { ...source, ...wrong } }));
      expect(() => readRecord(place)).toThrow(reason);
    }
    writeFileSync(join(place, 'checkpoint.safetensors'), readFileSync(join(place, 'checkpoint.safetensors')).subarray(0, -7));
    expect(() => readCheckpoint(place))
      .toThrow(/^\S+checkpoint\.safetensors: .*\. A checkpoint is .* Remove it to begin again\.$/);
    writeFileSync(join(place, 'run.json'), '{}');
    expect(() => readRecord(place)).toThrow(/no settings/);
  });

  it('without pictures is refused, and pictures have a fingerprint', () => {
    const source = { side: 8, people: 5, images: 6, heldOut: 0, seed: 1 };
    expect(() => loadData({ ...source, data: folder() })).toThrow(/no data among them/);
    const made = loadData({ ...source, data: 'faces' }).train;
    expect(fingerprint(made)).toBe(fingerprint(tinyFaces));
    expect(fingerprint(subset(made, Int32Array.of(0, 1, 6)))).not.toBe(fingerprint(tinyFaces));
  });
});
