// Writing whole, with a fault put into every call of the file system in turn; inflating with a limit.

import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import * as fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FormatError, MarginaliaError } from '../../src/base/errors.ts';
import { inflater, makeFolder, readBytes, temporaryPath, writeWhole } from '../../src/base/node.ts';

/** The call that fails next, and at which of its uses. */
const fault = vi.hoisted(() => ({ call: '', left: 0, short: false, noRemoval: false }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const failing = <A extends unknown[], R>(name: string, call: (...args: A) => R) => (...args: A): R => {
    if (name === fault.call && fault.left-- === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    return call(...args);
  };
  return {
    ...real,
    rmSync: failing('rmSync', (...args: Parameters<typeof fs.rmSync>) => (fault.noRemoval ? undefined : real.rmSync(...args))), openSync: failing('openSync', real.openSync), fsyncSync: failing('fsyncSync', real.fsyncSync),
    closeSync: failing('closeSync', real.closeSync), renameSync: failing('renameSync', real.renameSync),
    writeSync: failing('writeSync', (file: number, bytes: Uint8Array, from: number) => real.writeSync(file, bytes, from, fault.short ? Math.min(3, bytes.length - from) : undefined)),
  };
});

let folder = '';
let path = '';
beforeEach(() => {
  Object.assign(fault, { call: '', left: 0, short: false, noRemoval: false });
  folder = fs.mkdtempSync(join(tmpdir(), 'marginalia-'));
  path = join(folder, 'file');
});
afterEach(() => {
  Object.assign(fault, { call: '', noRemoval: false });
  fs.rmSync(folder, { recursive: true });
});
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('makeFolder', () => {
  it('makes what is missing, and leaves what is there', () => {
    const deep = join(folder, 'a', 'b', 'c');
    makeFolder(deep);
    makeFolder(deep);
    expect(fs.statSync(deep).isDirectory()).toBe(true);
  });

  it('names the file that stands where a folder should', () => {
    fs.writeFileSync(path, '');
    expect(() => makeFolder(join(path, 'a', 'b'))).toThrow(`EEXIST: file already exists, mkdir '${path}'`);
  });

  it.skipIf(process.platform !== 'linux')('is refused by /proc, where the one of Node never returns', () => {
    expect(() => makeFolder('/proc/marginalia/a')).toThrow(/ENOENT.*'\/proc\/marginalia'/);
  });
});

describe('writeWhole', () => {
  it('writes all bytes even when the system takes them in small pieces', () => {
    fault.short = true;
    writeWhole(path, bytes('a sentence of some length'));
    expect(fs.readFileSync(path, 'utf8')).toBe('a sentence of some length');
  });

  it.each([['rmSync', 0], ['openSync', 0], ['writeSync', 0], ['writeSync', 2], ['fsyncSync', 0], ['closeSync', 0], ['renameSync', 0]])(
    'keeps the file that was there and leaves nothing behind when %s fails at use %i', (call, left) => {
      writeWhole(path, bytes('before'));
      Object.assign(fault, { call, left, short: true });
      expect(() => writeWhole(path, bytes('afterwards'))).toThrow(MarginaliaError);
      Object.assign(fault, { call, left: 0 });
      expect(() => writeWhole(path, bytes('afterwards'))).toThrow(`${path}: could not be written (ENOSPC: no space left on device)`);
      fault.call = '';
      expect(fs.readFileSync(path, 'utf8')).toBe('before');
      expect(fs.readdirSync(folder)).toEqual(['file']);
      writeWhole(path, bytes('afterwards'));
      expect(fs.readFileSync(path, 'utf8')).toBe('afterwards');
    });

  it('holds the new file when only the folder cannot be synced', () => {
    Object.assign(fault, { call: 'openSync', left: 1 });
    writeWhole(path, bytes('in place'));
    expect(fs.readFileSync(path, 'utf8')).toBe('in place');
  });

  it('says which path was meant when the folder is missing', () => {
    expect(() => writeWhole(join(folder, 'no', 'file'), bytes('x'))).toThrow(/no\/file: could not be written \(ENOENT/);
  });

  it('does not follow a link put in the place of its temporary file', () => {
    fs.writeFileSync(join(folder, 'victim'), 'untouched');
    fs.symlinkSync(join(folder, 'victim'), temporaryPath(path));
    writeWhole(path, bytes('x'));
    expect(fs.readFileSync(join(folder, 'victim'), 'utf8')).toBe('untouched');
    // Nor one put there after the place was cleared.
    fs.symlinkSync(join(folder, 'victim'), temporaryPath(path));
    fault.noRemoval = true;
    expect(() => writeWhole(path, bytes('y'))).toThrow(/EEXIST/);
    expect(fs.readFileSync(join(folder, 'victim'), 'utf8')).toBe('untouched');
  });
});

describe('readBytes', () => {
  it('refuses a file beyond the limit without reading it', () => {
    fs.writeFileSync(path, 'twelve bytes');
    expect(readBytes(path, 12)).toEqual(bytes('twelve bytes'));
    expect(() => readBytes(path, 11)).toThrow(FormatError);
  });
});

describe('inflater', () => {
  const text = bytes('the same words, the same words, the same words');
  // The third column is where the first deflate block begins; block type 3 does not exist.
  it.each([['zlib', deflateSync, 2], ['raw', deflateRawSync, 0], ['gzip', gzipSync, 10]] as const)('reads %s and refuses what is damaged, cut, followed by more, or too large', (format, deflate, begin) => {
    const inflate = inflater(format);
    const packed = new Uint8Array(deflate(text));
    expect(inflate(packed, text.length, 'x')).toEqual(text);
    expect(() => inflate(packed, text.length - 1, 'x')).toThrow(`x: it inflates to more than ${text.length - 1} bytes`);
    expect(() => inflate(packed.subarray(0, -3), 100, 'x')).toThrow(/^x: damaged compressed data/);
    expect(() => inflate(packed.map((byte, i) => (i === begin ? 7 : byte)), 100, 'x')).toThrow(/^x: damaged compressed data/);
    expect(() => inflate(Uint8Array.from([...packed, 1, 2]), 100, 'x')).toThrow(FormatError);
    expect(() => inflate(new Uint8Array(0), 100, 'x')).toThrow(FormatError);
  });
});
