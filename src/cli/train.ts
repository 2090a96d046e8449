// `marginalia train`: a network trained with a loss of the catalogue. What a step does is in `src/train`; here are the
// options, the files, the clock and Ctrl-C.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { counted } from '../base/demand.ts';
import { compiledEngine, defaultThreads, useWideKernels } from '../compile/index.ts';
import { useEngine } from '../graph/index.ts';
import { catalogue, lossRow } from '../losses/index.ts';
import { circlePlot, panels, spherePlot } from '../plot/index.ts';
import {
  checkSettings, defaultSettings, type Divided, DivergenceError, embed, type Embedded, fingerprint, judge, type Judgement,
  makeRun, networks,
  optimizers, programOf, type Run, schedules, type TrainSettings,
} from '../train/index.ts';
import {
  type DataOptions, hasDigits, loadData, openFolder, readCheckpoint, readRecord, type RunRecord, writeCheckpoint, writeRecord,
} from '../train/node.ts';
import { decimal, optionOf, readArguments, UsageError, wholeNumber } from './arguments.ts';
import type { Command } from './command.ts';
import { takeInterrupt } from './interrupt.ts';
import { lossOptions } from './loss-options.ts';
import { print, progress, writeText } from './output.ts';
import { clock, epochLine, listLines, Speed } from './train-text.ts';

const standard = defaultSettings;
const help = `usage: marginalia train [options]

Trains a network with a loss, and judges it on people it has not seen. The folder --out gets run.json
(settings, versions, history), checkpoint.safetensors and pictures. Ctrl-C saves; --resume goes on,
bit for bit as if the run had never stopped, also after a crash.

  --loss ID          a loss of the catalogue (${defaultSettings.loss})
  --set A=V          a parameter of the loss, such as --set m=0.35; may be given several times
  --data WHAT        faces (made up), or a folder: a folder of PGM, PPM or PNG pictures per person,
                     or the IDX files of MNIST (faces)
  --people N         made-up people (200), and --images N pictures of each (20)
  --held-out SHARE   share of the people kept to judge by (0.2)
  --side N           width and height the pictures are brought to (32; 28 for digits)
  --network NAME     ${Object.keys(networks).join(', ')}
  --embedding N      numbers per picture (64; 2 for digits)
  --epochs N         (${standard.epochs})    --batch N        (${standard.batch})    --seed N          (${standard.seed})
  --optimizer NAME   ${optimizers.join(', ')} (sgd; adam for digits)
  --rate R           largest learning rate (${defaultSettings.rate}; 0.003 for digits)
  --momentum M       (${defaultSettings.momentum})   --weight-decay W (${defaultSettings.weightDecay})
  --schedule NAME    ${schedules.join(', ')} (${defaultSettings.schedule})
  --warm-up SHARE    share of the run in which the rate climbs (${defaultSettings.warmUp})
  --flip P           probability of mirroring (0.5; 0 for digits)
  --shift N          most pixels of shifting (${defaultSettings.shift})
  --threads N        threads to compute on (one per core); the weights do not depend on it
  --wide             256-bit kernels on Node 24 and newer, after a self-test; nor on this
  --out DIR          where the run lives (marginalia-report/train-LOSS-SEED)
  --resume           go on with the run in --out, or begin it where there is none; --data says where
                     its pictures were moved to
  --save-every S     seconds between checkpoints (10); 0 saves after every step
  --json             print the record of the run as JSON
  --help             this text

Exit code 0 when the run is done, 1 when it diverged, 2 for bad usage or input, 130 when interrupted.`;

const texts = ['loss', 'data', 'network', 'optimizer', 'schedule', 'out'] as const;
const numbers = [
  'people', 'images', 'held-out', 'side', 'embedding', 'epochs', 'batch', 'seed', 'rate', 'momentum', 'weight-decay', 'warm-up',
  'flip',
  'shift', 'save-every', 'threads',
] as const;

type Given = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** The settings among the options, only those that are given. */
function givenSettings(values: Given): Partial<TrainSettings> {
  const text = (name: 'loss' | 'network' | 'optimizer' | 'schedule') => values[name] !== undefined && { [name]: values[name] };
  const number = (key: keyof TrainSettings) => {
    const name = optionOf(key).slice(2);
    return values[name] !== undefined && { [key]: decimal(values[name], name, defaultSettings[key]) };
  };
  const { loss = defaultSettings.loss, set } = values;
  return {
    ...text('loss'), ...text('network'), ...text('optimizer'), ...text('schedule'),
    ...number('embedding'), ...number('epochs'), ...number('batch'), ...number('seed'), ...number('rate'), ...number('momentum'),
    ...number('weightDecay'), ...number('warmUp'), ...number('flip'), ...number('shift'),
    ...(set !== undefined && { lossOptions: lossOptions(lossRow(String(loss)), set) as TrainSettings['lossOptions'] }),
  };
}

/** The source of the data among the options, only what is given. */
function givenSource(values: Given): Partial<DataOptions> {
  return {
    ...(values['data'] !== undefined && { data: String(values['data']) }),
    ...(values['people'] !== undefined && { people: wholeNumber(values['people'], 'people', 2, 200, 100_000) }),
    ...(values['images'] !== undefined && { images: wholeNumber(values['images'], 'images', 2, 20, 10_000) }),
    ...(values['side'] !== undefined && { side: wholeNumber(values['side'], 'side', 8, 32, 512) }),
    ...(values['held-out'] !== undefined && { heldOut: share(values['held-out'], 'held-out') }),
  };
}

function share(text: Given[string], name: string): number {
  const value = decimal(text, name);
  if (value >= 0 && value < 1) return value;
  throw new UsageError(`--${name} ${String(text)}: a share from 0 to below 1 is needed, such as --${name} 0.2`);
}

/** What is told completely: the options, and for the others what suits the data. */
function complete(values: Given): RunRecord {
  const source = givenSource(values);
  const given = givenSettings(values);
  const data = source.data ?? 'faces';
  const digits = data !== 'faces' && hasDigits(data);
  // The plane is narrow for ten classes: Adam finds a way around the circle where plain descent takes long.
  const ofDigits = {
    network: 'lenet-small', embedding: 2, flip: 0,
    ...(given.optimizer === undefined && { optimizer: 'adam' as const, rate: 0.003 })
  };
  const suited = digits ? ofDigits : {};
  const settings = checkSettings({ ...suited, ...given }, optionOf);
  return {
    settings, source: { side: digits ? 28 : 32, people: 200, images: 20, heldOut: 0.2, seed: settings.seed, ...source, data },
  };
}

const settingText = (options: unknown): string =>
  Object.entries(options as object).map(([name, value]) => `${name}=${String(value)}`).join(' ') || 'none';

/** Refuses an option that is not that of the run which is to be continued; its pictures are known by their checksum. */
function demandSame(values: Given, run: Partial<DataOptions> & TrainSettings, out: string): void {
  const saved = new Map(Object.entries(run));
  for (const [name, value] of Object.entries({ ...givenSettings(values), ...givenSource(values) })) {
    if (name === 'data' || !saved.has(name) || JSON.stringify(saved.get(name)) === JSON.stringify(value)) continue;
    const [option, words] = name === 'lossOptions' ? ['--set', settingText] : [optionOf(name), String];
    throw new UsageError(`train: ${option} ${words(value)} was given and the run in ${out} has ${words(saved.get(name))}; `
      + 'leave it out, or use another --out');
  }
}

async function run(args: readonly string[]): Promise<number> {
  const option = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values, positionals } = readArguments(args, {
    ...option(texts), ...option(numbers), set: { type: 'string', multiple: true }, resume: { type: 'boolean' },
    json: { type: 'boolean' },
    wide: { type: 'boolean' },
  }, 'train');
  if (positionals.length > 0) throw new UsageError(`train: '${positionals[0]!}' is no option; see marginalia train --help`);
  if (values['loss'] !== undefined && !Object.hasOwn(catalogue, String(values['loss']))) lossRow(String(values['loss']));
  const saveEvery = values['save-every'] === undefined ? 10 : decimal(values['save-every'], 'save-every', 10);
  if (saveEvery < 0) throw new UsageError(`--save-every ${saveEvery}: seconds ≥ 0 are needed, such as --save-every 10`);
  const threads = wholeNumber(values['threads'], 'threads', 1, defaultThreads(), 64);
  const resume = values['resume'] === true;
  const fresh = complete(values);
  const out = String(values['out'] ?? join('marginalia-report', `train-${fresh.settings.loss}-${fresh.settings.seed}`));
  const [saved, checkpoint] = [readRecord(out), readCheckpoint(out)];
  if (!resume && (saved !== undefined || checkpoint !== undefined)) {
    throw new UsageError(`train: ${out} holds a run; --resume goes on with it, and another --out keeps it`);
  }
  const settings = checkpoint?.settings ?? saved?.settings ?? fresh.settings;
  if (saved !== undefined && JSON.stringify(saved.settings) !== JSON.stringify(settings)) {
    throw new UsageError(`train: ${join(out, 'run.json')} has other settings than its checkpoint; `
      + 'remove it, and --resume with the options of the data goes on');
  }
  demandSame(values, { ...saved?.source, ...settings }, out);
  const source = {
    ...fresh.source, seed: settings.seed, ...saved?.source, ...(values['data'] !== undefined && { data: fresh.source.data })
  };
  const kernels = values['wide'] === true ? useWideKernels() : undefined;
  useEngine(compiledEngine);

  const data = loadData(source, optionOf);
  const mark = fingerprint(data.train);
  if (checkpoint !== undefined && checkpoint.data !== mark) {
    throw new UsageError(`train: the pictures are not those the run in ${out} was started with; `
      + 'give it the same --data, --people, --images, --side and --held-out, or use another --out');
  }
  const begun = makeRun(settings, data.train, undefined, programOf(settings, data.train, { threads }));
  const training = checkpoint === undefined ? begun
    : makeRun(settings, data.train, checkpoint.progressOf(begun.progress().state), begun);
  // Whatever refuses the run has done so by now: its folder is made for a run that begins.
  const unlock = openFolder(out);
  const job: Job = {
    told: { settings, source }, out, saveEvery, threads, kernels, data, mark, training, json: values['json'] === true,
    started: performance.now(),
  };
  try {
    return await follow(job);
  } catch (error) {
    try {
      writeRecord(out, factsOf(job, 'failed', { reason: String(error instanceof Error ? error.message : error) }));
    } catch {
      // What cannot be written here either is not the reason to report.
    }
    throw error;
  } finally {
    unlock();
  }
}

interface Job {
  readonly told: RunRecord;
  readonly out: string;
  /** In seconds. */
  readonly saveEvery: number;
  readonly threads: number;
  /** What became of --wide. */
  readonly kernels: string | undefined;
  readonly data: Divided;
  readonly mark: number;
  readonly training: Run;
  readonly json: boolean;
  readonly started: number;
}

const exitCodes = { done: 0, diverged: 1, interrupted: 130 } as const;
type Ending = keyof typeof exitCodes;

/** What run.json says. */
const factsOf = (
  { told: { settings, source }, data, mark, training, threads, kernels, started }: Job, state: Ending | 'running' | 'failed',
  more: Readonly<Record<string, unknown>> = {},
) => ({
  settings, source: { ...source, data: source.data === 'faces' ? 'faces' : resolve(source.data) }, state,
  data: { images: data.train.labels.length, classes: data.train.classes.length, checksum: mark },
  versions: versions(), threads, ...(kernels && { kernels }), steps: training.steps, position: training.progress().position,
  history: training.progress().history, seconds: (performance.now() - started) / 1000, ...more,
});

/** Runs to the end, or to Ctrl-C, or to the step that cannot be done; saves on the way and then. */
async function follow(job: Job): Promise<number> {
  const { told: { settings }, out, data, mark, training, json, saveEvery, started } = job;
  const { classifies } = training.model;
  const save = (state: Ending | 'running', more: Readonly<Record<string, unknown>> = {}): void => {
    writeCheckpoint(out, { settings, data: mark, progress: training.progress() });
    writeRecord(out, factsOf(job, state, more));
  };
  let isStopped = false;
  const giveBack = takeInterrupt(() => {
    isStopped = true;
  });
  // Only now: who reads the first line may ask for the end at once.
  writeRecord(out, factsOf(job, 'running'));
  if (!json) print(headerText(job));
  const speed = new Speed();
  let [lastSave, ending, reason]: [number, Ending, string] = [performance.now(), 'done', ''];
  try {
    while (!training.isDone() && !isStopped) {
      const report = training.advance();
      const now = performance.now();
      speed.note(report, now);
      speed.show(report, { steps: training.steps, epochs: settings.epochs, classifies }, now);
      if (report.finished !== undefined && !json) {
        progress('');
        print(epochLine(report.finished, settings.epochs, classifies, speed.imagesPerSecond()));
      }
      if (now - lastSave >= 1000 * saveEvery) {
        save('running');
        lastSave = performance.now();
      }
      // Lets the output flow and Ctrl-C be heard between two steps.
      await setImmediate();
    }
    if (!training.isDone()) ending = 'interrupted';
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    [ending, reason] = ['diverged', error.message];
  } finally {
    giveBack();
    progress('');
  }
  // Judging is no part of the run: whatever comes of it, the weights are kept.
  if (ending === 'done') save('running');
  let [judgement, features]: [Judgement?, Embedded?] = [];
  try {
    const { model } = training;
    const { state } = training.progress();
    // Also where nothing is kept to judge by: that the embeddings are numbers is asked all the same.
    if (ending === 'done') features = embed(model, state, data.test ?? data.train);
    if (features && data.test) judgement = judge(model, state, data.test, data.closed, features);
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    [ending, reason] = ['diverged', error.message];
  }
  const more = { ...(judgement && { test: judgement }), ...(reason !== '' && { reason }) };
  save(ending, more);
  if (ending === 'done') writePictures(job, features!);
  if (json) print(JSON.stringify(factsOf(job, ending, more), null, 1));
  else if (ending === 'done') print(endText(job, judgement, (performance.now() - started) / 1000));
  if (ending === 'interrupted') {
    const { step } = training.progress().position;
    process.stderr.write(`interrupted after step ${step} of ${training.steps}; marginalia train --resume --out ${out} goes on\n`);
  }
  if (ending === 'diverged') process.stderr.write(`marginalia: ${reason}\n`);
  return exitCodes[ending];
}

function versions(): Readonly<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return {
    marginalia: version, node: process.versions.node, v8: process.versions.v8, platform: `${process.platform} ${process.arch}`,
  };
}

function headerText({ told: { settings, source }, data, training, out, kernels }: Job): string {
  const { loss, lossOptions: options, network, embedding, seed } = settings;
  const set = Object.entries(options).map(([name, value]) => ` ${name} = ${String(value)}`).join(',');
  const from = training.progress().position.step;
  return [
    `${lossRow(loss).title}${set === '' ? '' : `:${set}`}; ${network}, embedding ${embedding}, seed ${seed}`,
    `${source.data}: ${data.train.labels.length} images of ${data.train.classes.length} ${data.closed ? 'classes' : 'people'}`
      + (data.test === undefined ? '' : `, ${data.test.labels.length} images of `
        + `${data.closed ? 'the same' : `${data.test.classes.length} others`} kept to judge by`)
      + (data.beside ? ` (${data.beside})` : ''),
    ...(kernels === undefined ? [] : [kernels]),
    from === 0 ? `${counted(training.steps, 'step')}; the run lives in ${out}`
      : `going on after step ${from} of ${training.steps} in ${out}`,
  ].join('\n');
}

function endText({ out, data, training, kernels }: Job, judgement: Judgement | undefined, seconds: number): string {
  const list = Object.entries(judgement ?? {}).map(([name, value]) => `${name} ${(100 * value).toFixed(2)} %`);
  const judged = judgement === undefined ? [] : [listLines(data.closed ? 'test images:' : 'people not trained on:', list)];
  return [
    ...judged, ...training.step.status().filter((line) => line !== kernels),
    `${clock(seconds)}; written to ${out}: run.json, checkpoint.safetensors and pictures`
  ].join('\n');
}

/** The most embeddings a picture shows. */
const shown = 2000;

function writePictures({ told: { settings }, out, data, training }: Job, { values, dims }: Embedded): void {
  const { history, state } = training.progress();
  const x = history.map(({ epoch }) => epoch);
  const series = (name: 'loss' | 'accuracy' | 'support') =>
    [{ name, x, y: history.map((record) => record[name]), marked: x.length < 30 }];
  const epochs = { label: 'epoch', domain: [Math.min(1, x.length - 1), Math.max(2, x.length)] as const };
  if (history.length > 0) {
    writeText(join(out, 'history.svg'), panels({
      title: `Training with ${lossRow(settings.loss).title}`,
      panels: [
        { heading: 'loss', x: epochs, y: { label: 'loss' }, series: series('loss') },
        ...(training.model.classifies ? [
          { heading: 'right', x: epochs, y: { label: 'images', format: 'percent' as const }, series: series('accuracy') },
          { heading: 'support vectors', x: epochs, y: { label: 'pairs', format: 'percent' as const }, series: series('support') },
        ] : []),
      ],
    }));
  }
  if (settings.embedding !== 2 && settings.embedding !== 3) return;
  const set = data.test ?? data.train;
  const used = Array.from(set.labels, (_, n) => n).slice(0, shown)
    .filter((n) => values.subarray(n * dims, (n + 1) * dims).some((v) => v !== 0));
  const weights = data.closed ? state.params.head['weights']?.data : undefined;
  writeText(join(out, 'embedding.svg'), (settings.embedding === 2 ? circlePlot : spherePlot)({
    title: `Embeddings under ${lossRow(settings.loss).title}`,
    features: used.flatMap((n) => Array.from(values.subarray(n * dims, (n + 1) * dims))), labels: used.map((n) => set.labels[n]!),
    names: set.classes, ...(weights && { weights }),
  }));
}

export const train: Command = { help, run };
