// Below Node 24 the option says why it stays off; the flags it sets and takes back are seen on a host that only notes
// them. From Node 24 on the real thing runs.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { compilation } from '../../src/compile/wasm/webassembly.ts';
import { runKernels, type WideHost, widen } from '../../src/compile/wide.ts';
import { primitives } from '../../src/primitives/index.ts';
import * as m from '../../src/index.ts';
import { root } from '../source.ts';
import { bitsOf, randomArray } from './kernels.ts';

const flags: string[] = [];
const host = (given: Partial<WideHost> = {}): WideHost => ({
  node: '24.1.0', arch: 'x64', setFlag: (flag) => flags.push(flag), outcomes: () => [Float32Array.of(1, NaN)], ...given,
});
const isOld = Number.parseInt(process.versions.node) < 24 || process.arch !== 'x64';
const built = join(root, 'dist/index.js');
const [on, off] = ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'];

describe('the wide option', () => {
  beforeEach(() => {
    flags.length = 0;
    Object.assign(compilation, { modules: 0, isWide: false, width: undefined });
  });

  it('compares kernels optimised without the flag with kernels optimised with it', () => {
    const seen: string[] = [];
    const outcomes = (): Float32Array[] => {
      seen.push(`${flags.at(-1)!} ${compilation.isWide}`);
      return [Float32Array.of(1, NaN)];
    };
    expect(widen(host({ outcomes }))).toBeUndefined();
    expect(seen).toEqual([`${off} false`, `${on} true`]);
    expect(flags).toEqual(['--no-liftoff', off, on, '--liftoff']);
    expect(compilation.isWide).toBe(true);
  });

  it.each([['another number', 1.0000001], ['another zero', -0], ['a NaN', NaN]])('is taken back for %s', (_, last) => {
    const results = [Float32Array.of(5, 0), Float32Array.of(5, last)];
    expect(widen(host({ outcomes: () => [Float32Array.of(2), results.shift()!] }))).toBe('the self-test gave other bits');
    expect(flags.slice(-2)).toEqual(['--liftoff', off]);
    expect(compilation.isWide).toBe(false);
  });

  it('is taken back when a kernel fails', () => {
    const outcomes = (): never[] => {
      if (compilation.isWide) throw new RangeError('no code space');
      return [];
    };
    expect(() => widen(host({ outcomes }))).toThrow('no code space');
    expect(flags.slice(-2)).toEqual(['--liftoff', off]);
    expect(compilation.isWide).toBe(false);
  });

  it('touches no flag where it cannot help', () => {
    expect(widen(host({ node: '22.23.3' }))).toBe('256 need Node 24 or newer, this is 22.23.3');
    expect(widen(host({ node: '' }))).toBe('256 need Node 24 or newer');
    expect(widen(host({ arch: 'arm64' }))).toBe('256 need an x64 processor, this is arm64');
    m.compile((x: m.Tensor) => m.exp(x), { threads: 1 })(1);
    expect(widen(host())).toBe('some were compiled before useWideKernels was called');
    expect(flags).toEqual([]);
  });

  it('is refused inside a trace', () => {
    expect(() => m.trace((x: m.Tensor) => {
      m.useWideKernels();
      return x;
    }, [m.tensor(1)])).toThrow(m.TraceError);
  });

  it('tests itself on kernels of every sort, which give the same bits every time', () => {
    const results = runKernels();
    const maps = primitives.filter(({ kind }) => kind === 'map').length;
    expect(results.length).toBeGreaterThanOrEqual(maps + 6);
    expect(compilation.modules).toBeGreaterThan(maps);
    expect(runKernels().map(bitsOf)).toEqual(results.map(bitsOf));
    // Rows of a softmax sum to 1: their columns together to the number of rows.
    expect(results.at(-2)![0]).toBeCloseTo(37, 4);
  });

  it('says what holds, and so do the engine and programs', () => {
    const said = m.useWideKernels();
    if (isOld) expect(said).toMatch(/^kernels run 128 bits wide: 256 need /);
    else expect(said).toBe('kernels run 256 bits wide where V8 pairs their instructions');
    expect(m.useWideKernels()).toBe(said);
    const f = m.compile((x: m.Tensor) => m.mul(x, x), { threads: 1 });
    f(2);
    expect(f.status()).toEqual([said]);
    const x = m.tensor(randomArray(5003, 1));
    const roots = m.sqrt(m.abs(x));
    expect(m.engineStatus()).toBe(`large steps run on WebAssembly kernels; ${said}`);
    m.useEngine(undefined);
    expect(bitsOf(roots.data as Float32Array)).toEqual(bitsOf(m.sqrt(m.abs(x)).data as Float32Array));
    m.useEngine(m.compiledEngine);
  });

  it.skipIf(isOld || !existsSync(built))('makes V8 pair the instructions of both kinds of product (Node 24)', () => {
    const script = `import(${JSON.stringify(built)}).then((m) => console.log(m.useWideKernels()))`;
    const text = execFileSync(process.execPath, ['--trace-wasm-revectorize', '-e', script], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    expect(text).toContain('kernels run 256 bits wide');
    expect(text.match(/Decide to vectorize/g)!.length).toBeGreaterThanOrEqual(6);
  });
});
