// `marginalia compare` from outside: finished cells are kept, missing and broken ones are run, and the table is written in
// every form.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { compare } from '../../src/cli/compare.ts';
import { encodePgm, faces } from '../../src/data/index.ts';
import { run, start } from './run.ts';

const out = mkdtempSync(join(tmpdir(), 'marginalia-compare-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const small = [
  '--losses', 'am-softmax', '--people', '8', '--images', '5', '--side', '8', '--network', 'mlp', '--embedding', '4', '--epochs',
  '1', '--batch', '10', '--out', out,
];

/** Runs the command in this process and gives what it printed. */
async function inside(...args: string[]): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((part) => Boolean((text += String(part))));
  try {
    expect(await compare.run(args)).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return text;
}

const read = (name: string): string => readFileSync(join(out, name), 'utf8');
const times = (): Record<string, number> =>
  Object.fromEntries(readdirSync(join(out, 'cells')).map((name) => [name, statSync(join(out, 'cells', name)).mtimeMs]));

describe('a comparison', () => {
  it('trains every loss with four settings and then with every seed, the reference among them', async () => {
    const text = await inside(...small, '--seeds', '1');
    expect(text).toMatch(/^2 losses × \(4 settings \+ 1 seed\) = 10 cells, on 40 images of 8 people$/m);
    expect(readdirSync(join(out, 'cells')).sort()).toEqual(['am-softmax', 'normface'].flatMap((loss) =>
      [...[1, 2, 3, 4].map((i) => `${loss}-choose-${i}.json`), `${loss}-seed-1.json`]));
    expect(text).toMatch(/^am-softmax +[+−][\d.]+ +one seed tells no noise$/m);
    for (const line of text.split('\n').filter((one) => !one.includes(out))) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('keeps the cells it has, and runs what is missing or broken', async () => {
    const before = times();
    const text = await inside(...small, '--seeds', '2', '--wide');
    expect(text).toMatch(/^10 cells were there already$/m);
    expect(text).toContain(`${(JSON.parse(read('compare.json')) as { kernels: string }).kernels}\n2 losses`);
    expect(text).toMatch(/^kernels run /);
    expect(text).toMatch(/^am-softmax +[+−][\d.]+ \[[+−][\d.]+, [+−][\d.]+\] +(better|worse|within noise)$/m);
    const between = times();
    expect(Object.keys(between)).toHaveLength(12);
    for (const [name, time] of Object.entries(before)) expect([name, between[name]]).toEqual([name, time]);
    writeFileSync(join(out, 'cells', 'normface-seed-2.json'), '{ half');
    expect(await inside(...small, '--seeds', '2')).toMatch(/^11 cells were there already$/m);
    const renamed = ['measures', 'result', 'plan', 'finalLoss', 'curve', 'TAR 1e-3'].map((word) => `"${word}":`);
    const path = join(out, 'cells', 'normface-seed-1.json');
    const whole = JSON.parse(readFileSync(path, 'utf8')) as { cell: { result: unknown } };
    for (const word of renamed) {
      writeFileSync(path, readFileSync(path, 'utf8').replace(word, '"x":'));
      expect([word, await inside(...small, '--seeds', '2')])
        .toEqual([word, expect.stringMatching(/^11 cells were there already$/m)]);
    }
    expect((JSON.parse(readFileSync(path, 'utf8')) as typeof whole).cell.result).toEqual(whole.cell.result);
  });

  it('keeps the cells of another plan, and refuses to go on', async () => {
    const before = times();
    const args = [...small, '--seeds', '2'].map((word, i, all) => (all[i - 1] === '--epochs' ? '2' : word));
    await expect(compare.run(args)).rejects.toThrow(
      /normface-choose-1\.json holds a cell of another plan; another --out keeps it/);
    const path = join(out, 'cells', 'normface-seed-1.json');
    const own = readFileSync(path, 'utf8');
    writeFileSync(path, own.replace('"rate":0.1', '"rate":0.2'));
    await expect(inside(...small, '--seeds', '2')).rejects.toThrow(/normface-seed-1\.json holds a cell of another plan/);
    writeFileSync(path, own);
    expect(Object.keys(times())).toEqual(Object.keys(before));
  });

  it('knows its pictures under any path, and has its folder to itself', async () => {
    const [place, data] = [join(out, 'pictures'), join(out, 'people')];
    const { images, labels } = faces({ people: 8, images: 3, seed: 1, size: 8 });
    images.forEach((image, i) => {
      mkdirSync(join(data, `p${labels[i]}`), { recursive: true });
      writeFileSync(join(data, `p${labels[i]}`, `${i}.pgm`), encodePgm(image));
    });
    mkdirSync(join(data, 'nobody'));
    const args = ['--losses', 'normface', '--seeds', '1', ...small.slice(6, -1), place, '--data'];
    expect(await inside(...args, data))
      .toMatch(/^1 loss × \(4 settings \+ 1 seed\) = 5 cells, on 24 images of 8 people \(1 folder empty\)$/m);
    expect(existsSync(join(place, 'run.lock'))).toBe(false);
    // As cells were written when the path was part of their plan.
    const old = join(place, 'cells', 'normface-seed-1.json');
    writeFileSync(old, readFileSync(old, 'utf8').replace('"checksum"', '"source":{"data":"people"},"checksum"'));
    expect(readFileSync(old, 'utf8')).toContain('"source"');
    expect(await inside(...args, `${relative(process.cwd(), data)}/`)).toMatch(/^5 cells were there already$/m);
    writeFileSync(join(place, 'run.lock'), String(process.ppid));
    await expect(compare.run([...args, data])).rejects.toThrow(/run\.lock/);
    rmSync(join(place, 'run.lock'));
  });

  it('that Ctrl-C ends keeps its cells, says how to go on, and leaves with 130', async () => {
    const place = join(out, 'ctrl-c');
    const { code, err } = await start(['compare', ...small.slice(0, -1), place, '--threads', '1'], (child) => {
      // The first line tells the plan, the second is that of a finished cell.
      child.stdout!.on('data', (text: Buffer) => void (text.includes(' s\n') && child.kill('SIGINT')));
    });
    expect(code).toBe(130);
    const cells = readdirSync(join(place, 'cells'));
    expect(err)
      .toBe(`interrupted after ${cells.length} of 18 cells, kept in ${join(place, 'cells')}; the same command goes on\n`);
    expect(cells.length).toBeLessThan(18);
    expect(readdirSync(place)).toEqual(['cells']);
  });

  it('says the same as JSON, Markdown, values and a page', async () => {
    const json = JSON.parse(await inside(...small, '--seeds', '2', '--json')) as {
      judgedBy: string; losses: { loss: string; measures: { 'rank-1': { mean: number; standardError: number } } }[]
    };
    expect([json.judgedBy, json.losses.map(({ loss }) => loss)]).toEqual(['AUC', ['normface', 'am-softmax']]);
    const { mean, standardError } = json.losses[1]!.measures['rank-1'];
    expect(read('compare.md'))
      .toContain(`| am-softmax | – | – | – | ${(100 * mean).toFixed(2)} ± ${(100 * standardError).toFixed(2)} |`);
    expect(read('compare.csv')).toContain(`am-softmax,,,,,,,${mean},${standardError},`);
    expect(read('compare.html'))
      .toContain(`<td class="number">${(100 * mean).toFixed(2)} ± ${(100 * standardError).toFixed(2)}</td>`);
    expect((JSON.parse(read('compare.json')) as { cells: unknown[] }).cells).toHaveLength(12);
  });

  it.each([
    ['a loss that does not exist', ['--losses', 'arcface'], /arcface/],
    ['no loss', ['--losses', ','], /--losses ,: names no loss/],
    ['a loss that needs more than an embedding', ['--losses', 'hdc'], /features\[3\]/],
    ['a share out of range', ['--held-out', '0'], /--held-out 0/],
    [
      'people too few to choose settings on', ['--people', '6', '--images', '2', '--side', '8'],
      /--held-out 0\.25 of 6 people.* Use --held-out 0\.4/,
    ],
    ['no thread', ['--threads', '0'], /--threads 0: a whole number ≥ 1/],
    ['a word that is no option', ['faces'], /'faces' is no option/],
  ])('is refused for %s', async (_, args, reason) => {
    await expect(compare.run([...args, '--out', join(out, 'none')])).rejects.toThrow(reason);
    expect(existsSync(join(out, 'none'))).toBe(false);
  });

  it('is refused in one line on stderr', () => {
    expect(run(['compare', '--data', 'no/such/folder', '--out', join(out, 'none')])).toEqual({
      code: 2, out: '', err: 'marginalia: no/such/folder: no such file or folder\n',
    });
  });
});
