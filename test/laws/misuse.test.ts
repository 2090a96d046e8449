// A wrong argument is answered in a sentence of the engine's own, whichever public function it is given to: no
// TypeError from the middle of an op, and the next call works.

import { expect, it } from 'vitest';
import * as transforms from '../../src/autodiff/index.ts';
import { MarginaliaError } from '../../src/base/errors.ts';
import {
  assertGradients, branchCutText, branchMapText, checkDerivation, cutPicture, gradcheck, ledgerHtml, ledgerMarkdown, reportText,
} from '../../src/check/index.ts';
import { compile } from '../../src/compile/index.ts';
import {
  parseClaim, parseCond, parseDefinition, parseDerivation, parseExpr, printClaim, printCond, printDerivation, printExpr,
} from '../../src/formula/index.ts';
import { label, parseGraph, scope, tensor, trace } from '../../src/graph/index.ts';
import * as losses from '../../src/losses/index.ts';
import * as ops from '../../src/ops/index.ts';
import { sum } from '../../src/ops/index.ts';
import { f32, i32 } from '../values.ts';

type Anything = (...args: readonly unknown[]) => unknown;

const { valueAndGrad, grad, vjp, jvp, hvp, jacobian, hessian, customGradient } = transforms;
const checked = {
  gradcheck, assertGradients, checkDerivation, reportText, ledgerMarkdown, ledgerHtml, branchMapText, branchCutText, cutPicture,
  parseClaim, parseCond, parseDefinition, parseDerivation, parseExpr, parseGraph, printClaim, printCond, printDerivation, printExpr,
};
const publics: [string, Anything][] = Object.entries({
  ...ops, ...losses, ...checked, tensor, label, scope, trace, valueAndGrad, grad, vjp, jvp, hvp, jacobian, hessian, customGradient, compile,
}).filter((entry): entry is [string, Anything] => typeof entry[1] === 'function');

const values = (): readonly unknown[] => [
  null, undefined, 'x', 3, NaN, true, {}, [], [1, 2], [null], (x: unknown) => x, () => undefined,
  f32([[1, 2], [3, 4]]), i32([0, 1]), [f32([1, 2])], { axis: 'x', dtype: 'q', shape: null, wrt: {}, reduction: 2, seed: null },
];

/** The errors of a call that are not ours; what it returns is called too, as a loss or a transform would be. */
function strange(f: Anything, args: readonly unknown[], follow: boolean): string[] {
  try {
    const result = f(...args);
    return follow && typeof result === 'function'
      ? values().flatMap((x) => [[x], [x, x, x]].flatMap((next) => strange(result as Anything, next, false))) : [];
  } catch (error) {
    return error instanceof MarginaliaError ? [] : [String(error)];
  }
}

// Functions the caller hands over may fail as they like; the ones here do not fail.
it.each(publics)('%s answers wrong arguments with an error of the engine', (_, f) => {
  const calls = [[], ...values().flatMap((a) => [[a], ...values().flatMap((b) => [[a, b], [a, b, null], [a, b, a]])])];
  const traced = (args: readonly unknown[]): string[] => strange(() => trace(() => [f(...args), f32([1])], []), [], false);
  const found = calls.flatMap((args) => [...strange(f, args, args.length < 2), ...(args.length === 2 ? traced(args) : [])]);
  expect([...new Set(found)]).toEqual([]);
});

it('the parts of a loss are asked for when it is made', () => {
  for (const part of ['target', 'others', 'mining']) {
    for (const wrong of [null, 'arc', 3, {}]) expect(() => losses.marginSoftmax({ [part]: wrong })).toThrow('such as');
  }
});

it('the options of compile are asked for when it is called, its positions when the function is', () => {
  const f = (x: never): unknown => sum(x);
  const wrong: unknown[] = [
    null, 3, [0], { resident: [0], gaurd: true }, { resident: ['0'] }, { resident: 0 }, { resident: '0' }, { resident: [-1] }, { resident: [undefined] },
    { keep: ['0'] }, { keep: [0.5] }, { leave: 'yes' }, { guard: 'yes' }, { guard: 0 }, { threads: '2' }, { threads: 0 }, { resident: [0], keep: [0] },
  ];
  for (const options of wrong) expect(() => compile(f, options as never)).toThrow(MarginaliaError);
  expect(() => compile(f, { gaurd: true } as never)).toThrow("compile: the option 'gaurd'. Options are threads, resident, keep, leave, guard. Check the spelling.");
  expect(() => compile(f, { keep: ['0'] } as never)).toThrow("compile: the text '0' in keep");
  expect(() => compile(3 as never)).toThrow('compile: number 3 for the function');
  for (const options of [{ keep: [7] }, { resident: [7] }]) expect(() => compile(f, options)(f32([1]) as never)).toThrow('compile: argument 7 of a call with 1');
  expect(() => compile(f).program(f32([1]) as never).print('shedule' as never)).toThrow("Passes are 'graph', 'simplified', 'schedule' and 'plan'");
});

it('the next call works', () => {
  expect(() => trace(() => sum(null as never), [])).toThrow(MarginaliaError);
  expect((grad((x: never) => sum(x))(f32([1, 2])) as never as { data: Float32Array }).data).toEqual(Float32Array.of(1, 1));
});
