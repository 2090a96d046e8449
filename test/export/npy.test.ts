// npy against bytes as NumPy writes them, written out by hand.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { decodeNpy, encodeNpy } from '../../src/export/index.ts';
import { tensor } from '../../src/graph/index.ts';
import { feedMutants } from '../mutants.ts';
import { anyTensor, bytesOf, expectSameBits, hard, runs } from './samples.ts';

function file(header: string, data: readonly number[], { version = 1, magic = '\x93NUMPY' } = {}): Uint8Array {
  const ascii = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));
  const length = version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.from([...ascii(magic), version, 0, ...length, ...ascii(header), ...data]);
}
const head = (descr: string, shape: string, fortran = 'False'): string => `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
const decode = (bytes: Uint8Array) => decodeNpy(bytes, 'x.npy');

describe('decodeNpy', () => {
  it('reads versions 1, 2 and 3, keys in any order, either quotes, spaces and the L of Python 2', () => {
    const one = [0, 0, 128, 63];
    for (const version of [1, 2, 3]) expect(decode(file(head("'<f4'", '(1,)'), one, { version })).toArray()).toEqual([1]);
    expect(decode(file(`{"shape":(1L, 1) , 'descr':"<f4", 'fortran_order':False}`, one)).toArray()).toEqual([[1]]);
    expect(decode(file(head("'<f4'", '()'), one)).toArray()).toBe(1);
    expect(decode(file(head("'<f4'", '(0, 3)'), [])).shape).toEqual([0, 3]);
  });

  it('swaps big-endian numbers bit for bit', () => {
    expect(bytesOf(decode(file(head("'>f4'", '(1,)'), [0x7f, 0x80, 0, 1])))).toEqual([1, 0, 0x80, 0x7f]);
    expect(decode(file(head("'>i2'", '(2,)'), [0, 1, 255, 254])).toArray()).toEqual([1, -2]);
    expect(decode(file(head("'>f8'", '()'), [0x3f, 0xf0, 0, 0, 0, 0, 0, 0])).item()).toBe(1);
  });

  it('rearranges column-major arrays', () => {
    const data = Array.from({ length: 12 }, (_, i) => i);
    const x = decode(file(head("'|u1'", '(2, 3, 2)', 'True'), data)).toArray();
    // Position of [i, j, k] in column-major order: i + 2j + 6k.
    expect(x).toEqual([[[0, 6], [2, 8], [4, 10]], [[1, 7], [3, 9], [5, 11]]]);
  });

  it('reads booleans, bytes and 64-bit integers as i32', () => {
    expect(decode(file(head("'|b1'", '(2,)'), [1, 0])).dtype).toBe('i32');
    expect(decode(file(head("'<i8'", '(1,)'), [5, 0, 0, 0, 0, 0, 0, 0])).toArray()).toEqual([5]);
    expect(() => decode(file(head("'<u8'", '(1,)'), [0, 0, 0, 0, 1, 0, 0, 0]))).toThrow(/position 0 does not fit/);
  });

  it.each([
    ['an empty file', new Uint8Array(0), /does not begin/],
    ['another magic', file(head("'<f4'", '()'), [0, 0, 0, 0], { magic: '\x93NUMPX' }), /does not begin/],
    ['an unknown version', file(head("'<f4'", '()'), [0, 0, 0, 0], { version: 4 }), /version is 4\.0/],
    ['a header cut short', file(head("'<f4'", '()'), []).subarray(0, 40), /ends inside its header/],
    ['a version 2 file of 10 bytes', file('', [], { version: 2 }).subarray(0, 10), /ends inside its header/],
    ['a header beyond the limit', file(' '.repeat(10_001), []), /is the limit/],
    ['too few numbers', file(head("'<f4'", '(2,)'), [0, 0, 0, 0]), /takes 8 bytes and 4 follow/],
    ['too many numbers', file(head("'<f4'", '()'), [0, 0, 0, 0, 0]), /takes 4 bytes and 5 follow/],
    ['object arrays', file(head("'|O'", '(1,)'), [0]), /its type is '\|O'/],
    ['complex numbers', file(head("'<c8'", '(1,)'), [0]), /<c8/],
    ['a byte order missing', file(head("'f4'", '()'), [0, 0, 0, 0]), /its type is 'f4'/],
    ['native byte order, which is another on another machine', file(head("'=f4'", '()'), [0, 0, 0, 0]), /its type is '=f4'/],
    ['structured types', file(head("[('a', '<f4')]", '(1,)'), [0]), /structured/],
    ['a shape that is a number', file(head("'<f4'", '(1)'), [0, 0, 0, 0]), /no tuple/],
    ['a shape that is a text', file(head("'<f4'", "'(1,)'"), [0, 0, 0, 0]), /no tuple/],
    ['an order that is a text', file(head("'<f4'", '()', "'True'"), [0, 0, 0, 0]), /neither True nor False/],
    ['a negative axis', file(head("'<f4'", '(-1,)'), []), /broken at character/],
    ['a shape that overflows', file(head("'<f4'", '(99999999, 99999999)'), []), /more than the/],
    ['a key given twice', file("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", [0, 0, 0, 0]), /twice/],
    ['a key missing', file("{'descr': '<f4', 'shape': ()}", [0, 0, 0, 0]), /is not \{ descr/],
    ['an unknown key', file("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 'y'}", [0, 0, 0, 0]), /is not \{ descr/],
    ['text behind the header', file(`${head("'<f4'", '()')}}`, [0, 0, 0, 0]), /is not \{ descr/],
  ])('refuses %s', (_, bytes, fault) => {
    expect(() => decode(bytes)).toThrow(FormatError);
    expect(() => decode(bytes)).toThrow(/^x\.npy: /);
    expect(() => decode(bytes)).toThrow(fault);
  });

  it('answers mutants with a value or a FormatError', () => {
    expect(feedMutants(encodeNpy(hard.f64), decodeNpy)).toBeGreaterThan(500);
  });
});

describe('encodeNpy', () => {
  it('writes the bytes NumPy writes', () => {
    const bytes = encodeNpy(tensor([1, 2], { dtype: 'i32' }));
    const header = "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }";
    expect(Buffer.from(bytes).toString('latin1')).toBe(`\x93NUMPY\x01\x00\x76\x00${header.padEnd(117)}\n\x01\0\0\0\x02\0\0\0`);
  });

  it('law: what is written is read back bit for bit', () => {
    fc.assert(fc.property(anyTensor, (x) => expectSameBits(decode(encodeNpy(x)), x)), runs);
    for (const x of Object.values(hard)) expectSameBits(decode(encodeNpy(x)), x);
  });
});
