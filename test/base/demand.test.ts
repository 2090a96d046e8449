import { describe, expect, it } from 'vitest';
import { demandFunction, demandList, demandMade, demandOptions, demandText, described } from '../../src/base/demand.ts';
import { DomainError, DTypeError } from '../../src/base/errors.ts';
import { tensor } from '../../src/graph/index.ts';

describe('what stands where something else should be', () => {
  it.each([
    [null, 'null'], [undefined, 'undefined'], [[1], 'an array'], ['sum', "the text 'sum'"], [3, 'number 3'], [Symbol('s'), 'symbol'],
    [{}, 'object'], ['x'.repeat(50), `the text '${'x'.repeat(40)}…'`],
  ])('is told: %o', (x, text) => {
    expect(described(x)).toBe(text);
  });
});

describe('an argument', () => {
  it('that cannot be called is refused', () => {
    demandFunction(() => 1, 'grad');
    expect(() => demandFunction({}, 'scope', 'the body'))
      .toThrow(new DTypeError('scope: object for the body. scope calls the body. Pass a function, as in scope((x) => …).'));
  });

  it('that is no list, or not there, is refused', () => {
    demandList([], 'inputs', 'vjp');
    expect(() => demandList(new Float64Array(2), 'inputs', 'vjp')).toThrow('vjp: object for the inputs. The inputs are a list');
    expect(() => demandList(undefined, 'inputs', 'vjp')).toThrow('vjp: no inputs.');
  });

  it('that is no text is refused', () => {
    demandText('', 'label');
    expect(() => demandText(7, 'label')).toThrow(DTypeError);
  });

  it('that lacks a part of what another function makes is refused', () => {
    expect(() => demandMade({ left: 1 }, ['left', 'right'], 'printClaim', 'what parseClaim returns')).toThrow(DTypeError);
    demandMade({ sections: undefined }, ['sections'], 'checkDerivation', 'what parseDerivation returns');
    for (const wrong of ['title "x"', null, { section: [] }]) {
      expect(() => demandMade(wrong, ['sections'], 'checkDerivation', 'what parseDerivation returns')).toThrow('takes what parseDerivation returns');
    }
  });
});

describe('options', () => {
  it('are a plain object of any realm', () => {
    demandOptions({ axis: 1 }, ['axis'], 'sum');
    demandOptions(Object.assign(Object.create(null), { axis: 1 }), ['axis'], 'sum');
    for (const wrong of [null, 1, 'axis', [1], tensor(1), new Map(), () => 1]) {
      expect(() => demandOptions(wrong, ['axis'], 'sum')).toThrow(DTypeError);
    }
  });

  it('have names that are known, their own and not inherited ones', () => {
    expect(() => demandOptions({ axes: 1 }, ['axis', 'keepDims'], 'sum')).toThrow(new DomainError("sum: the option 'axes'. Options are axis, keepDims. Check the spelling."));
    expect(() => demandOptions({ constructor: 1 }, ['axis'], 'sum')).toThrow("the option 'constructor'");
  });
});
