// `marginalia explain`: the listing of a loss, the points it may be taken at, and its machine form.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MarginaliaError } from '../../src/base/errors.ts';
import { explain as command } from '../../src/cli/explain.ts';
import { type Explanation, explanationVersion } from '../../src/explain/index.ts';
import { grad } from '../../src/autodiff/index.ts';
import { catalogue, lossRow } from '../../src/losses/index.ts';
import type { Tensor } from '../../src/graph/index.ts';
import { root } from '../source.ts';
import { f64, i32 } from '../values.ts';
import { run } from './run.ts';

/** The output of the command in this process, which is quicker than one of its own. */
async function output(args: readonly string[]): Promise<string> {
  const write = process.stdout.write;
  let out = '';
  process.stdout.write = (text: string | Uint8Array) => {
    out += String(text);
    return true;
  };
  try {
    expect(await command.run(args)).toBe(0);
  } finally {
    process.stdout.write = write;
  }
  return out;
}

interface Machine extends Explanation {
  readonly loss: { readonly id: string; readonly equation: string; readonly parameters: Record<string, unknown> };
}
const machine = async (args: readonly string[]): Promise<Machine> => JSON.parse(await output([...args, '--json'])) as Machine;
const folder = mkdtempSync(join(tmpdir(), 'marginalia-'));
function caseFile(content: unknown): string {
  const path = join(folder, `${Math.abs(JSON.stringify(content).split('').reduce((h, c) => (h * 31 + c.charCodeAt(0)) | 0, 7))}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const named = ({ lines }: Explanation, name: string) => lines.find((line) => line.name === name)!;

describe('the listing', () => {
  it('of sv-am-softmax shows its lines, adjoints and assumptions in 100 columns', async () => {
    const { code, out } = run(['explain', 'sv-am-softmax']);
    expect(code).toBe(0);
    // Which line of a file wrote each is left out, as every edit of the losses would change it.
    const listing = out.replace(/ +([fi]\d\d\[.*) {2}\w+\.[jt]s:\d+$/gm, '  $1  file:line');
    await expect(listing).toMatchFileSnapshot('../golden/explain-sv-am-softmax.golden.txt');
    for (const line of out.split('\n')) expect(Array.from(line.replace(/\p{M}/gu, '')).length).toBeLessThanOrEqual(100);
  });

  it.each(Object.keys(catalogue))('exists for %s', async (id) => {
    const { loss, version, lines, result, inputs } = await machine([id]);
    expect([loss.id, version]).toEqual([id, explanationVersion]);
    const last = lines.find(({ number }) => number === result)!;
    expect(Number.isFinite(last.value.values![0])).toBe(true);
    expect(last.adjoint!.value.values).toEqual([1]);
    expect(inputs.length).toBeGreaterThan(1);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('has a support vector at the point of seed %i, with and without a margin', async (seed) => {
    for (const id of ['sv-softmax', 'sv-am-softmax']) {
      const hard = named(await machine([id, '--seed', String(seed)]), 'I').value.values!;
      expect(hard.filter((x) => x === 1).length).toBeGreaterThanOrEqual(1);
    }
  });

  it.each(Object.keys(catalogue))('of %s has every line from a file of the losses, and none from this machine', async (id) => {
    for (const { source } of (await machine([id])).lines) expect(source).toMatch(/^marginalia\/src\/losses\/\w+\.ts:\d+$/);
  });

  it('names for a line the very line of source that wrote it', async () => {
    const { lines } = await machine(['sv-am-softmax']);
    const written = (name: string): string => {
      const [, file, line] = /^marginalia\/(.*):(\d+)$/.exec(lines.find((each) => each.name === name)!.source!)!;
      return readFileSync(join(root, file!), 'utf8').split('\n')[Number(line) - 1]!;
    };
    expect(written('c')).toContain("matmul(directions, transpose(centres)), 'c')");
    expect(written('z')).toContain('mul(scale, v)');
    expect(written('result')).toContain('div(');
  });

  it('shows more steps with --all', async () => {
    expect((await output(['softmax', '--all'])).length).toBeGreaterThan((await output(['softmax'])).length);
  });
});

describe('a mistake', () => {
  it.each([
    [[], /which loss/],
    [['softmax', 'normface'], /one loss at a time, found 'normface'/],
    [['sv-softmaxx'], /the loss 'sv-softmaxx'/],
    [['softmax', '--case'], /--case/],
    [['softmax', '--seed', '1.5'], /--seed 1\.5: a whole number/],
    [['softmax', '--case', 'x.json', '--seed', '2'], /both give the point/],
    [['softmax', '--set', 's'], /--set s: write a name and a value/],
    [['am-softmax', '--set', 'm=wide'], /--set m=.*: m is a number/],
    [['am-softmax', '--set', 'm= '], /--set m=.*: m is a number/],
    [['am-softmax', '--set', 'targetRule=none'], /targetRule = 'none'/],
    [['f-softmax', '--set', 'detach=perhaps'], /detach = perhaps/],
    [['softmax', '--set', 'constructor=1'], /the option 'constructor'/],
    [['softmax', '--set', 'reduction=none'], /The derivative of one float is explained/],
  ])('%j is refused in one sentence', async (args, reason) => {
    await expect(output(args)).rejects.toThrow(MarginaliaError);
    await expect(output(args)).rejects.toThrow(reason);
    await expect(output(args)).rejects.not.toThrow(/\n/);
  });
});

describe('the point', () => {
  const point = { features: [[1, 0.5], [-1, 2]], weights: [[1, 0], [0.6, 0.8], [0, -1]], labels: [0, 1] };

  it('may come from a file, with parameters, and gives the gradient of the loss there', async () => {
    const found = await machine(['sv-am-softmax', '--case', caseFile({ ...point, s: 8, t: 1.5 })]);
    const loss = lossRow('sv-am-softmax').create({ s: 8, t: 1.5 });
    const tensors = [f64(point.features), f64(point.weights), i32(point.labels)] as const;
    const slope = grad((x: Tensor, w: Tensor, y: Tensor) => loss(x, w, y))(...tensors);
    expect(named(found, 'x').adjoint!.value.values).toEqual(Array.from(slope.data));
    expect(found.loss.parameters).toMatchObject({ s: 8, t: 1.5, m: 0.35 });
    expect(named(found, 'result').value.values).toEqual([loss(...tensors).item()]);
  });

  it('may be the file that the help shows', async () => {
    const shown = /^ {2}\{ "features"[^}]*\}$/m.exec(command.help)![0];
    const found = await machine(['sv-am-softmax', '--case', caseFile(shown)]);
    expect(named(found, 'x').value.values).toEqual([0.8, 0.6, -0.6, 0.8]);
    expect(found.loss.parameters).toMatchObject({ m: 0.35 });
  });

  it('takes parameters from --set before those of the file', async () => {
    const found = await machine(['sv-am-softmax', '--case', caseFile({ ...point, s: 8 }), '--set', 's=4', '--set', 'targetRule=easy0']);
    expect(found.loss.parameters).toMatchObject({ s: 4, targetRule: 'easy0' });
    expect((await machine(['f-softmax', '--set', 'detach=true'])).loss.parameters).toMatchObject({ detach: true });
  });

  it.each([
    ['no JSON', '{"features": [1,\n 2', /not JSON/],
    ['a list', [1, 2], /a case is a JSON object/],
    ['no weights', { ...point, weights: undefined }, /weights is missing; sv-am-softmax takes features, weights, labels/],
    ['a row that is none', { ...point, features: [1, 2] }, /features: a list of rows of finite numbers/],
    ['a number beyond all', '{"features": [[1, 1e999]], "weights": [[1, 0]], "labels": [0]}', /features: a list of rows of finite numbers/],
    ['a text among numbers', { ...point, weights: [[1, '0']] }, /weights: a list of rows of finite numbers/],
    ['rows of two lengths', { ...point, weights: [[1, 0], [1]] }, /weights: tensor: ragged/],
    ['labels with a fraction', { ...point, labels: [0, 1.5] }, /labels: tensor: 1\.5 at position 1 as i32/],
    ['a label out of range', { ...point, labels: [0, 9] }, /label 9 at position 1/],
    ['another dimension', { ...point, weights: [[1], [2]] }, /Axis 1 of features and axis 1 of weights/],
    ['a misspelt parameter', { ...point, margin: 1 }, /the option 'margin'/],
    ['a hostile name', '{"features": [[1]], "weights": [[1]], "labels": [0], "__proto__": {"s": 1}}', /the option '__proto__'/],
    ['a parameter of another type', { ...point, s: '30' }, /s = the text '30'/],
    ['an empty batch', { ...point, features: [], labels: [] }, /features/],
    ['lists in lists without end', `{"features": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`, /features: a list of rows of finite numbers/],
  ])('is refused with the file and the reason: %s', async (_, content, reason) => {
    const path = caseFile(content);
    await expect(output(['sv-am-softmax', '--case', path])).rejects.toThrow(reason);
    await expect(output(['sv-am-softmax', '--case', path])).rejects.not.toThrow(/\n/);
  });
});
