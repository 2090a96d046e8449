// A wrong argument is answered in a sentence of the engine's own, whichever public function it is given to: no
// TypeError from the middle of an op, and the next call works.

import { expect, it } from 'vitest';
import * as transforms from '../../src/autodiff/index.ts';
import { MarginaliaError } from '../../src/base/errors.ts';
import * as checks from '../../src/check/index.ts';
import { compile } from '../../src/compile/index.ts';
import * as data from '../../src/data/index.ts';
import * as dataFiles from '../../src/data/node.ts';
import * as explaining from '../../src/explain/index.ts';
import * as files from '../../src/export/index.ts';
import * as exportFiles from '../../src/export/node.ts';
import {
  parseClaim, parseCond, parseDefinition, parseDerivation, parseExpr, printClaim, printCond, printDerivation, printExpr,
} from '../../src/formula/index.ts';
import { explain } from '../../src/explain/index.ts';
import { label, parseGraph, scope, type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as losses from '../../src/losses/index.ts';
import * as metrics from '../../src/metrics/index.ts';
import * as nn from '../../src/nn/index.ts';
import * as ops from '../../src/ops/index.ts';
import { sum } from '../../src/ops/index.ts';
import * as optim from '../../src/optim/index.ts';
import * as plot from '../../src/plot/index.ts';
import * as training from '../../src/train/index.ts';
import * as runFiles from '../../src/train/node.ts';
import { f32, i32 } from '../values.ts';

type Anything = (...args: readonly unknown[]) => unknown;

const { valueAndGrad, grad, vjp, jvp, hvp, jacobian, hessian, customGradient } = transforms;
const texts = {
  parseClaim, parseCond, parseDefinition, parseDerivation, parseExpr, parseGraph, printClaim, printCond, printDerivation, printExpr,
};
const publics: [string, Anything][] = Object.entries({
  ...ops, ...losses, ...checks, ...texts, tensor, label, scope, trace, valueAndGrad, grad, vjp, jvp, hvp, jacobian, hessian, customGradient, compile,
}).filter((entry): entry is [string, Anything] => typeof entry[1] === 'function');

const values = (): readonly unknown[] => [
  null, undefined, 'x', 3, NaN, true, {}, [], [1, 2], [null], (x: unknown) => x, () => undefined,
  f32([[1, 2], [3, 4]]), i32([0, 1]), [f32([1, 2])], { axis: 'x', dtype: 'q', shape: null, wrt: {}, reduction: 2, seed: null },
];

/** The errors of a call that are not ours; what it returns is called too, as a loss or a transform would be. */
function strange(f: Anything, args: readonly unknown[], follow: boolean): string[] {
  try {
    const result = f(...args);
    // A generator does nothing before its first step.
    if (typeof (result as Partial<Generator> | null | undefined)?.next === 'function') (result as Generator).next();
    return follow && typeof result === 'function'
      ? values().flatMap((x) => [[x], [x, x, x]].flatMap((next) => strange(result as Anything, next, false))) : [];
  } catch (error) {
    // A file that is not there is told by Node, with its path.
    return error instanceof MarginaliaError || (error instanceof Error && 'syscall' in error) ? [] : [String(error)];
  }
}

// Functions the caller hands over may fail as they like; the ones here do not fail.
it.each(publics)('%s answers wrong arguments with an error of the engine', (_, f) => {
  const calls = [[], ...values().flatMap((a) => [[a], ...values().flatMap((b) => [[a, b], [a, b, null], [a, b, a]])])];
  const traced = (args: readonly unknown[]): string[] => strange(() => trace(() => [f(...args), f32([1])], []), [], false);
  const found = calls.flatMap((args) => [...strange(f, args, args.length < 2), ...(args.length === 2 ? traced(args) : [])]);
  expect([...new Set(found)]).toEqual([]);
});

it('the functions of marginalia/check say which of them was given what, and what it takes', () => {
  const { compare, gradcheck, proved, branchMap, towardsBorder } = checks as unknown as Readonly<Record<string, Anything>>;
  const x = tensor([1], { dtype: 'f64' });
  const explained = explain((y: Tensor) => sum(y), [x]);
  const told: [() => unknown, string][] = [
    [() => gradcheck!(null, []), 'gradcheck: null for the function. gradcheck calls the function.'],
    [() => gradcheck!({ value: 1, gradient: 2 }, []), 'gradcheck: number 1 for value.'],
    [() => compare!(1, 2), 'compare: number 1 for the loss a.'],
    [() => compare!((y: Tensor) => sum(y), undefined), 'compare: undefined for the loss b.'],
    [() => compare!({ value: () => 1, gradient: null }, () => 1), 'compare: null for gradient.'],
    [() => compare!({ value: () => [1], gradient: () => [] }, () => 1), 'compare: value returned an array. It returns a number.'],
    [() => compare!({ value: () => 1, gradient: () => 1 }, () => 1), 'compare: gradient returned number 1.'],
    [() => compare!(() => 1, () => 1, { point: 3 }), "compare: the option 'point'. Options are seed, points, digits, edges."],
    [() => proved!(explained, (y: Tensor) => sum(y), [x], { least: 1 }), "proved: the option 'least'."],
    [() => branchMap!(explained, null), 'branchMap: options null.'],
    [() => towardsBorder!(explained), 'towardsBorder: undefined. towardsBorder takes a decision of branchMap.'],
  ];
  for (const [call, text] of told) expect(call).toThrow(text);
});

const readers = Object.entries<unknown>({ ...dataFiles, ...exportFiles, ...runFiles })
  .filter(([name]) => /^(read|decode|load|has)/.test(name));
const outer = [
  ...Object.entries<unknown>({ ...explaining, ...nn, ...optim, ...data, ...plot, ...files, ...metrics, ...training }), ...readers,
].filter((entry): entry is [string, Anything] =>
  // Networks are made of layers, and these are large; an error is no function to call.
  typeof entry[1] === 'function' && !['lenetPlusPlus', 'residualFaces', 'lenetSmall', 'DivergenceError'].includes(entry[0]));

it.each(outer)('%s of another entry does so too, and what it returns', (_, f) => {
  const found = values().flatMap((a) => [[a], [a, null], [null, a], [a, a], [a, a, null], [f32([1]), a]].flatMap((args) => strange(f, args, false)));
  // A layer, an optimiser, an initialiser.
  const made = [[], [{ lr: 1 }], [{ inputs: 2, outputs: 2, kernel: 1 }], [{ inputs: 2, outputs: 2 }], [{ channels: 2 }], [{ rate: 0.5 }], [{ shape: 2 }]].flatMap((args) => {
    try {
      const result = f(...args);
      return typeof result === 'function' ? [result as Anything] : typeof result !== 'object' || result === null || ArrayBuffer.isView(result) ? []
        : Object.values(result).filter((part): part is Anything => typeof part === 'function');
    } catch (error) {
      if (error instanceof MarginaliaError) return [];
      found.push(String(error));
      return [];
    }
  });
  const inner = made.flatMap((g) => values().flatMap((a) => [[a], [a, a, a], [f32([[1, 2]]), a], [a, f32([[1, 2]]), { train: true }]].flatMap((args) => strange(g, args, false))));
  expect([...new Set([...found, ...inner])]).toEqual([]);
});

it('what is asked for is said', () => {
  const said: [() => unknown, string][] = [
    [() => explaining.renderText(null as never), 'renderText: null. renderText takes what explain returns. Pass that.'],
    [() => data.decodeIdx(undefined as never, 'x'), 'decodeIdx: undefined for bytes. It is a Uint8Array. Check the order of the arguments.'],
    [() => plot.rocPlot(null as never), 'rocPlot: null for curves. It is a list of objects.'],
    [() => files.encodeSafetensors(1 as never), 'encodeSafetensors: number 1. It takes pairs of a name and a value.'],
    [() => metrics.rocCurve(null as never, [1]), 'rocCurve: no genuine'],
    [() => nn.linear(null as never), 'linear: options null'],
    [() => dataFiles.readImage(null as never), 'null for a path. A file or a folder is named by a string. Pass its path.'],
    [() => exportFiles.readNpy('x', null as never), 'readNpy: options null. Options are an object { maxBytes }.'],
    [() => runFiles.loadData(null as never), 'loadData: null. loadData takes a source { data, side,'],
    [() => plot.figure6([{} as never]), 'figure6: object. figure6 takes points { t, verification, identification }.'],
    [() => training.compareCells(['softmax'], [], null as never), 'compareCells: null for how. It is an object.'],
    [() => training.embed(null as never, {} as never, {} as never), 'embed: null. embed takes what makeModel returns.'],
    [() => optim.sgd('x' as never), "sgd: options x"],
    [() => training.programOf(training.checkSettings({}), [] as never), 'programOf: an array. programOf takes what prepare returns.'],
  ];
  for (const [wrong, sentence] of said) expect(wrong).toThrow(sentence);
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
  expect(() => compile(f).program(f32([1]) as never).print('shedule' as never)).toThrow(
    "print: the text 'shedule' for a pass. Passes are graph, windows, simplified, schedule, plan, emit. Choose one of them.");
});

it('the next call works', () => {
  expect(() => trace(() => sum(null as never), [])).toThrow(MarginaliaError);
  expect((grad((x: never) => sum(x))(f32([1, 2])) as never as { data: Float32Array }).data).toEqual(Float32Array.of(1, 1));
});
