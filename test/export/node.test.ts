// Files on disk: round trips in a folder of their own.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { discardTemporary, readNpy, readNpz, readSafetensors, temporaryPath, writeNpy, writeNpz, writeSafetensors } from '../../src/export/node.ts';
import { expectSameBits, hard } from './samples.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'marginalia-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('files', () => {
  it('are read back bit for bit, and nothing else stays in the folder', () => {
    writeSafetensors(join(folder, 'a.safetensors'), Object.entries(hard), [['step', '7']]);
    writeNpy(join(folder, 'a.npy'), hard.f64);
    writeNpz(join(folder, 'a.npz'), Object.entries(hard));
    const { tensors, metadata } = readSafetensors(join(folder, 'a.safetensors'));
    for (const [name, x] of Object.entries(hard)) {
      expectSameBits(tensors.get(name), x);
      expectSameBits(readNpz(join(folder, 'a.npz')).get(name), x);
    }
    expect(metadata.get('step')).toBe('7');
    expectSameBits(readNpy(join(folder, 'a.npy')), hard.f64);
    expect(readdirSync(folder).sort()).toEqual(['a.npy', 'a.npz', 'a.safetensors']);
  });

  it('name the file and the fault when they are bad or too large', () => {
    const path = join(folder, 'bad.npy');
    writeFileSync(path, 'nothing of the kind');
    expect(() => readNpy(path)).toThrow(FormatError);
    expect(() => readNpy(path)).toThrow(`${path}: it does not begin as an npy file`);
    expect(() => readNpy(path, { maxBytes: 10 })).toThrow(`${path}: 19 bytes. At most 10 bytes are read`);
    expect(() => readSafetensors(join(folder, 'missing'))).toThrow(/ENOENT.*missing/);
  });

  it('a temporary file left by a killed writer is replaced by the next write, or discarded on request', () => {
    const path = join(folder, 'a.npy');
    writeFileSync(temporaryPath(path), 'half a file');
    writeNpy(path, hard.i32);
    expect(readdirSync(folder)).toEqual(['a.npy']);
    writeFileSync(temporaryPath(path), 'half a file');
    discardTemporary(path);
    expect(existsSync(temporaryPath(path))).toBe(false);
    expectSameBits(readNpy(path), hard.i32);
  });
});
