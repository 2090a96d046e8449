// From cells to tables: what is chosen, what is averaged, what is paired, and how it is written.

import { describe, expect, it } from 'vitest';
import { catalogue } from '../../src/losses/index.ts';
import { allPairCosines, areaUnderRoc, equalErrorRate, tarAtFar } from '../../src/metrics/index.ts';
import {
  type CellResult, checkSettings, type Choice, choiceText, chosen, compareCells, comparisonCsv, comparisonMarkdown,
  comparisonPage, comparisonText,
  type Dataset, dataOf, embed, type FinishedCell, gridOf, judgedBy, madeUpFaces, measure, type Protocol, runOf,
} from '../../src/train/index.ts';
import { parseXml } from '../plot/xml.ts';
import { finish, tinyFaces, tinySettings } from './samples.ts';

const paper = [
  'normface', 'softmax', 'hm-softmax', 'f-softmax', 'a-softmax', 'am-softmax', 'arc-softmax', 'hm-am-softmax', 'f-arc-softmax',
  'sv-softmax', 'sv-am-softmax', 'sv-arc-softmax',
];

const result = (tar: number, more: Partial<CellResult['measures']> = {}): CellResult => ({
  measures: { pairs: 0.9, 'TAR 1e-3': tar, 'TAR 1e-4': null, 'rank-1': 0.5, AUC: 0.99, EER: 0.05, ...more },
  curve: Array.from({ length: 81 }, (_, i) => i / 80), genuine: [0.3, 0.5, 0.7], impostor: [1.2, 1.5],
  trials: { genuine: 3, impostor: 2 }, finalLoss: 1,
});
const cells = (loss: string, chosenAt: number, tars: readonly (number | undefined)[]): FinishedCell[] => [
  ...gridOf(loss).map((choice, i): FinishedCell => (
    { loss, choice, kind: 'choose', seed: 1, seconds: 1, result: result(i === chosenAt ? 0.8 : 0.7) }
  )),
  ...tars.map((tar, i): FinishedCell => ({
    loss, choice: gridOf(loss)[chosenAt]!, kind: 'test', seed: i + 1, seconds: 2,
    ...(tar === undefined ? { diverged: 'it did' } : { result: result(tar) }),
  })),
];
const options = { judgedBy: 'TAR 1e-3', reference: 'normface' } as const;
const some = [
  ...cells('normface', 2, [0.5, 0.6, 0.7]), ...cells('sv-am-softmax', 1, [0.61, 0.7, 0.82]),
  ...cells('softmax', 3, [0.4, undefined, 0.9])
];
const comparison = compareCells(['normface', 'sv-am-softmax', 'softmax'], some, options);

describe('cells', () => {
  it('that are missing or no run are told', () => {
    expect(() => chosen('softmax', cells('normface', 0, [1]), 'AUC')).toThrow(/^no cell in which softmax tried a setting/);
    const run = runOf(
      { settings: tinySettings(), heldOut: 0.4 }, { loss: 'normface', choice: { lossOptions: {} }, kind: 'test', seed: 1 },
      tinyFaces
    );
    expect(() => measure(run, tinyFaces))
      .toThrow('measure: a run without an epoch. It tells the loss of the last one. Let it advance until isDone().');
  });
});

describe('a grid', () => {
  const trainable = Object.keys(catalogue).filter((id) => id !== 'hdc');
  it.each(trainable)('of %s has exactly four settings, all different and all possible', (loss) => {
    const grid = gridOf(loss);
    expect(new Set(grid.map((choice) => JSON.stringify(choice))).size).toBe(4);
    expect(grid).toHaveLength(4);
    for (const choice of grid) expect(checkSettings({ loss, ...choice }).loss).toBe(loss);
  });

  it('is written as a reader would', () => {
    expect(choiceText(gridOf('sv-am-softmax')[3] as Choice)).toBe('s 16, m 0.35, t 1.2');
    expect(choiceText(gridOf('softmax')[0] as Choice)).toBe('rate 0.02');
  });
});

describe('a comparison', () => {
  it('takes the best setting of each loss, and pairs its seeds with those of the reference', () => {
    const [reference, sv, softmax] = comparison.losses;
    expect([reference!.choice, sv!.choice]).toEqual([gridOf('normface')[2], gridOf('sv-am-softmax')[1]]);
    expect(reference!.difference).toBe(null);
    expect(sv!.measures['TAR 1e-3']).toMatchObject({ mean: expect.closeTo(0.71, 10) as number, count: 3 });
    expect(sv!.difference).toMatchObject({ mean: expect.closeTo(0.11, 10) as number, count: 3, verdict: 'better' });
    expect(sv!.measures['TAR 1e-4']).toBe(null);
    // A run that diverged is in no mean and has no pair, and the table says so.
    expect(softmax).toMatchObject({ diverged: [2], difference: { count: 2, verdict: 'within noise' } });
  });

  it('never chooses a setting that diverged', () => {
    const wild = some.map(({ result: of, ...cell }): FinishedCell => {
      const isBest = cell.loss === 'normface' && cell.choice === gridOf('normface')[2] && cell.kind === 'choose';
      return { ...cell, ...(isBest ? { diverged: 'it did' } : of && { result: of }) };
    });
    expect(compareCells(['normface'], wild, options).losses[0]!.choice).toEqual(gridOf('normface')[0]);
  });

  it('fits a terminal of 80 columns with all losses of the paper', () => {
    const all = paper.flatMap((loss) => cells(loss, 0, Array.from({ length: 10 }, (_, i) => 0.1 * i + loss.length / 100)));
    const text = comparisonText(compareCells(paper, all, options));
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    for (const loss of paper) expect(text.match(new RegExp(`^${loss} `, 'gm'))!.length).toBeGreaterThanOrEqual(2);
    expect(text).toContain('Of 11 such intervals about one in twenty');
  });

  it('reads the same as text, as Markdown and as values', () => {
    const text = comparisonText(comparison);
    expect(text).toMatch(/^sv-am-softmax +90\.00 ± 0\.00 +71\.00 ± 6\.08 +– +50\.00 ± 0\.00$/m);
    expect(text).toMatch(/^sv-am-softmax +\+11\.00 \[\+8\.52, \+13\.48\] +better$/m);
    expect(text).toMatch(/^softmax +rate 0\.2; diverged at seed 2$/m);
    const markdown = comparisonMarkdown(
      comparison, { title: 'Title', command: 'marginalia compare', credit: 'Drawn from a seed.' });
    expect(markdown).toContain(
      '| sv-am-softmax | 90.00 ± 0.00 | 71.00 ± 6.08 | – | 50.00 ± 0.00 | +11.00 [+8.52, +13.48] | better | s 8, m 0.35, t 1.2 |');
    expect(markdown).toMatch(/\(seed 1\)\.\n\nDrawn from a seed\.\n$/);
    const rows = comparisonCsv(comparison).trim().split('\n');
    expect(rows).toHaveLength(4);
    expect(rows[2]).toMatch(/^sv-am-softmax,0\.9,.*,better,3,"s 8, m 0\.35, t 1\.2"$/);
  });

  it('has a page whose pictures are well-formed', () => {
    const html = comparisonPage(
      comparison, some,
      { title: 'A < B', lead: 'lead', command: 'marginalia compare', credit: 'Drawn from a seed.', data: tinyFaces }
    );
    expect(html).toContain('<h1>A &lt; B</h1>');
    expect(html).toContain('<p>Drawn from a seed.</p>');
    const pictures = html.match(/<svg [\s\S]*?<\/svg>\n(?=<\/div>)/g)!;
    expect(pictures.length).toBeGreaterThanOrEqual(5);
    // Of two impostors a curve is known from one half on.
    expect(html).toMatch(/normface: 7 points, from 0\.9\d+ to 1/);
    for (const picture of pictures) expect(parseXml(picture.trim()).name).toBe('svg');
  });
});

describe('a cell', () => {
  const { loss: _, lossOptions: __, seed: ___, ...settings } = tinySettings({ epochs: 1 });
  const protocol: Protocol = { settings, heldOut: 0.4 };
  const people = madeUpFaces(10, 6, 1, 8);

  it('is tested on people nobody trained on, and its setting chosen on some of those it trains on', () => {
    const test = dataOf(protocol, { kind: 'test', seed: 3 }, people);
    const choose = dataOf(protocol, { kind: 'choose', seed: 3 }, people);
    expect([test.train, test.test, choose.train, choose.test].map(({ classes }) => classes.length)).toEqual([6, 4, 4, 2]);
    expect([...choose.train.classes, ...choose.test.classes].sort()).toEqual([...test.train.classes].sort());
    expect(test.test.classes.some((name) => test.train.classes.includes(name))).toBe(false);
  });

  it('is measured as the metrics say', () => {
    const cell = { loss: 'normface', choice: gridOf('normface')[1]!, kind: 'test', seed: 1 } as const;
    const { train, test } = dataOf(protocol, cell, people);
    const run = finish(runOf(protocol, cell, train));
    const { measures, curve, trials } = measure(run, test);
    const { genuine, impostor } = allPairCosines(embed(run.model, run.progress().state, test), test.labels);
    expect(measures)
      .toMatchObject({ AUC: areaUnderRoc(genuine, impostor), EER: equalErrorRate(genuine, impostor).rate, 'TAR 1e-3': null });
    expect(trials).toEqual({ genuine: genuine.length, impostor: impostor.length });
    const tenth = tarAtFar(genuine, impostor, 0.1);
    expect(curve[60]).toBe(tenth.defined ? tenth.tar : -1);
    expect(measures.pairs).toBeGreaterThan(0.3);
    expect(measures['rank-1']).toBeGreaterThan(0);
  });

  it('is judged by TAR only where every split has the pairs for it', () => {
    const many = (images: number): Dataset => {
      const labels = Int32Array.from({ length: 8 * images }, (_, n) => Math.floor(n / images));
      return {
        labels, classes: Array.from({ length: 8 }, String),
        images: { shape: [labels.length, 1, 1, 1], values: new Float32Array(labels.length) },
      };
    };
    // Choosing keeps 2 of 5 people apart: their 31² different pairs are too few, 32² are enough.
    expect([judgedBy(protocol, many(31), 2), judgedBy(protocol, many(32), 2)]).toEqual(['AUC', 'TAR 1e-3']);
  });
});
