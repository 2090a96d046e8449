import { expect, it } from 'vitest';
import * as errors from '../../src/base/errors.ts';

const { message, MarginaliaError, ...rest } = errors;

it.each(Object.entries(rest))('%s bears its name and is a MarginaliaError', (name, Kind) => {
  const error = new Kind('what happened');
  expect(error).toBeInstanceOf(MarginaliaError);
  expect(error).toBeInstanceOf(Error);
  expect(`${error}`).toBe(`${name}: what happened`);
});

it('joins what happened, the rule and what to do into three sentences', () => {
  expect(message('add: shapes [2] and [3]', 'Axes are equal', 'Use reshape')).toBe('add: shapes [2] and [3]. Axes are equal. Use reshape.');
});
