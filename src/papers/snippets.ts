// Mistakes that are no formulas but rules of an engine: what is sent back through an operation, and when. Each is a tool
// of a few lines, as people wrote it and as it should be, and gradcheck judges both. The text beside each tool is what
// readers are shown; a test holds it to the code.

import { customGradient } from '../autodiff/index.ts';
import type { Checkable } from '../check/index.ts';
import { mul, pow } from '../ops/index.ts';

export interface Snippet {
  readonly text: string;
  /** A fresh tool: some of them keep a state. */
  readonly make: () => Checkable;
}

/** Which line is wrong, on which branch, and what stands where something else is due. */
export interface Finding {
  readonly line: string;
  readonly branch: string;
  readonly cause: string;
}

/** A condition of the code, as it is written there. */
export interface Decider {
  readonly text: string;
  readonly holds: (v: number) => boolean;
}

export interface SnippetMistake extends Finding {
  readonly id: string;
  readonly summary: string;
  readonly title: string;
  readonly source: string;
  readonly notes: readonly string[];
  readonly written: Snippet;
  readonly right: Snippet;
  /** What the code decides about an entry: the finder tells on which sides it is wrong. */
  readonly decides: readonly Decider[];
  /** Points the tools are checked at: vectors, or single numbers where there is nothing to combine. */
  readonly points: readonly (readonly number[])[];
}

const powerTwo: SnippetMistake = {
  id: 'power-two',
  summary: 'the derivative 2a for a power with any exponent',
  line: 'customGradient((a) => pow(a, n), ({ inputs: [a], grad }) => [mul(mul(2, a!), grad)]);',
  branch: 'every branch',
  cause: 'the rule does not agree with dual numbers',
  title: 'The derivative of every power is 2a',
  source: 'js-pytorch 0.7.2 src/tensor.ts, class Pow',
  notes: [
    'The backward pass of a^n returns 2·a·dz whatever the exponent; n is not even kept. Squares were',
    'tried, and for squares it is right. A test that the loss goes down passes too.',
  ],
  written: {
    text: `
const power = (n: number) =>
  customGradient((a) => pow(a, n), ({ inputs: [a], grad }) => [mul(mul(2, a!), grad)]);`,
    make: () => {
      const power = (n: number) =>
        customGradient((a) => pow(a, n), ({ inputs: [a], grad }) => [mul(mul(2, a!), grad)]);
      return power(3);
    },
  },
  right: {
    text: `
const power = (n: number) =>
  customGradient((a) => pow(a, n), ({ inputs: [a], grad }) => [mul(mul(n, pow(a!, n - 1)), grad)]);`,
    make: () => {
      const power = (n: number) =>
        customGradient((a) => pow(a, n), ({ inputs: [a], grad }) => [mul(mul(n, pow(a!, n - 1)), grad)]);
      return power(3);
    },
  },
  decides: [],
  points: [[1.37, -0.62], [0.21, 2.4]],
};

const deadBranch: SnippetMistake = {
  id: 'dead-branch',
  summary: 'a mask times the slope of the branch that was not taken',
  line: 'gradient: ([x]: number[][]) => [x!.map((v) => (v > 0 ? 1 : 0) * (0.5 / Math.sqrt(v)))],',
  branch: 'not (v > 0)',
  cause: 'the gradient is not finite',
  title: 'A branch that was not taken',
  source: 'pytorch, issues 18287, 52248, 68425, 187297; tensorflow 38349; tinygrad 12409',
  notes: [
    'A choice between two branches is differentiated as a mask times the slope of each. Where the root',
    'was not taken its slope is NaN or infinite, and 0 times that is NaN. The value is right, so nothing',
    'warns. A choice has to be made in the gradient as well: selected, not multiplied.',
  ],
  written: {
    text: `
{
  value: ([x]: number[][]) => sumOf(x!.map((v) => (v > 0 ? Math.sqrt(v) : 0))),
  gradient: ([x]: number[][]) => [x!.map((v) => (v > 0 ? 1 : 0) * (0.5 / Math.sqrt(v)))],
}`,
    make: () => ({
      value: ([x]: number[][]) => sumOf(x!.map((v) => (v > 0 ? Math.sqrt(v) : 0))),
      gradient: ([x]: number[][]) => [x!.map((v) => (v > 0 ? 1 : 0) * (0.5 / Math.sqrt(v)))],
    }),
  },
  right: {
    text: `
{
  value: ([x]: number[][]) => sumOf(x!.map((v) => (v > 0 ? Math.sqrt(v) : 0))),
  gradient: ([x]: number[][]) => [x!.map((v) => (v > 0 ? 0.5 / Math.sqrt(v) : 0))],
}`,
    make: () => ({
      value: ([x]: number[][]) => sumOf(x!.map((v) => (v > 0 ? Math.sqrt(v) : 0))),
      gradient: ([x]: number[][]) => [x!.map((v) => (v > 0 ? 0.5 / Math.sqrt(v) : 0))],
    }),
  },
  decides: [{ text: 'v > 0', holds: (v) => v > 0 }],
  points: [[3.7, -1.2], [0.4, 2.5]],
};

const sineAtOne: SnippetMistake = {
  id: 'sine-at-one',
  summary: 'the slope of the sine at a cosine of 1',
  line: 'gradient: ([c]: number[][]) => [c!.map((v) => -v / sine(v))],',
  branch: 'not (sine(v) > 0)',
  cause: 'the gradient is not finite',
  title: 'The sine of a cosine that is 1',
  source: 'face.evoLVe head/metrics.py; insightface, issues 1555, 1664; ronghuaiyang/arcface-pytorch 32',
  notes: [
    'ArcFace takes the sine as the root of 1 - c², whose slope is infinite at c = 1. Limiting the square',
    'to [0, 1] keeps the value finite and not the slope. One sample that lies on its class weight, and',
    'every weight of the network is NaN. At the pole the sine contributes nothing: its slope is 0.',
  ],
  written: {
    text: `
const sine = (v: number) => Math.sqrt(Math.max(0, (1 - v) * (1 + v)));
{
  value: ([c]: number[][]) => sumOf(c!.map(sine)),
  gradient: ([c]: number[][]) => [c!.map((v) => -v / sine(v))],
}`,
    make: () => {
      const sine = (v: number) => Math.sqrt(Math.max(0, (1 - v) * (1 + v)));
      return {
        value: ([c]: number[][]) => sumOf(c!.map(sine)),
        gradient: ([c]: number[][]) => [c!.map((v) => -v / sine(v))],
      };
    },
  },
  right: {
    text: `
const sine = (v: number) => Math.sqrt(Math.max(0, (1 - v) * (1 + v)));
{
  value: ([c]: number[][]) => sumOf(c!.map(sine)),
  gradient: ([c]: number[][]) => [c!.map((v) => (sine(v) > 0 ? -v / sine(v) : 0))],
}`,
    make: () => {
      const sine = (v: number) => Math.sqrt(Math.max(0, (1 - v) * (1 + v)));
      return {
        value: ([c]: number[][]) => sumOf(c!.map(sine)),
        gradient: ([c]: number[][]) => [c!.map((v) => (sine(v) > 0 ? -v / sine(v) : 0))],
      };
    },
  },
  decides: [{ text: 'sine(v) > 0', holds: (v) => (1 - v) * (1 + v) > 0 }],
  points: [[0.37, 1], [-0.8, 0.55]],
};

const gradientAddsUp: SnippetMistake = {
  id: 'gradient-adds-up',
  summary: 'a gradient that is added to what was there before',
  line: 'x!.forEach((v, i) => (slopes[i] = (slopes[i] ?? 0) + 2 * v));',
  branch: 'every branch',
  cause: 'two calls of gradient differ',
  title: 'A gradient that adds up',
  source: 'karpathy/micrograd, pull request 102',
  notes: [
    'The gradient is kept beside the value and every backward pass adds to it. Called once it is right;',
    'called again, without setting it to zero in between, it is twice what it should be, then three',
    'times. A gradient is a result of a function, not a state.',
  ],
  written: {
    text: `
const slopes: number[] = [];
{
  value: ([x]: number[][]) => sumOf(x!.map((v) => v * v)),
  gradient: ([x]: number[][]) => {
    x!.forEach((v, i) => (slopes[i] = (slopes[i] ?? 0) + 2 * v));
    return [slopes.slice()];
  },
}`,
    make: () => {
      const slopes: number[] = [];
      return {
        value: ([x]: number[][]) => sumOf(x!.map((v) => v * v)),
        gradient: ([x]: number[][]) => {
          x!.forEach((v, i) => (slopes[i] = (slopes[i] ?? 0) + 2 * v));
          return [slopes.slice()];
        },
      };
    },
  },
  right: {
    text: `
const slopes: number[] = [];
{
  value: ([x]: number[][]) => sumOf(x!.map((v) => v * v)),
  gradient: ([x]: number[][]) => {
    x!.forEach((v, i) => (slopes[i] = 2 * v));
    return [slopes.slice()];
  },
}`,
    make: () => {
      const slopes: number[] = [];
      return {
        value: ([x]: number[][]) => sumOf(x!.map((v) => v * v)),
        gradient: ([x]: number[][]) => {
          x!.forEach((v, i) => (slopes[i] = 2 * v));
          return [slopes.slice()];
        },
      };
    },
  },
  decides: [],
  points: [[1.3, -0.4]],
};

function sumOf(list: readonly number[]): number {
  return list.reduce((sum, x) => sum + x, 0);
}

const maskInPlace: SnippetMistake = {
  id: 'mask-in-place',
  summary: 'a mask read from numbers that were written over',
  line: 'return [x.map((v) => (v > 0.5 ? 4 * v : 0))];',
  branch: 'v > 0.5, not (2 * v - 1 > 0.5)',
  cause: 'the gradient is 0: the path is cut (a stopGradient, a value read as a number, or a rule that gives null)',
  title: 'A mask read after its numbers were written over',
  source: 'what version counters guard against: pytorch, "modified by an inplace operation"',
  notes: [
    'The forward pass writes the modified cosines over the cosines, and the backward pass asks again',
    'which were above the boundary: of the new numbers, not of those the loss was decided by. What',
    'moved across it gets the slope of the other side. A value that a derivative reads must stay what',
    'it was. No step of this engine can be written over, so only code from elsewhere can be so wrong.',
  ],
  written: {
    text: `
{
  value: ([c]: number[][]) => sumOf(c!.map((v) => (v > 0.5 ? (2 * v - 1) ** 2 : 0))),
  gradient: ([c]: number[][]) => {
    const x = c!.slice();
    x.forEach((v, i) => (x[i] = 2 * v - 1));
    return [x.map((v) => (v > 0.5 ? 4 * v : 0))];
  },
}`,
    make: () => ({
      value: ([c]: number[][]) => sumOf(c!.map((v) => (v > 0.5 ? (2 * v - 1) ** 2 : 0))),
      gradient: ([c]: number[][]) => {
        const x = c!.slice();
        x.forEach((v, i) => (x[i] = 2 * v - 1));
        return [x.map((v) => (v > 0.5 ? 4 * v : 0))];
      },
    }),
  },
  right: {
    text: `
{
  value: ([c]: number[][]) => sumOf(c!.map((v) => (v > 0.5 ? (2 * v - 1) ** 2 : 0))),
  gradient: ([c]: number[][]) => {
    const x = c!.slice();
    x.forEach((v, i) => (x[i] = 2 * v - 1));
    return [x.map((v, i) => (c![i]! > 0.5 ? 4 * v : 0))];
  },
}`,
    make: () => ({
      value: ([c]: number[][]) => sumOf(c!.map((v) => (v > 0.5 ? (2 * v - 1) ** 2 : 0))),
      gradient: ([c]: number[][]) => {
        const x = c!.slice();
        x.forEach((v, i) => (x[i] = 2 * v - 1));
        return [x.map((v, i) => (c![i]! > 0.5 ? 4 * v : 0))];
      },
    }),
  },
  decides: [{ text: 'v > 0.5', holds: (v) => v > 0.5 }, { text: '2 * v - 1 > 0.5', holds: (v) => 2 * v - 1 > 0.5 }],
  points: [[0.62, 0.9], [0.31, 0.7]],
};

export const snippetMistakes: readonly SnippetMistake[] = [powerTwo, deadBranch, maskInPlace, sineAtOne, gradientAddsUp];
