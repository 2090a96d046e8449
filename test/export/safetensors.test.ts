// The reader against hand-made bytes: what the format allows is read bit for bit, what it forbids is refused by name.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError, FormatError } from '../../src/base/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/export/index.ts';
import { tensor } from '../../src/graph/index.ts';
import { transpose } from '../../src/ops/index.ts';
import { feedMutants } from '../mutants.ts';
import { anyTensors, expectSameBits, hard, runs } from './samples.ts';

/** A file from the text of its header and the bytes of its data. */
function file(header: string, data: readonly number[] = [], claimed?: number | bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(claimed ?? text.length), true);
  return Uint8Array.from([...new Uint8Array(length.buffer), ...text, ...data]);
}
const entry = (name: string, type: string, shape: string, offsets: string): string => `"${name}":{"dtype":"${type}","shape":${shape},"data_offsets":${offsets}}`;
const decode = (bytes: Uint8Array) => decodeSafetensors(bytes, 'w.safetensors');

/** Written by the reference implementation: x = [[1.5, −2]] as float32, y = [7, 8] as int64, metadata seed = 1. */
const fromReference = Buffer.from(
  'kAAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJzZWVkIjoiMSJ9LCJ5Ijp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIj' +
  'pbMCwxNl19LCJ4Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsxLDJdLCJkYXRhX29mZnNldHMiOlsxNiwyNF19fSAgICAHAAAAAAAAAAgAAAAA' +
  'AAAAAADAPwAAAMA=', 'base64');

describe('decodeSafetensors', () => {
  it('reads what the reference implementation wrote', () => {
    const { tensors, metadata } = decode(new Uint8Array(fromReference));
    expect([...tensors].map(([name, x]) => [name, x.dtype, x.toArray()])).toEqual([['y', 'i32', [7, 8]], ['x', 'f32', [[1.5, -2]]]]);
    expect([...metadata]).toEqual([['seed', '1']]);
  });

  it('reads the example of the format by hand', () => {
    const bytes = file(`{"__metadata__":{"seed":"1"},${entry('a', 'F32', '[2]', '[0,8]')},${entry('b', 'I32', '[]', '[8,12]')}}  `, [0, 0, 128, 63, 0, 0, 0, 192, 7, 0, 0, 0]);
    const { tensors, metadata } = decode(bytes);
    expect([...tensors].map(([name, x]) => [name, x.dtype, x.toArray()])).toEqual([['a', 'f32', [1, -2]], ['b', 'i32', 7]]);
    expect([...metadata]).toEqual([['seed', '1']]);
  });

  it('widens the smaller types exactly and reads 64-bit integers that fit', () => {
    const one = (type: string, data: number[]): unknown => decode(file(`{${entry('x', type, '[2]', `[0,${data.length}]`)}}`, data)).tensors.get('x')!.toArray();
    expect(one('F16', [0x00, 0x3c, 0x01, 0x00])).toEqual([1, 2 ** -24]);
    expect(one('F16', [0x00, 0xfc, 0xff, 0x7b])).toEqual([-Infinity, 65504]);
    expect(one('BF16', [0x80, 0x3f, 0x49, 0xc0])).toEqual([1, -3.140625]);
    expect(one('I64', [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 127, 0, 0, 0, 0])).toEqual([-1, 2 ** 31 - 1]);
    expect(one('U16', [255, 255, 1, 0])).toEqual([65535, 1]);
    expect(one('I8', [255, 127])).toEqual([-1, 127]);
    expect(one('BOOL', [0, 1])).toEqual([0, 1]);
    expect(() => one('BOOL', [0, 2])).toThrow(/position 1/);
    expect(() => one('I64', [0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).toThrow(/in "x", the element at position 0/);
    expect(() => one('U32', [0, 0, 0, 0, 0, 0, 0, 128])).toThrow(/position 1/);
  });

  it.each([
    ['an empty file', new Uint8Array(0), /too few/],
    ['a header beyond the end', file('{}', [], 100), /header of 100 bytes and has 2/],
    ['a header beyond the limit', file('{}', [], 2n ** 63n), /is the limit/],
    ['a header that is no object', file('[]'), /no JSON object/],
    ['a header that begins with a space', file(' {}'), /no JSON object/],
    ['a header that is not UTF-8', file('{}').map((byte, i) => (i === 9 ? 255 : byte)), /UTF-8/],
    ['broken JSON', file('{"a":}'), /where a value belongs/],
    ['JSON that goes on', file('{}{}'), /goes on/],
    ['a trailing comma', file('{"__metadata__":{},}'), /where a string belongs/],
    ['a number that is not whole', file(`{${entry('a', 'F32', '[1e0]', '[0,4]')}}`, [0, 0, 0, 0]), /broken at character/],
    ['deep nesting', file(`{"a":${'['.repeat(50)}`), /deeper/],
    ['a key given twice', file(`{${entry('a', 'F32', '[]', '[0,4]')},${entry('a', 'F32', '[]', '[0,4]')}}`, [0, 0, 0, 0]), /"a" twice/],
    ['__proto__ given twice', file(`{${entry('__proto__', 'F32', '[0]', '[0,0]')},${entry('__proto__', 'F32', '[0]', '[0,0]')}}`), /twice/],
    ['an unknown type', file(`{${entry('a', 'F8_E4M3', '[]', '[0,1]')}}`, [0]), /F8_E4M3/],
    ['a type that is a name of Object', file(`{${entry('a', 'constructor', '[]', '[0,1]')}}`, [0]), /constructor/],
    ['a field missing', file('{"a":{"dtype":"F32","shape":[]}}'), /is not \{ dtype/],
    ['a field too many', file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}', [0, 0, 0, 0]), /is not \{ dtype/],
    ['a negative axis', file(`{${entry('a', 'F32', '[-1]', '[0,4]')}}`, [0, 0, 0, 0]), /shape is \[-1\]/],
    ['a shape that overflows', file(`{${entry('a', 'F32', '[4294967296,4294967297]', '[0,4]')}}`, [0, 0, 0, 0]), /more than the/],
    ['offsets that do not fit the shape', file(`{${entry('a', 'F32', '[2]', '[0,4]')}}`, [0, 0, 0, 0]), /8 bytes, and its offsets/],
    ['offsets in reverse', file(`{${entry('a', 'F32', '[0]', '[4,0]')}}`, [0, 0, 0, 0]), /span -4/],
    ['an overlap', file(`{${entry('a', 'F32', '[]', '[0,4]')},${entry('b', 'F32', '[]', '[2,6]')}}`, [0, 0, 0, 0, 0, 0]), /overlap/],
    ['a hole', file(`{${entry('a', 'F32', '[]', '[0,4]')},${entry('b', 'F32', '[]', '[8,12]')}}`, new Array<number>(12).fill(0)), /hole/],
    ['a hole at the beginning', file(`{${entry('a', 'F32', '[]', '[4,8]')}}`, new Array<number>(8).fill(0)), /hole/],
    ['data cut short', file(`{${entry('a', 'F32', '[]', '[0,4]')}}`, [0, 0]), /end at 4 and its data at 2/],
    ['data beyond the tensors', file(`{${entry('a', 'F32', '[]', '[0,4]')}}`, [0, 0, 0, 0, 0]), /end at 4 and its data at 5/],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}'), /__metadata__/],
  ])('refuses %s', (_, bytes, fault) => {
    expect(() => decode(bytes)).toThrow(FormatError);
    expect(() => decode(bytes)).toThrow(/^w\.safetensors: /);
    expect(() => decode(bytes)).toThrow(fault);
  });

  it('answers mutants of a valid file with a value or a FormatError', () => {
    const valid = encodeSafetensors([['w', hard.f32], ['d', hard.f64], ['n', hard.i32], ['__proto__', tensor(1)]], [['seed', '1']]);
    expect(feedMutants(valid, decodeSafetensors)).toBeGreaterThan(500);
  });
});

describe('encodeSafetensors', () => {
  it('law: what is written is read back bit for bit, under the same names in the same order', () => {
    fc.assert(fc.property(anyTensors, (tensors) => {
      const usable = tensors.filter(([name]) => name !== '__metadata__');
      const { tensors: back } = decode(encodeSafetensors(usable, [['__proto__', 'π']]));
      expect([...back.keys()]).toEqual(usable.map(([name]) => name));
      for (const [name, x] of usable) expectSameBits(back.get(name), x);
    }), runs);
  });

  it('keeps signalling NaNs, payloads and the sign of zero', () => {
    const { tensors } = decode(encodeSafetensors(Object.entries(hard)));
    for (const [name, x] of Object.entries(hard)) expectSameBits(tensors.get(name), x);
  });

  it('aligns every tensor to its type and pads the header to 8 bytes', () => {
    const bytes = encodeSafetensors([['a', tensor([1, 2, 3])], ['b', tensor([4], { dtype: 'f64' })], ['c', tensor([5], { dtype: 'i32' })]]);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd()).toBe(
      '{"a":{"dtype":"F32","shape":[3],"data_offsets":[8,20]},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"c":{"dtype":"I32","shape":[1],"data_offsets":[20,24]}}');
  });

  it('writes a view as the numbers it shows', () => {
    const x = transpose(tensor([[1, 2, 3], [4, 5, 6]]), 0, 1);
    expect(decode(encodeSafetensors([['x', x]])).tensors.get('x')!.toArray()).toEqual([[1, 4], [2, 5], [3, 6]]);
  });

  it('reads bytes that lie unaligned in a larger buffer, and keeps no tie to them', () => {
    const bytes = encodeSafetensors([['x', tensor([1, 2])]]);
    const shifted = Buffer.concat([Buffer.from([0]), bytes]).subarray(1);
    const x = decode(shifted).tensors.get('x')!;
    shifted.fill(0);
    expect(x.toArray()).toEqual([1, 2]);
  });

  it('refuses names that cannot be keys', () => {
    const x = tensor(1);
    expect(() => encodeSafetensors([['a', x], ['a', x]])).toThrow(DomainError);
    expect(() => encodeSafetensors([['__metadata__', x]])).toThrow(DomainError);
    expect(() => encodeSafetensors([['\ud800', x]])).toThrow(/surrogate/);
    expect(() => encodeSafetensors([['a', x]], [['note', '\udfff']])).toThrow(/surrogate/);
  });
});
