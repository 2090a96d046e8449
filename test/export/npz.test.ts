// npz against zips made by hand: stored and deflated members are read, every disagreement inside a zip is refused.

import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/base/compression.ts';
import { DomainError, FormatError } from '../../src/base/errors.ts';
import { inflater } from '../../src/base/node.ts';
import { decodeNpz, encodeNpy, encodeNpz } from '../../src/export/index.ts';
import { tensor } from '../../src/graph/index.ts';
import { feedMutants } from '../mutants.ts';
import { anyTensors, expectSameBits, hard, runs } from './samples.ts';

const inflate = inflater('raw');
const decode = (bytes: Uint8Array, maxBytes?: number) => decodeNpz(bytes, 'x.npz', { inflate, ...(maxBytes !== undefined && { maxBytes }) });

interface Part {
  name?: string;
  localName?: string;
  data?: Uint8Array;
  method?: number;
  localMethod?: number;
  size?: number;
  crc?: number;
  flags?: number;
  offset?: number;
  localExtra?: number;
}
const numbers = encodeNpy(tensor([1, 2, 3]));

/** A zip whose every field can be told to lie. */
function zip(parts: readonly Part[], { count = parts.length, comment = '', directoryShift = 0, disk = 0 } = {}): Uint8Array {
  const chunks: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name = 'a.npy', localName = name, data = numbers, method = 0, localMethod = method, size = data.length, crc = crc32(data), flags = 0, offset: at = offset, localExtra = 0 } of parts) {
    const packed = method === 8 ? deflateRawSync(data) : Buffer.from(data);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(localMethod, 8);
    local.writeUInt16LE(Buffer.byteLength(localName), 26);
    local.writeUInt16LE(localExtra, 28);
    chunks.push(local, Buffer.from(localName), Buffer.alloc(localExtra), packed);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(flags, 8);
    record.writeUInt16LE(method, 10);
    record.writeUInt32LE(crc, 16);
    record.writeUInt32LE(packed.length, 20);
    record.writeUInt32LE(size, 24);
    record.writeUInt16LE(Buffer.byteLength(name), 28);
    record.writeUInt32LE(at, 42);
    central.push(record, Buffer.from(name));
    offset += 30 + Buffer.byteLength(localName) + localExtra + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(disk, 4);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset + directoryShift, 16);
  end.writeUInt16LE(comment.length, 20);
  return new Uint8Array(Buffer.concat([...chunks, directory, end, Buffer.from(comment)]));
}

/** numpy.savez_compressed of NumPy 2.4.6: x = [[1.5, −2], [∞, −0]] and y = arange(3), which is int64. */
const fromNumpy = Buffer.from(
  'UEsDBC0AAAAIAAAAIQD6wJul//////////8FABQAeC5ucHkBABAAoAAAAAAAAABVAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6' +
  'Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CkaaOgq1CmQDLgYw+GEPoRkOQKgP9VB+AwBQSwMELQAAAAgAAAAhAPdAEur/////////' +
  '/wUAFAB5Lm5weQEAEACYAAAAAAAAAEwAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJB' +
  'akAvkaxjqaOgq1ChQALgYoYITSTFAaAFBLAQItAy0AAAAIAAAAIQD6wJulVQAAAKAAAAAFAAAAAAAAAAAAAACAAQAAAAB4Lm5weVBLAQItAy0A' +
  'AAAIAAAAIQD3QBLqTAAAAJgAAAAFAAAAAAAAAAAAAACAAYwAAAB5Lm5weVBLBQYAAAAAAgACAGYAAAAPAQAAAAA=', 'base64');

describe('decodeNpz', () => {
  it('reads what NumPy wrote, its zip64 local headers included', () => {
    const arrays = decode(new Uint8Array(fromNumpy));
    expect([...arrays].map(([name, x]) => [name, x.dtype, x.toArray()])).toEqual([['x', 'f64', [[1.5, -2], [Infinity, -0]]], ['y', 'i32', [0, 1, 2]]]);
  });

  it('reads stored and deflated members, extra fields and a comment', () => {
    const arrays = decode(zip([{ name: 'a.npy' }, { name: '__proto__.npy', method: 8, localExtra: 20 }], { comment: 'hello' }));
    expect([...arrays].map(([name, x]) => [name, x.toArray()])).toEqual([['a', [1, 2, 3]], ['__proto__', [1, 2, 3]]]);
    expect(decode(zip([])).size).toBe(0);
  });

  it.each([
    ['an empty file', new Uint8Array(0), /no end record/],
    ['a zip cut short', zip([{}]).subarray(0, -1), /no end record/],
    ['a zip with something in front', Uint8Array.from([0, ...zip([{}])]), /directory does not end/],
    ['a directory elsewhere', zip([{}], { directoryShift: 4 }), /directory does not end/],
    ['several disks', zip([{}], { disk: 1 }), /several disks/],
    ['more members than entries', zip([{}], { count: 2 }), /broken at member 1/],
    ['fewer members than entries', zip([{}, { name: 'b.npy' }], { count: 1 }), /beyond its 1 members/],
    ['an encrypted member', zip([{ flags: 1 }]), /encrypted/],
    ['another method', zip([{ method: 12 }]), /method 12/],
    ['a wrong checksum', zip([{ crc: 1 }]), /checksum/],
    ['a wrong size', zip([{ size: 9 }]), /holds 140 bytes and claims 9/],
    ['a deflated member larger than it claims', zip([{ method: 8, size: 9 }]), /inflates to more than 9 bytes/],
    ['a deflated member smaller than it claims', zip([{ method: 8, size: 150 }]), /holds 140 bytes and claims 150/],
    ['a claim deflate cannot keep', zip([{ method: 8, size: 2 ** 29 }]), /more than deflate can pack/],
    ['a damaged deflate stream', zip([{ method: 8 }]).map((byte, i) => (i === 35 ? 7 : byte)), /damaged compressed data/],
    ['a name given twice', zip([{}, {}]), /twice/],
    ['two members in one place', zip([{}, { name: 'b.npy', offset: 0 }]), /overlaps/],
    ['a local header of another name', zip([{ localName: 'b.npy' }]), /no local header/],
    ['a local header of another method', zip([{ localMethod: 8 }]), /no local header/],
    ['an offset beyond the end', zip([{ offset: 9999 }]), /no local header/],
    ['a member that is no npy file', zip([{ name: 'readme.txt' }]), /no npy file/],
    ['a member with a damaged array', zip([{ data: numbers.subarray(0, 20) }]), /member a\.npy: it ends inside its header/],
    ['members beyond the limit', zip([{ size: 2 ** 31 }]), /is the limit/],
  ])('refuses %s', (_, bytes, fault) => {
    expect(() => decode(bytes)).toThrow(FormatError);
    expect(() => decode(bytes)).toThrow(/^x\.npz[:,] /);
    expect(() => decode(bytes)).toThrow(fault);
  });

  it('counts all members against the limit, and says when it cannot inflate', () => {
    expect(() => decode(zip([{}, { name: 'b.npy' }]), 279)).toThrow(/claim 280 bytes; 279 is the limit/);
    expect(decode(zip([{}, { name: 'b.npy' }]), 280).size).toBe(2);
    expect(() => decodeNpz(zip([{ method: 8 }]), 'x.npz')).toThrow(/no inflate function/);
  });

  it('answers mutants with a value or a FormatError', () => {
    expect(feedMutants(zip([{}, { name: 'b.npy', method: 8 }]), (bytes, name) => decodeNpz(bytes, name, { inflate }))).toBeGreaterThan(500);
  });
});

describe('encodeNpz', () => {
  it('law: what is written is read back bit for bit', () => {
    fc.assert(fc.property(anyTensors, (tensors) => {
      const back = decode(encodeNpz(tensors));
      expect([...back.keys()]).toEqual(tensors.map(([name]) => name));
      for (const [name, x] of tensors) expectSameBits(back.get(name), x);
    }), runs);
    const back = decode(encodeNpz(Object.entries(hard)));
    for (const [name, x] of Object.entries(hard)) expectSameBits(back.get(name), x);
  });

  it('refuses a name given twice', () => {
    expect(() => encodeNpz([['a', tensor(1)], ['a', tensor(2)]])).toThrow(DomainError);
  });
});
