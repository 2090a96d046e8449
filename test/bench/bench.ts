// The speed of the built package: eager, compiled on one thread and on two; with `--peers` beside the other engines.
// Every engine has a process of its own; all take turns, workload by workload and round by round, so that a busy moment
// hits all of them. Results must agree with ours before any time counts; an engine whose result differs is said to differ
// and is not timed. The ceiling takes its turns beside ours, on as many threads: a share of it is the median of the shares
// of the rounds. What it compares with is installed into `peers/`, never with the package.
// `--json` prints the same as JSON; `--rounds N`; `--only TEXT` keeps workloads whose name holds TEXT; `--losses` runs the
// head with every loss over classes of the catalogue instead; `--steps` adds the plain reference, so that what each step of
// the engine gains is seen.

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { catalogue } from '../../src/losses/index.ts';
import { ceiling } from './ceiling.ts';

interface Workload {
  readonly name: string;
  readonly kind: string;
  readonly unit: 'ms' | 'µs' | 'GFLOP/s';
  readonly work: number;
}

interface Answer {
  readonly name?: string;
  readonly version?: string;
  readonly result?: readonly number[];
  readonly ms?: number;
  readonly peakMiB?: number;
  readonly missing?: string;
  /** Of the ceiling: GFLOP/s. */
  readonly rate?: number;
}

const folder = fileURLToPath(new URL('peers/', import.meta.url));

/** A process that answers one line for each line it is asked. */
class Engine {
  readonly title: string;
  version = '';
  peakMiB = 0;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(title: string, command: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.title = title;
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPENBLAS|MKL)_/.test(name)));
    this.#process = spawn(command[0]!, command.slice(1), { cwd: folder, env: { ...clean, ...environment } });
    this.#process.stderr.on('data', (text: Buffer) => (this.#errors += text.toString()));
    this.#process.stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async ask(request?: object): Promise<Answer> {
    if (request !== undefined) this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) return { missing: `the process ended: ${this.#errors.trim().split('\n').at(-1) ?? ''}`.slice(0, 100) };
    return JSON.parse(value) as Answer;
  }

  end(): void {
    this.#process.kill();
  }
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

const withPeers = process.argv.includes('--peers');
const withLosses = process.argv.includes('--losses');
/** Ours once more with 256-bit kernels, where this Node has them. */
const withWide = process.argv.includes('--wide');
/** From a plain loop to two threads: what each step of the engine gains. */
const withSteps = process.argv.includes('--steps');

function install(): void {
  if (existsSync(`${folder}node_modules/@jax-js`)) return;
  process.stderr.write('installing the peers into test/bench/peers/node_modules\n');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

function hasTorch(): boolean {
  try {
    execFileSync('python3', ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function engines(): Engine[] {
  const node = (title: string, file: string, ...args: string[]): Engine => new Engine(title, [process.execPath, file, ...args]);
  const modes = withLosses ? ['1'] : ['1', '2', 'eager', ...(withSteps ? ['reference'] : [])];
  const own = modes.map((mode) => node(`marginalia ${/\d/.test(mode) ? `${mode}T` : mode}`, 'marginalia.mjs', mode));
  if (withWide) for (const threads of ['1', '2']) own.push(node(`marginalia wide ${threads}T`, 'marginalia.mjs', threads, 'wide'));
  if (!withPeers) return own;
  const list = [
    ...own, node('jax-js 1T', 'jax-js.mjs', '1'), node('jax-js 2T', 'jax-js.mjs', '2'),
    node('tfjs wasm', 'tfjs.mjs', 'wasm'), node('tfjs cpu', 'tfjs.mjs', 'cpu'), node('ort-web 1T', 'onnxruntime.mjs', '1'), node('js-pytorch', 'js-pytorch.mjs'),
  ];
  if (hasTorch()) {
    const tuned = { MALLOC_MMAP_THRESHOLD_: '8589934592', MALLOC_TRIM_THRESHOLD_: '17179869184' };
    for (const threads of ['1', '2']) {
      list.push(new Engine(`torch ${threads}T`, ['python3', 'pytorch.py', threads]));
      list.push(new Engine(`tuned ${threads}T`, ['python3', 'pytorch.py', threads], tuned));
    }
  }
  return list;
}

/** Whether two results are the same to Float32's precision; sums of many terms are held to the size of the terms. */
function agree(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((x, i) => {
    const size = Math.max(Math.abs(a[i | 1] ?? x), Math.abs(b[i | 1] ?? x), Math.abs(x));
    return Math.abs(x - b[i]!) <= 1e-3 * size;
  });
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

interface Row {
  readonly workload: string;
  readonly unit: string;
  readonly cells: Record<string, { readonly median?: number; readonly best?: number; readonly note?: string }>;
  /** Of the ceiling, for ours on one thread and on two, where the work is mostly products. */
  readonly shares: readonly number[];
  /** By what is compared: how many times faster ours is, the median of the rounds. */
  readonly ratios: Readonly<Record<string, number>>;
}

/** What is compared: the time of one, the better of two where there are two, over that of ours. */
const comparisons: readonly (readonly [string, readonly string[], string])[] = [
  ['2T : 1T', ['marginalia 1T'], 'marginalia 2T'],
  ['jax-js 1T', ['jax-js 1T'], 'marginalia 1T'], ['jax-js 2T', ['jax-js 2T'], 'marginalia 2T'], ['tfjs wasm', ['tfjs wasm'], 'marginalia 1T'],
  ['torch 1T', ['torch 1T', 'tuned 1T'], 'marginalia 1T'], ['torch 2T', ['torch 2T', 'tuned 2T'], 'marginalia 2T'],
];

async function measure(workload: Workload, running: readonly Engine[], ceilings: readonly Engine[], rounds: number): Promise<Row> {
  const answers: Answer[] = [];
  for (const engine of running) answers.push(await engine.ask({ prepare: workload.name, workload }));
  const ours = answers[0]!.result;
  const notes = answers.map((answer) => {
    if (answer.missing !== undefined) return answer.missing;
    return ours !== undefined && agree(answer.result!, ours) ? undefined : 'differs';
  });
  const samples = running.map((): number[] => []);
  const shares = (/^W[13]|^head/.test(workload.name) ? ceilings : []).map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, engine] of running.entries()) {
      // An engine that needs seconds for a call says enough in three.
      if (notes[i] !== undefined || (answers[i]!.ms! > 1000 && round >= 3)) continue;
      const { ms, peakMiB } = await engine.ask({ sample: true });
      samples[i]!.push(ms!);
      shares[i]?.push(workload.work / ms! / 1e6 / (await ceilings[i]!.ask({})).rate!);
      engine.peakMiB = Math.max(engine.peakMiB, peakMiB ?? 0);
    }
  }
  const scale = (ms: number): number => {
    if (workload.unit === 'GFLOP/s') return workload.work / ms / 1e6;
    return workload.unit === 'µs' ? 1000 * ms : ms;
  };
  const cells = Object.fromEntries(running.map((engine, i) => [engine.title, notes[i] === undefined
    ? { median: scale(median(samples[i]!)), best: scale(Math.min(...samples[i]!)) }
    : { note: notes[i] }]));
  const timesOf = (title: string): readonly number[] => samples[running.findIndex((engine) => engine.title === title)] ?? [];
  const ratios = comparisons.flatMap(([name, others, own]): [string, number][] => {
    const theirs = others.map(timesOf).filter((times) => times.length > 0);
    const rounds = Math.min(...[...theirs, timesOf(own)].map(({ length }) => length));
    const perRound = timesOf(own).slice(0, theirs.length > 0 ? rounds : 0).map((ms, round) => Math.min(...theirs.map((times) => times[round]!)) / ms);
    return perRound.length > 0 ? [[name, median(perRound)]] : [];
  });
  return { workload: workload.name, unit: workload.unit, cells, shares: shares.map(median), ratios: Object.fromEntries(ratios) };
}

/** W6: whole processes, from their start to one gradient, in turns; `nothing` is Node alone. */
function firstGradient(rounds: number): Record<string, number> {
  const names = ['nothing', 'marginalia', ...(withPeers ? ['jax-js', 'tfjs cpu', 'js-pytorch'] : [])];
  const samples = names.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    names.forEach((name, i) => {
      const start = performance.now();
      execFileSync(process.execPath, ['first-gradient.mjs', name], { cwd: folder });
      samples[i]!.push(performance.now() - start);
    });
  }
  return Object.fromEntries(names.map((name, i) => [name, Math.round(median(samples[i]!))]));
}

const three = (x: number): string => (x >= 100 ? String(Math.round(x)) : x.toPrecision(3));

/** The table: a row for every workload; where the work is mostly products, what share of the ceiling ours reaches. */
function table(rows: readonly Row[], titles: readonly string[]): string {
  const head = ['', ...titles, 'of the ceiling'];
  const body = rows.map((row) => [`${row.workload} ${row.unit}`, ...titles.map((title) => {
    const { median: m, note } = row.cells[title]!;
    return m === undefined ? note === 'differs' ? 'differs' : '–' : three(m);
  }), row.shares.map((share) => share.toFixed(2)).join(' / ')]);
  return aligned([head, ...body]);
}

/** How many times faster ours is than each, round by round. */
function ratioTable(rows: readonly Row[]): string {
  const names = comparisons.map(([name]) => name).filter((name) => rows.some(({ ratios }) => name in ratios));
  if (names.length === 0) return '';
  const body = rows.map(({ workload, ratios }) => [workload, ...names.map((name) => (name in ratios ? ratios[name]!.toPrecision(3) : '–'))]);
  return `\nhow many times faster ours is\n${aligned([['', ...names], ...body])}\n`;
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines.map((line) => line.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]! + 2))).join('')).join('\n');
}

if (withPeers) install();
const { workloads, headOf } = await import(new URL('peers/workloads.mjs', import.meta.url).href) as {
  workloads: readonly Workload[]; headOf: (loss: string) => Workload;
};
const ids = Object.values(catalogue).filter((row) => row.inputs.join() === 'features,weights,labels').map((row) => row.id);
const chosen = (withLosses ? ids.map(headOf) : workloads).filter((w) => w.name.includes(option('--only') ?? ''));
const rounds = Number(option('--rounds') ?? 11);
const best = ceiling();
const kernel = [Buffer.from(best.bytes).toString('base64'), String(best.flops)];
const ceilings = (withLosses ? [1] : [1, 2]).map((threads) => new Engine(`ceiling ${threads}T`, [process.execPath, 'ceiling.mjs', String(threads), ...kernel]));
const running = engines();
for (const engine of [...running, ...ceilings]) engine.version = (await engine.ask()).version ?? '';
const rows: Row[] = [];
for (const workload of chosen) {
  rows.push(await measure(workload, running, ceilings, rounds));
  process.stderr.write(`${workload.name} done\n`);
}
for (const engine of [...running, ...ceilings]) engine.end();

const about = {
  node: process.version, cpu: cpus()[0]!.model, cores: cpus().length, load: loadavg().map((x) => Number(x.toFixed(2))), rounds,
  'ceiling of one thread, 128-bit multiply and add, at its best, GFLOP/s': Number(best.rate.toFixed(1)),
  versions: Object.fromEntries(running.map((e) => [e.title, e.version])),
  'peak MiB': Object.fromEntries(running.map((e) => [e.title, Math.round(e.peakMiB)])),
  'W6 first gradient ms': firstGradient(rounds),
};
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ ...about, rows }, null, 2)}\n`);
else {
  const say = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ') : String(value));
  process.stdout.write(`${Object.entries(about).map(([key, value]) => `${key}: ${say(value)}`).join('\n')}\n\n`);
  process.stdout.write(`${table(rows, running.map((e) => e.title))}\n${ratioTable(rows)}`);
  for (const row of rows) {
    for (const [title, { note }] of Object.entries(row.cells)) {
      if (note !== undefined) process.stdout.write(`${row.workload}, ${title}: ${note}\n`);
    }
  }
}
