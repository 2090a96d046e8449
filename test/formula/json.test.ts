import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FormatError } from '../../src/base/errors.ts';
import { parseDerivation } from '../../src/formula/derivation.ts';
import { derivationFromJson } from '../../src/formula/json.ts';
import { mutated, runs } from './arbitraries.ts';
import { paper } from './paper.ts';

const derivation = parseDerivation(paper);
const text = JSON.stringify(derivation);

function errorOf(json: string): string {
  try {
    derivationFromJson(json);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as FormatError).message;
  }
  throw new Error('nothing was thrown');
}

/** The JSON of the paper with the value at a path replaced. */
function withValue(path: readonly (string | number)[], value: unknown): string {
  const copy: unknown = JSON.parse(text);
  let owner = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) owner = owner[key] as Record<string | number, unknown>;
  Object.defineProperty(owner, path.at(-1) ?? '', { value, enumerable: true, configurable: true, writable: true });
  return JSON.stringify(copy);
}

const line = ['sections', 1, 'lines'] as const;

describe('the machine form', () => {
  it('gives the derivation back, with its columns and line numbers', () => {
    expect(derivationFromJson(text)).toEqual(derivation);
  });

  it('keeps a name that looks like a key of every object', () => {
    const odd = parseDerivation('declare __proto__ constructor: n\nclaim D1 __proto__ + constructor = toString');
    expect(derivationFromJson(JSON.stringify(odd))).toEqual(odd);
  });

  it.each([
    ['', /not JSON/],
    ['{', /not JSON/],
    ['null', /null for an object at \$/],
    ['[]', /a list for an object at \$/],
    ['{}', /no key 'title' at \$/],
    ['{"__proto__": 1}', /unknown key "__proto__" at \$/],
    [withValue(['sections'], {}), /an object for a list at \$\.sections/],
    [withValue(['sections'], []), /reads otherwise/],
    [withValue(['title'], 3), /3 for a text of one line at \$\.title/],
    [withValue(['title'], 'a\nclaim D9 1 = 1'), /a text of one line/],
    [withValue(['title'], 'a # b'), /reads otherwise/],
    [withValue(['extra'], 1), /unknown key "extra"/],
    [withValue(['sections', 0, 'declarations', 0, 'type', 'kind'], 'constructor'),
      /"constructor" for one of scalar tensor label/],
    [withValue(['sections', 0, 'declarations', 0, 'names', 0], 'x z'), /reads otherwise/],
    [withValue(['sections', 0, 'declarations', 0, 'names', 0], 'exp'), /cannot be names/],
    [withValue(['sections', 0, 'indices', 0, 'axis'], 'z'), /no axis here/],
    [withValue([...line, 0, 'kind'], 'number'), /unknown key "target"/],
    [withValue([...line, 0, 'kind'], null), /null for one of define step claim number/],
    [withValue([...line, 0, 'id'], '(1)'), /second line \(1\)/],
    [withValue([...line, 0, 'id'], 'a b'), /./],
    [withValue([...line, 0, 'lineNumber'], -1), /-1 for a position/],
    [withValue([...line, 2, 'claim', 'op'], '=='), /"==" for one of/],
    [withValue([...line, 2, 'claim', 'left', 'kind'], '__proto__'), /"__proto__" for one of number/],
    [withValue([...line, 2, 'claim', 'left'], 7), /7 for an object at \$\.sections\[1\]\.lines\[2\]\.claim\.left/],
    [withValue([...line, 2, 'claim', 'left'], { kind: 'name', name: 'a = b and 1', index: [] }), /./],
    [withValue([...line, 2, 'claim', 'left'], { kind: 'name', name: 'a + b', index: [] }), /reads otherwise/],
    [withValue([...line, 2, 'claim', 'left'], { kind: 'name', name: 'a', index: [], column: 0.5 }),
      /0\.5 for a position/],
    [withValue([...line, 2, 'claim', 'left'], { kind: 'number', value: 2, text: '3' }), /reads otherwise/],
    [withValue([...line, 2, 'claim', 'left'], { kind: 'call', name: 'eval', args: [] }), /./],
    [withValue([...line, 2, 'claim', 'left'], { kind: 'call', name: 'exp', args: [] }), /./],
    [withValue([...line, 2, 'claim', 'where'], { kind: 'and', all: [] }), /./],
    [withValue([...line, 4, 'claim', 'right', 'text'], '1.60'), /reads otherwise/],
    [text.replace('"high":32', '"high":1e999'), /Infinity for a number/],
    [`${'['.repeat(200000)}`, /not JSON/],
    [`{"title":${'['.repeat(100000)}${']'.repeat(100000)}}`, /./],
  ])('refuses malformed JSON with a FormatError: case %#', (json, says) => {
    expect(errorOf(json)).toMatch(says);
  });

  it('refuses trees deeper than any formula', () => {
    const name = '{"kind":"name","name":"a","index":[]}';
    for (const depth of [250, 1400, 20000]) {
      const deep = '{"kind":"negate","of":'.repeat(depth) + name + '}'.repeat(depth);
      const json = JSON.stringify(parseDerivation('claim D1 zzz = 1')).replace(/\{"kind":"name".*?\}/, deep);
      expect(errorOf(json)).toMatch(/nested more than/);
    }
  });

  it('carries the longest formula that can be read', () => {
    const long = parseDerivation(`claim D1 a${' + a'.repeat(990)} = 1`);
    expect(derivationFromJson(JSON.stringify(long))).toEqual(long);
  });

  it('law: mutated JSON is a derivation or a FormatError', () => {
    fc.assert(fc.property(mutated([text]), (json) => {
      try {
        derivationFromJson(json);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }), { ...runs, numRuns: 20 * runs.numRuns });
  });

  it('law: any value in any place is a derivation or a FormatError', () => {
    const paths: (string | number)[][] = [];
    const walk = (value: unknown, path: (string | number)[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value === 'object' && value !== null) {
        const step = Array.isArray(value) ? Number : String;
        for (const [key, part] of Object.entries(value)) walk(part, [...path, step(key)]);
      }
    };
    walk(derivation, []);
    fc.assert(fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), (path, value) => {
      try {
        derivationFromJson(withValue(path, value));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }), { ...runs, numRuns: 20 * runs.numRuns });
  });
});
