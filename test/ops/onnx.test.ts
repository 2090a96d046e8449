// The node tests of ONNX (github.com/onnx/onnx, Apache-2.0), decoded into one JSON file that MARGINALIA_ONNX names:
// { cases: [{ case, op, inputs, attrs, outputs, tol }] } with tensors as { shape, dtype, data }. Every case whose op
// exists here is run through our op of the same meaning; every other case is counted under the reason why not.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/graph/index.ts';
import { type Case, Node, type Packed, runners, unpacked } from './onnx.ts';

/** Undefined when a result agrees with ONNX; else what differs. */
function difference(actual: Tensor, expected: Packed, tol: Case['tol']): string | undefined {
  if (actual.shape.join() !== expected.shape.join()) return `shape [${actual.shape.join()}] against [${expected.shape.join()}]`;
  const [relative, absolute] = expected.dtype === 'f32' || expected.dtype === 'f64' ? tol[expected.dtype] : [0, 0];
  const wanted = unpacked(expected);
  const found = actual.data;
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [found[i]!, wanted[i]!];
    const close = Object.is(a, b) || a === b || Math.abs(a - b) <= absolute + relative * Math.abs(b);
    if (!close) return `entry ${i} is ${a}, ONNX has ${b}`;
  }
  return undefined;
}

const path = process.env['MARGINALIA_ONNX'];
const title = path === undefined ? 'ONNX node tests (skipped: MARGINALIA_ONNX names no file)' : 'ONNX node tests';

describe.skipIf(path === undefined)(title, () => {
  const cases = path === undefined ? [] : (JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }).cases;
  const tally = new Map<string, number>();
  const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);

  for (const op of [...new Set(cases.map((c) => c.op))].filter((name) => name in runners)) {
    it(`${op} means what ONNX means by it`, () => {
      for (const given of cases.filter((c) => c.op === op)) {
        const result = runners[op]!(new Node(given));
        if ('because' in result) {
          count(result.because);
          continue;
        }
        count('run');
        const outputs = Array.isArray(result) ? result : [result];
        expect(outputs, given.case).toHaveLength(given.attrs.output_order.length);
        outputs.forEach((y, i) => {
          const expected = given.outputs[given.attrs.output_order[i]!]!;
          expect(difference(y, expected, given.tol) ?? 'agrees', given.case).toBe('agrees');
        });
      }
    });
  }

  it('leaves no case out in silence', () => {
    for (const { op } of cases) if (!(op in runners)) count('no op of this meaning');
    expect([...tally.values()].reduce((a, b) => a + b, 0)).toBe(cases.length);
    expect(Object.fromEntries(tally)).toEqual({
      'run': 413,
      'no op of this meaning': 254,
      'defined on floats only': 5,
      'windows that begin beyond the end (ceil_mode)': 4,
      'padding with a constant only': 3,
      'scattering adds, nothing else': 3,
      'the 1-norm has no op': 3,
      'a pool does not tell where its maxima were': 2,
      'an extremum of nothing is refused': 2,
      'eye is square': 2,
      'mixed number types': 2,
      'windows over two axes only': 2,
      'a class out of range is an error': 1,
    });
  });
});
