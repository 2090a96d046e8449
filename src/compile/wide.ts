// The wide option: V8's experimental pass that makes one 256-bit instruction out of two of 128 bits, switched on before
// anything is compiled, and only if kernels of every sort then give the bits they gave without it. The kernels
// themselves know nothing of it. Node only.

import { message, TraceError } from '../base/errors.ts';
import { bits } from '../base/random.ts';
import { currentRecorder, fromValue, type Tensor, Value } from '../graph/index.ts';
import { contract, div, exp, fold, maxAxes, permute, primitives, sub, sumAxes } from '../primitives/index.ts';
import { compile } from './compile.ts';
import { makeEngine } from './engine.ts';
import { forgetModules } from './emit.ts';
import { obstacle } from './machine.ts';
import { builtin } from './pool.ts';
import { compilation } from './wasm/webassembly.ts';

const firstNode = 24;
const widening = 'experimental-wasm-revectorize';

/** What the option asks of its host. */
export interface WideHost {
  /** The version of Node, empty elsewhere. */
  readonly node: string;
  readonly arch: string;
  readonly setFlag: (flag: string) => void;
  /** The results of kernels of every sort. */
  readonly outcomes: () => readonly Float32Array[];
}

/** A value of a fixed seed. Of four numbers `free` may have whatever bits, the others lie between −4 and 4. */
function value(seed: number, shape: readonly number[], free = 0): Value {
  const words = bits(seed, 0, shape.reduce((size, n) => size * n, 1));
  const wild = new Float32Array(words.buffer);
  return new Value('f32', shape, Float32Array.from(words, (word, i) => (i % 4 < free ? wild[i]! : word / 2 ** 29)));
}

/** A softmax of products and sums over it, and a transposed convolution: sizes that leave something over everywhere. */
function program(x: Tensor, w: Tensor, image: Tensor, windows: Tensor): Tensor[] {
  const z = contract(x, w, { batch: [], sum: [[1, 1]] });
  const e = exp(sub(z, maxAxes(z, [1])));
  const p = div(e, sumAxes(e, [1]));
  const parts = permute(contract(image, windows, { batch: [], sum: [[1, 0]] }), [0, 3, 1, 2, 4, 5]);
  const folded = fold(parts, { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], size: [13, 13] });
  return [z, p, contract(p, w, { batch: [], sum: [[1, 0]] }), sumAxes(p, [0]), sumAxes(p, [0, 1]), folded];
}

/** Runs every map and the program above, each kernel compiled at once as V8 will compile it once it has run for long. */
export function runKernels(): Float32Array[] {
  const { engine } = makeEngine({ map: 0, reduce: 0, contract: 0 });
  const operands = [value(1, [3, 87], 1), value(2, [3, 87], 1), value(3, [3, 87])];
  const [rows, columns] = [value(4, [37, 131]), value(5, [43, 131])];
  const steps = primitives.map((primitive) => {
    if (primitive.kind === 'map') return engine(primitive, operands, { bits: 8 });
    return primitive.kind === 'reduce' ? engine(primitive, [rows], { axes: [1] }) : undefined;
  });
  const inputs = [rows, columns, value(6, [2, 11, 11, 11]), value(7, [11, 7, 3, 3])].map(fromValue);
  const results = compile(program, { threads: 1 })(...inputs as [Tensor, Tensor, Tensor, Tensor]);
  return [...steps.flatMap((x) => (x === undefined ? [] : [x.data()])), ...results.map((x) => x.data)] as Float32Array[];
}

/** Every NaN counts as one. */
const same = (a: Float32Array, b: Float32Array): boolean => a.length === b.length && a.every((x, i) => Object.is(x, b[i]));

/** Switches the option on and gives undefined, or says why it stays off. */
export function widen({ node, arch, setFlag, outcomes }: WideHost): string | undefined {
  if (!(Number.parseInt(node) >= firstNode)) return `256 need Node ${firstNode} or newer${node && `, this is ${node}`}`;
  if (arch !== 'x64') return `256 need an x64 processor, this is ${arch}`;
  const reason = obstacle();
  if (reason !== undefined) return reason;
  if (compilation.modules > 0) return 'some were compiled before useWideKernels was called';
  let agree = false;
  try {
    // Otherwise the first runs would meet the quick compiler, which makes nothing wide.
    setFlag('--no-liftoff');
    setFlag(`--no-${widening}`);
    const narrow = outcomes();
    forgetModules();
    setFlag(`--${widening}`);
    compilation.isWide = true;
    const wide = outcomes();
    agree = narrow.every((x, i) => same(x, wide[i]!));
  } finally {
    setFlag('--liftoff');
    if (!agree) {
      compilation.isWide = false;
      setFlag(`--no-${widening}`);
      forgetModules();
    }
  }
  return agree ? undefined : 'the self-test gave other bits';
}

/**
 * Lets kernels run 256 bits wide where V8 pairs their instructions, which it does in products: an experimental pass in
 * Node 24 and newer, off by default. It is kept only if kernels of every sort give the same bits with it (about a second).
 *
 * Edges     before anything was compiled, or nothing changes; holds for the process and its threads
 * Returns   what holds now, in one sentence; `engineStatus()` and `status()` of programs say it too
 * Throws    TraceError inside a trace
 */
export function useWideKernels(): string {
  if (currentRecorder() !== undefined) {
    throw new TraceError(message('useWideKernels inside a trace', 'It runs kernels, and a trace records', 'Call it first'));
  }
  if (compilation.width === undefined) {
    const { versions, arch = '' } = builtin<{ versions: { node?: string }; arch: string }>('node:process') ?? {};
    const v8 = builtin<{ setFlagsFromString: (flag: string) => void }>('node:v8');
    const setFlag = (flag: string): void => v8!.setFlagsFromString(flag);
    const reason = widen({ node: versions?.node ?? '', arch, setFlag, outcomes: runKernels });
    compilation.width = reason === undefined
      ? 'kernels run 256 bits wide where V8 pairs their instructions'
      : `kernels run 128 bits wide: ${reason}`;
  }
  return compilation.width;
}
