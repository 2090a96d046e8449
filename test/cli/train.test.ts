// `marginalia train` from outside: what it writes, what it refuses, and that a run which is interrupted, killed or out of
// disk space goes on bit for bit as if nothing had happened.

import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { train } from '../../src/cli/train.ts';
import { bar, clock, epochLine, listLines } from '../../src/cli/train-text.ts';
import { encodePgm } from '../../src/data/index.ts';
import { Stream } from '../../src/data/random.ts';
import type * as judging from '../../src/train/judge.ts';
import { command, run, start } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'marginalia-train-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const place = (name: string): string => join(folder, name);

/** Two steps an epoch on twenty made-up pictures. */
const tiny = (given: Readonly<Record<string, string>> = {}): string[] => Object.entries({
  network: 'mlp', side: '8', embedding: '2', people: '4', images: '5', 'held-out': '0', batch: '10', loss: 'normface',
  rate: '0.02', ...given,
}).flatMap(([name, value]) => [`--${name}`, value]);
const checkpointOf = (name: string): Buffer => readFileSync(join(place(name), 'checkpoint.safetensors'));
const recordOf = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(place(name), 'run.json'), 'utf8')) as Record<string, unknown>;

/** Runs the command in this process and gives what it printed. */
async function inside(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text)))),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text)))),
  ];
  try {
    return { code: await train.run(args), out, err };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** One picture of everybody: no two are of one person. */
function people(): void {
  for (const person of ['a', 'b', 'c', 'd']) {
    mkdirSync(place(`people/${person}`), { recursive: true });
    writeFileSync(
      place(`people/${person}/1.pgm`),
      encodePgm({ width: 8, height: 8, channels: 1, pixels: Uint8Array.from({ length: 64 }, (_, i) => i * person.charCodeAt(0)) })
    );
  }
}

const embedded = vi.hoisted(() => ({ times: 0 }));
vi.mock('../../src/train/judge.ts', async (original) => {
  const real = await original<typeof judging>();
  return { ...real, embed: (...args: Parameters<typeof judging.embed>) => (embedded.times++, real.embed(...args)) };
});

describe('a run', () => {
  it.each(['0', '0.5'])('of which %s of the people are held out embeds its pictures once', async (share) => {
    embedded.times = 0;
    const out = place(`once-${share}`);
    expect((await inside(...tiny({ epochs: '1', 'held-out': share, images: '10', out }))).code).toBe(0);
    expect(embedded.times).toBe(1);
    expect(existsSync(join(out, 'embedding.svg'))).toBe(true);
  });

  it('is gone on with only under its own settings, which are called as their options are', async () => {
    await inside(...tiny({ epochs: '1', out: place('own') }));
    const told: [string[], RegExp][] = [
      [['--warm-up', '0.5'], /^train: --warm-up 0\.5 was given and the run in .* has 0\.05; leave it out/],
      [['--held-out', '0.5'], /--held-out 0\.5 was given .* has 0;/], [['--set', 's=8'], /--set s=8 was given .* has none;/],
    ];
    for (const [args, reason] of told) await expect(train.run(
      [...args, '--resume', '--out', place('own')]
    )).rejects.toThrow(reason);
  });

  it('prints a line per epoch, and leaves its record, its checkpoint and pictures', async () => {
    const { code, out } = await inside(...tiny({ epochs: '2', 'held-out': '0.5', images: '10', out: place('plain') }));
    expect(code).toBe(0);
    expect(out).not.toContain('\u001b');
    expect(out.match(/^epoch \d\/2 {2}loss .* rate [\d.e-]+/gm)).toHaveLength(2);
    expect(out).toMatch(/^people not trained on: {2}AUC [\d.]+ %/m);
    expect(readdirSync(place('plain')).sort()).toEqual(['checkpoint.safetensors', 'embedding.svg', 'history.svg', 'run.json']);
    expect(recordOf('plain')).toMatchObject({
      state: 'done', settings: { loss: 'normface', rate: 0.02, seed: 1 }, source: { data: 'faces', people: 4 }, steps: 4,
      position: { epoch: 2, step: 4 }, versions: { node: process.versions.node },
    });
    expect((recordOf('plain')['history'] as unknown[]).length).toBe(2);
  });

  it('gives the same bits on one thread and on two wide ones, and its record says how many and what became of --wide', () => {
    for (const threads of ['1', '2']) {
      const args = tiny({ network: 'lenet-small', side: '16', epochs: '1', threads, out: place(`on-${threads}`) });
      const { code, out, err } = run(['train', ...args, ...(threads === '2' ? ['--wide'] : [])]);
      expect([code, err]).toEqual([0, '']);
      expect(recordOf(`on-${threads}`)).toMatchObject({ state: 'done', threads: Number(threads) });
      const said = /^kernels run (128|256) bits wide.*/m.exec(out);
      expect(recordOf(`on-${threads}`)['kernels']).toBe(said?.[0]);
      expect(said?.[1]).toBe(threads === '1' ? undefined : Number.parseInt(process.versions.node) < 24 ? '128' : '256');
      // What is not built has no workers.
      if (command.at(-1)!.endsWith('main.js')) expect(out.includes('programs run on 2 threads')).toBe(threads === '2');
    }
    expect(checkpointOf('on-1')).toEqual(checkpointOf('on-2'));
  });

  it('that is there is neither overwritten nor continued with other settings; done, it is only reported again', async () => {
    const before = checkpointOf('plain');
    await expect(train.run(tiny({ out: place('plain') }))).rejects.toThrow(/holds a run/);
    await expect(train.run(['--resume', '--rate', '0.5', '--out', place('plain')])).rejects.toThrow(/rate 0.5 .* has 0.02/);
    const { code, out } = await inside('--resume', '--out', place('plain'), '--json');
    expect([code, (JSON.parse(out) as { state: string }).state]).toEqual([0, 'done']);
    expect(checkpointOf('plain')).toEqual(before);
  });

  it('that diverges ends with 1, the step and the primitive, and a checkpoint from before it', async () => {
    const { code, err } = await inside(
      ...tiny({ rate: '1e30', 'warm-up': '0', schedule: 'constant', epochs: '2', out: place('wild') }));
    expect(code).toBe(1);
    expect(err).toMatch(/^marginalia: step 2 was not done, .* contract in network\/layers\/1\/2 .*Lower the learning rate/);
    expect(recordOf('wild')).toMatchObject({ state: 'diverged', position: { step: 1 } });
  });

  it('that leaves finite weights and no finite embedding diverged too, and names the primitive', async () => {
    const { code, err } = await inside(...tiny(
      { rate: '1e30', 'warm-up': '0', schedule: 'constant', epochs: '1', network: 'mlp', batch: '64', out: place('far') }
    ));
    expect(code).toBe(1);
    expect(err).toMatch(/^marginalia: the steps were done, .* not finite\. The first is contract in network\/layers\/1\/2 .*Lower the learning rate/);
    expect(recordOf('far')).toMatchObject({ state: 'diverged', position: { step: 1 } });
  });

  it('of pictures that have changed is not continued', async () => {
    await inside(...tiny({ epochs: '1', out: place('other') }));
    const path = join(place('other'), 'run.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"images": 5', '"images": 6'));
    await expect(train.run(['--resume', '--out', place('other')])).rejects.toThrow(/not those the run/);
  });

  it('whose record is lost goes on with the settings of its checkpoint, and with no others', async () => {
    const out = place('lost');
    await inside(...tiny({ epochs: '2', seed: '3', out }));
    const before = checkpointOf('lost');
    const path = join(out, 'run.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"rate": 0.02', '"rate": 0.03'));
    await expect(train.run(['--resume', '--out', out])).rejects.toThrow(/run\.json has other settings than its checkpoint/);
    writeFileSync(path, 'half');
    await expect(train.run(['--resume', '--out', out])).rejects.toThrow(
      /run\.json: it is no JSON\. .* goes on from the checkpoint/);
    rmSync(path);
    await expect(train.run(
      [...tiny({ loss: 'arc-softmax', epochs: '2', out }), '--resume']
    )).rejects.toThrow(/--loss arc-softmax was given .* normface/);
    expect((await inside('--resume', '--people', '4', '--images', '5', '--side', '8', '--held-out', '0', '--out', out)).code)
      .toBe(0);
    expect(recordOf('lost')).toMatchObject({ state: 'done', settings: { loss: 'normface', seed: 3, rate: 0.02 } });
    expect(checkpointOf('lost')).toEqual(before);
  });

  it('finds its pictures from anywhere, and where they were moved to when it is told', async () => {
    people();
    writeFileSync(place('people/a/x.jpg'), '');
    mkdirSync(place('people/empty'));
    const given = `${relative(process.cwd(), place('people'))}/`;
    const { out } = await inside(
      '--data', given, '--side', '8', '--network', 'mlp', '--held-out', '0', '--epochs', '1', '--batch', '4', '--out',
      place('moved'));
    expect(out).toContain(`${given}: 4 images of 4 people (1 file is no picture, 1 folder empty)\n1 step;`);
    expect(recordOf('moved')).toMatchObject({ source: { data: place('people') } });
    renameSync(place('people'), place('elsewhere'));
    await expect(train.run(['--resume', '--out', place('moved')])).rejects.toThrow(/no such file/);
    expect((await inside('--resume', '--data', place('elsewhere'), '--out', place('moved'))).code).toBe(0);
    expect(recordOf('moved')).toMatchObject({ source: { data: place('elsewhere') } });
  });

  it('has its folder to itself while it lives', async () => {
    const [out, lock] = [place('mine'), place('mine/run.lock')];
    mkdirSync(out);
    for (const [holder, said] of [[String(process.ppid), `process ${process.ppid}`], ['', 'process \\?']]) {
      writeFileSync(lock, holder!);
      await expect(train.run(tiny({ epochs: '1', out }))).rejects.toThrow(new RegExp(`^${out}: ${said} .* remove ${lock}`));
      expect(readdirSync(out)).toEqual(['run.lock']);
    }
    for (const dead of [spawnSync('true').pid, process.pid]) {
      writeFileSync(lock, String(dead));
      expect((await inside(...tiny({ epochs: '1', out }), '--resume')).code).toBe(0);
      expect(existsSync(lock)).toBe(false);
    }
  });

  it.each([
    ['a loss that does not exist', ['--loss', 'arcface'], /arcface/],
    ['a parameter the loss does not have', ['--loss', 'normface', '--set', 't=2'], /'t'/],
    ['a rate that is no number', ['--rate', 'fast'], /--rate fast/],
    ['a rate out of range', ['--rate', '0'], /^--rate 0\./],
    ['a share out of range', ['--held-out', '1'], /--held-out 1/],
    ['seconds below 0', ['--save-every=-1'], /--save-every -1: seconds ≥ 0/],
    [
      'a value that looks like an option', ['--weight-decay', '-1'],
      /^--weight-decay is followed by -1; .* written --weight-decay=-1$/
    ],
    ['an option in the place of a value', ['--weight-decay', '--json'], /^--weight-decay is given without a value; see/],
    ['a momentum that never fades', ['--momentum', '1'], /^--momentum 1\. It is a number from 0 to below 1/],
    ['a setting by the name of its option', ['--warm-up', '2'], /^--warm-up 2\. It is a number from 0 to 1\. Use 0\.05\.$/],
    ['a decay that grows', ['--weight-decay=-1'], /^--weight-decay -1\. It is a number ≥ 0/],
    ['a network misspelt', ['--network', 'lenet-smal'], /^--network 'lenet-smal'\. .* perhaps lenet-small\.$/],
    ['an option misspelt', ['--optimiser', 'adam'], /^Unknown option '--optimiser', perhaps --optimizer; see/],
    [
      'one person to judge by', ['--people', '5', '--images', '2', '--side', '8'],
      /--held-out 0\.2 of 5 people.* Use --held-out 0\.3/,
    ],
    [
      'one person to train on', ['--people', '20', '--images', '2', '--side', '8', '--held-out', '0.99'],
      /--held-out 0\.99 of 20 people.* Use --held-out 0\.9,/,
    ],
    ['people too few for any share', ['--people', '3', '--images', '2', '--side', '8'], /Give more people/],
    ['no thread', ['--threads', '0'], /--threads 0: a whole number ≥ 1/],
    ['a word that is no option', ['faces'], /'faces' is no option/],
    ['a folder without data', ['--data', 'docs'], /no data among them/],
  ])('is refused for %s', async (_, args, reason) => {
    await expect(train.run([...args, '--out', place('none')])).rejects.toThrow(reason);
    expect(existsSync(place('none'))).toBe(false);
  });

  it('that cannot be judged keeps its last step', async () => {
    people();
    const args = [
      '--data', place('people'), '--side', '8', '--network', 'mlp', '--held-out', '0.5', '--epochs', '2', '--batch', '2', '--out',
      place('unjudged'),
    ];
    await expect(inside('--loss', 'normface', ...args)).rejects.toThrow(/genuine/);
    expect(recordOf('unjudged'))
      .toMatchObject({ state: 'failed', reason: expect.stringContaining('genuine') as string, position: { epoch: 2, step: 2 } });
    expect(checkpointOf('unjudged').length).toBeGreaterThan(1000);
  });

  it('is refused in one line on stderr', () => {
    const { code, out, err } = run(['train', '--data', 'no/such/folder', '--out', place('none')]);
    expect([code, out, err]).toEqual([2, '', 'marginalia: no/such/folder: no such file or folder\n']);
  });
});

describe('what is shown', () => {
  it('fits a terminal and says times as clocks do', () => {
    expect([clock(7.4), clock(754), clock(3723)]).toEqual(['0:07', '12:34', '1:02:03']);
    expect([bar(0, 4), bar(0.5, 4), bar(1.2, 4)]).toEqual(['────', '━━──', '━━━━']);
    expect(listLines('people:', ['AUC 71 %', 'EER 34 %', `TAR ${'9'.repeat(60)}`]))
      .toBe(`people:  AUC 71 %  EER 34 %\n  TAR ${'9'.repeat(60)}`);
    const record = { epoch: 3, step: 9, loss: 12.345, accuracy: 0.5, support: 0.123, rate: 0.01 };
    expect(epochLine(record, 12, true, 1234.5))
      .toBe('epoch  3/12  loss 12.35  right 50.0%  support 12.3%  rate 0.010  1,235 images/s');
    expect(epochLine(record, 12, false, 0)).toBe('epoch  3/12  loss 12.35  rate 0.010');
  });
});

/** Waits for a file half written, for a second at most, and ends the process at once. */
function killWhileSaving(child: ChildProcess, folderOfRun: string): void {
  const half = ['checkpoint.safetensors.tmp', 'run.json.tmp'].map((name) => join(folderOfRun, name));
  const until = performance.now() + 1000;
  while (performance.now() < until && !half.some((path) => existsSync(path)));
  child.kill('SIGKILL');
}

describe('a run that does not end by itself', () => {
  const long = (name: string): string[] => tiny({ epochs: '10', 'save-every': '0', out: place(name) });
  beforeAll(async () => {
    await inside(...long('whole'));
  });

  it('because of Ctrl-C saves, says how to go on, and leaves with 130', async () => {
    const { code, err } = await start(['train', ...long('ctrl-c')], (child) => {
      child.stdout!.once('data', () => child.kill('SIGINT'));
    });
    expect(code).toBe(130);
    expect(err).toMatch(/^interrupted after step \d+ of 20; marginalia train --resume --out \S+ goes on\n$/);
    expect(recordOf('ctrl-c')).toMatchObject({ state: 'interrupted' });
    expect(existsSync(place('ctrl-c/run.lock'))).toBe(false);
    expect((await inside('--resume', '--out', place('ctrl-c'))).code).toBe(0);
    expect(checkpointOf('ctrl-c')).toEqual(checkpointOf('whole'));
  });

  it.each([
    ['its reader goes away', (child) => child.stdout!.destroy()],
    ['it is asked to end', (child) => child.kill('SIGTERM')],
  ] as [string, (child: ChildProcess) => void][])('because %s saves too, and its record says so', async (name, end) => {
    const { code, err } = await start(['train', ...tiny({ epochs: '400', 'save-every': '60', out: place(name) })], (child) => {
      child.stdout!.once('data', () => end(child));
    });
    expect([code, err.split('\n')]).toEqual([130, [expect.stringMatching(/^interrupted after step \d+ of 800/), '']]);
    const { state, position } = recordOf(name) as { state: string; position: { step: number } };
    expect(state).toBe('interrupted');
    expect(err).toContain(`step ${position.step} of`);
    expect(existsSync(join(place(name), 'checkpoint.safetensors'))).toBe(true);
  });

  it('because it is killed, at any moment and again and again, goes on to the same bits', async () => {
    const wanted = process.env['RUNS'] === undefined ? 5 : Math.min(200, Number(process.env['RUNS']));
    let [kills, duringSave] = [0, 0];
    for (let chain = 0; kills < wanted; chain++) {
      const name = `killed-${chain}`;
      for (let done = false; !done && kills < wanted;) {
        const delay = 60 * new Stream(1, chain, kills).uniform();
        // Every other time at a random moment, every other time while a file is being written.
        const kill = (child: ChildProcess) => child.stdout!.once('data', () => {
          if (kills % 2 === 0) setTimeout(() => child.kill('SIGKILL'), delay);
          else killWhileSaving(child, place(name));
        });
        const { code } = await start(['train', ...long(name), '--resume'], kill);
        done = code === 0;
        if (!done) kills++;
        if (existsSync(place(name)) && readdirSync(place(name)).some((file) => file.endsWith('.tmp'))) duringSave++;
      }
      expect((await inside(...long(name), '--resume')).code).toBe(0);
      expect(checkpointOf(name)).toEqual(checkpointOf('whole'));
      expect(readdirSync(place(name)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
      rmSync(place(name), { recursive: true });
    }
    if (wanted >= 200) expect(duringSave).toBeGreaterThanOrEqual(20);
  }, 3_600_000);

  it('because a file cannot be written says so in a line, and the checkpoint from before is whole', async () => {
    await inside(...tiny({ epochs: '1', out: place('full') }));
    const before = checkpointOf('full');
    // No file larger than 4 KiB may be written from here on, as on a disk that is full.
    const { status, stderr } = spawnSync(
      'bash', ['-c', 'ulimit -f 4; exec "$@"', 'sh', ...command, 'train', '--resume', '--out', place('full')],
      { encoding: 'utf8' }
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^marginalia: \S+checkpoint\.safetensors: could not be written \(.*\)[^\n]*\n$/);
    expect(checkpointOf('full')).toEqual(before);
    expect(recordOf('full')).toMatchObject({ state: 'failed' });
  });

  it('because its folder is no place to write says so at once', async () => {
    await expect(train.run(tiny({ out: join(place('plain'), 'run.json', 'x') }))).rejects.toThrow(/EEXIST.*run\.json'/);
  });
});
