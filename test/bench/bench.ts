// Speed of the own engine: W1, products of N×N matrices; W2, exp and the chain sum(exp(a·b + c)·tanh a), forward.
// Kernels are timed with their operands in WebAssembly memory, eager calls from tensor to tensor. All cases take turns
// in every round and the median is printed, so that a busy moment hits all of them; figures of one run are compared
// with each other and with the ceiling of the same run, median with median and best with best: on a machine that others
// use, samples longer than a slice of time are interrupted and only the best says what the kernel does.
// `--json` prints the same as JSON.

import { cpus, loadavg } from 'node:os';
import { productModule } from '../../src/compile/product-kernel.ts';
import { runContract } from '../../src/compile/contract.ts';
import { combineBlocks, blockCount, reduceModule } from '../../src/compile/reduce-kernel.ts';
import { compiledEngine, engineStatus } from '../../src/compile/index.ts';
import type { Body } from '../../src/compile/lanes.ts';
import { mapImports, mapModule } from '../../src/compile/map-kernel.ts';
import { Scratch } from '../../src/compile/memory.ts';
import { instantiate } from '../../src/compile/webassembly.ts';
import { add, exp, matmul, mul, sum, tanh, tensor, type Tensor, useEngine } from '../../src/index.ts';
import { ceiling } from './ceiling.ts';

interface Case {
  readonly name: string;
  readonly unit: 'GFLOP/s' | 'ns/element';
  /** Floating point operations, or elements, of one call. */
  readonly work: number;
  readonly call: () => void;
  /** Calls per sample: a sample lasts about a millisecond, so that most are not interrupted. */
  readonly repeat: number;
}

const rounds = 41;
const million = 2 ** 20;

function numbers(size: number, from: number, to: number): Float32Array {
  let state = size;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return from + ((to - from) * state) / 2 ** 32;
  });
}

const scratch = new Scratch();
const link = (module: { bytes(): Uint8Array<ArrayBuffer> }) => instantiate(module.bytes(), { ...mapImports, memory: scratch.memory });
const put = (values: Float32Array): number => {
  const at = scratch.take(4 * values.length);
  scratch.floats.set(values, at / 4);
  return at;
};

/** Results that must agree before any time counts. */
function check(name: string, actual: number, expected: number, tolerance: number): void {
  if (!(Math.abs(actual - expected) <= tolerance * Math.abs(expected))) throw new Error(`${name}: ${actual} instead of ${expected}`);
}

function onReference<T>(body: () => T): T {
  useEngine(undefined);
  try {
    return body();
  } finally {
    useEngine(compiledEngine);
  }
}

function products(): Case[] {
  const kernels = link(productModule({ left: 'none', right: 'none' }));
  const axes = { batch: [], sum: [[1, 0]] } as const;
  return [64, 128, 256, 512, 1024].flatMap((n): Case[] => {
    const [left, right] = [numbers(n * n, -1, 1), numbers(n * n, 0, 1)];
    const [a, b, out] = [put(left), put(right), scratch.take(4 * n * n)];
    const place = (address: number) => ({ address, shape: [n, n], strides: [n, 1] });
    const kernel = (): void => {
      const top = scratch.top;
      runContract(kernels, scratch, place(a), place(b), axes, out);
      scratch.release(top);
    };
    const [x, y] = [left, right].map((values) => tensor(values, { shape: [n, n] })) as [Tensor, Tensor];
    let last = 0;
    for (let k = 0; k < n; k++) last += left[(n - 1) * n + k]! * right[k * n + n - 1]!;
    kernel();
    check(`product ${n}`, scratch.floats[out / 4 + n * n - 1]!, last, 1e-3);
    check(`eager product ${n}`, matmul(x, y).data[n * n - 1]!, last, 1e-3);
    const [work, repeat] = [2 * n ** 3, Math.max(1, Math.floor(2e7 / n ** 3))];
    const cases: Case[] = [
      { name: `W1 ${n} kernel`, unit: 'GFLOP/s', work, repeat, call: kernel },
      { name: `W1 ${n} eager`, unit: 'GFLOP/s', work, repeat, call: () => void matmul(x, y) },
    ];
    if (n <= 256) cases.push({ name: `W1 ${n} reference`, unit: 'GFLOP/s', work, repeat: 1, call: () => void onReference(() => matmul(x, y)) });
    return cases;
  });
}

const chain: Body = (A, a, b, c) => A.mul(A.exp(A.add(A.mul(a, b), c)), A.tanh(a));

function elementwise(): Case[] {
  const expKernel = link(mapModule((A, x) => A.exp(x), ['runs']))['map']!;
  const chainKernel = link(mapModule(chain, ['runs', 'runs', 'runs']))['map']!;
  const { sumRows } = link(reduceModule());
  const cases = [1, 4].flatMap((times): Case[] => {
    const n = times * million;
    const values = numbers(n, -4, 4);
    const [from, out] = [put(values), scratch.take(4 * n)];
    const x = tensor(values);
    const kernel = (): void => void expKernel(out, 1, n, from, 0, 4);
    kernel();
    for (const i of [0, 1, n - 1]) check('exp', scratch.floats[out / 4 + i]!, Math.exp(values[i]!), 2e-7);
    return [
      { name: `W2 exp ${times}M kernel`, unit: 'ns/element', work: n, repeat: 1, call: kernel },
      { name: `W2 exp ${times}M eager`, unit: 'ns/element', work: n, repeat: 1, call: () => void exp(x) },
    ];
  });
  const n = million;
  const operands = [1, 2, 3].map((seed) => numbers(n + seed, -1, 1).subarray(0, n));
  const [a, b, c] = operands.map(put) as [number, number, number];
  const [product, blocks] = [scratch.take(4 * n), scratch.take(8 * blockCount(n))];
  let total = 0;
  const kernel = (): void => {
    chainKernel(product, 1, n, a, 0, 4, b, 0, 4, c, 0, 4);
    sumRows!(product, 1, n, 4 * n, blocks);
    total = combineBlocks(scratch.doubles(blocks, blockCount(n)), 0, blockCount(n), 1);
  };
  const [x, y, z] = operands.map((values) => tensor(values)) as [Tensor, Tensor, Tensor];
  const eager = (): number => sum(mul(exp(add(mul(x, y), z)), tanh(x))).item();
  kernel();
  check('chain', total, onReference(eager), 1e-6);
  check('eager chain', eager(), total, 1e-6);
  return [
    ...cases,
    { name: 'W2 chain 1M kernel', unit: 'ns/element', work: n, repeat: 1, call: kernel },
    { name: 'W2 chain 1M eager', unit: 'ns/element', work: n, repeat: 1, call: () => void eager() },
  ];
}

const top = ceiling();
const ceilingRounds = 2 ** 16;
const cases: readonly Case[] = [
  { name: 'ceiling: 128-bit multiply+add', unit: 'GFLOP/s', work: top.flops * ceilingRounds, repeat: 1, call: () => void top.run(ceilingRounds) },
  ...products(),
  ...elementwise(),
];

function sample({ call, repeat }: Case): number {
  const start = performance.now();
  for (let i = 0; i < repeat; i++) call();
  return (performance.now() - start) / repeat;
}

for (let i = 0; i < 5; i++) cases.forEach(sample);
const samples = cases.map((): number[] => []);
for (let round = 0; round < rounds; round++) cases.forEach((c, i) => samples[i]!.push(sample(c)));

const rate = ({ unit, work }: Case, ms: number): number => (unit === 'GFLOP/s' ? work / ms / 1e6 : (ms / work) * 1e6);
const results = cases.map((c, i) => {
  const times = samples[i]!.sort((x, y) => x - y);
  const at = (share: number): number => rate(c, times[Math.round(share * (times.length - 1))]!);
  return { name: c.name, unit: c.unit, median: at(0.5), best: at(0), slowTenth: at(0.9) };
});
const [highest] = results;
const about = {
  node: process.version, v8: process.versions.v8, cpu: cpus()[0]!.model, cores: cpus().length, load: loadavg().map((x) => Number(x.toFixed(2))),
  engine: engineStatus(), rounds,
};

if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ ...about, results }, null, 2)}\n`);
} else {
  process.stdout.write(`${Object.entries(about).map(([key, value]) => `${key} ${String(value)}`).join(' · ')}\n`);
  process.stdout.write(`${''.padEnd(32)}${'median'.padStart(9)}${'best'.padStart(9)}${'slow 10 %'.padStart(11)}\n`);
  for (const { name, unit, median, best, slowTenth } of results) {
    const shares = [median / highest!.median, best / highest!.best].map((x) => x.toFixed(2));
    const share = unit === 'GFLOP/s' ? `  ${shares.join(' / ')} of the ceiling` : '';
    const [m, b, s] = [median, best, slowTenth].map((x) => x.toFixed(2));
    process.stdout.write(`${name.padEnd(32)}${m!.padStart(9)}${b!.padStart(9)}${s!.padStart(11)}  ${unit}${share}\n`);
  }
}
