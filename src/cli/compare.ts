// `marginalia compare`: losses under one protocol, cell by cell. Finished cells are kept, so a second run does what is
// missing only. What the protocol is stands in `src/train/protocol.ts`.

import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { counted } from '../base/demand.ts';
import { makeFolder } from '../base/node.ts';
import { compiledEngine, defaultThreads, useWideKernels } from '../compile/index.ts';
import { useEngine } from '../graph/index.ts';
import { lossRow } from '../losses/index.ts';
import {
  type Cell, checkSettings, choiceText, chosen, compareCells, type Comparison, comparisonCsv, comparisonMarkdown, comparisonPage,
  comparisonText, type Dataset, dataOf, demandPeople, DivergenceError, fingerprint, type FinishedCell, gridOf, judgedBy, measure,
  type MeasureName,
  networks, type Protocol, runOf, settingsOf, type TrainSettings, type TrainProgram, programOf,
} from '../train/index.ts';
import { type DataOptions, loadData, lockFolder, readCell, writeCell } from '../train/node.ts';
import { decimal, optionOf, readArguments, UsageError, wholeNumber } from './arguments.ts';
import type { Command } from './command.ts';
import { takeInterrupt } from './interrupt.ts';
import { print, progress, writeText } from './output.ts';
import { bar, clock } from './train-text.ts';

const reference = 'normface';
const papers = [
  'normface', 'softmax', 'hm-softmax', 'f-softmax', 'a-softmax', 'am-softmax', 'arc-softmax', 'hm-am-softmax', 'f-arc-softmax',
  'sv-softmax', 'sv-am-softmax', 'sv-arc-softmax',
];

/** How many images a run is shown unless it is told otherwise, so that a cell takes as long on few people as on many. */
const shownImages = 20_000;

const help = `usage: marginalia compare [options]

Trains the same network with several losses and compares what they make of people nobody trained on.
A seed fixes the people kept for the test, the initial weights and the order of the images, alike
for all losses; each loss first chooses one of four settings on people it trains on. Finished cells
are kept in --out/cells and skipped by a second run. The table is written there as Markdown, JSON,
CSV and a page with pictures.

  --losses A,B,…     losses (those of the SV-Softmax paper); ${reference} is always there
  --data WHAT        faces (made up), or a folder of PGM, PPM or PNG pictures per person (faces)
  --people N         made-up people (200), and --images N pictures of each (10)
  --seeds N          runs of every loss (5)
  --held-out SHARE   share of the people kept for the test (0.25)
  --side N           width and height the pictures are brought to (32)
  --network NAME     ${Object.keys(networks).join(', ')}
  --embedding N      numbers per picture (64)
  --epochs N         (as many as show ${shownImages.toLocaleString('en')} images)
  --batch N          (64)    --rate R         (0.1)
  --threads N        threads to compute on (one per core); no number depends on it
  --wide             256-bit kernels on Node 24 and newer, after a self-test; nor on this
  --out DIR          where it all goes (marginalia-report/compare)
  --json             print the comparison as JSON
  --help             this text

Exit code 0 when all cells are there, 2 for bad usage or input, 130 when interrupted.`;

type Values = ReturnType<typeof readArguments>['values'];

async function run(args: readonly string[]): Promise<number> {
  const named = [
    'losses', 'data', 'people', 'images', 'seeds', 'held-out', 'side', 'network', 'embedding', 'epochs', 'batch', 'rate',
    'threads', 'out',
  ];
  const { values, positionals } = readArguments(args, {
    ...Object.fromEntries(named.map((name) => [name, { type: 'string' as const }])), json: { type: 'boolean' },
    wide: { type: 'boolean' },
  }, 'compare');
  if (positionals.length > 0) throw new UsageError(`compare: '${positionals[0]!}' is no option; see marginalia compare --help`);
  const losses = lossesOf(values['losses']);
  const seeds = wholeNumber(values['seeds'], 'seeds', 1, 5);
  const out = String(values['out'] ?? join('marginalia-report', 'compare'));
  for (const loss of losses) checkSettings({ loss });
  const threads = wholeNumber(values['threads'], 'threads', 1, defaultThreads(), 64);
  const told = toldOf(values);
  const source: DataOptions = {
    data: String(values['data'] ?? 'faces'), side: wholeNumber(values['side'], 'side', 8, 32, 512), heldOut: 0, seed: 1,
    people: wholeNumber(values['people'], 'people', 4, 200, 100_000),
    images: wholeNumber(values['images'], 'images', 2, 10, 10_000),
  };
  const kernels = values['wide'] === true ? useWideKernels() : undefined;
  useEngine(compiledEngine);
  const { train: data, closed, beside } = loadData(source);
  if (closed) throw new UsageError(`compare: ${source.data} holds digits; people are compared, so give a folder of people`);

  demandPeople(data.classes.length, told.heldOut, 2, optionOf);
  // A place that cannot be written to is to be told before the first cell has taken its time.
  const unlock = lockFolder(out);
  try {
    makeFolder(join(out, 'cells'));
    const protocol = protocolOf(told, data.labels.length);
    const json = values['json'] === true;
    const judged = judgedBy(protocol, data, seeds);
    const say = json ? () => undefined : print;
    if (kernels !== undefined) say(kernels);
    const cells = await runCells({ losses, seeds, protocol, data, beside, threads, out, judged, say });
    const comparison = compareCells(losses, cells, { judgedBy: judged, reference });
    const command = ['marginalia', 'compare', ...args.filter((arg) => arg !== '--json')].join(' ');
    writeTables(out, comparison, cells, { data, source, protocol, threads, kernels, command });
    print(json ? JSON.stringify(comparison, null, 1)
      : `\n${comparisonText(comparison)}\n\nwritten to ${out}: compare.html, .md, .json and .csv`);
    return 0;
  } finally {
    unlock();
  }
}

function lossesOf(given: Values[string]): string[] {
  const listed = given === undefined ? papers : String(given).split(',').map((id) => id.trim()).filter((id) => id !== '');
  if (listed.length === 0) {
    throw new UsageError(`--losses ${String(given)}: names no loss, such as --losses ${papers.slice(0, 2).join()}`);
  }
  const losses = [...new Set(listed.includes(reference) ? listed : [reference, ...listed])];
  for (const id of losses) lossRow(id);
  return losses;
}

/** What is told of the protocol; the epochs are left open where they follow from the data. */
function toldOf(values: Values): { readonly given: Partial<TrainSettings>; readonly heldOut: number } {
  const number = (name: string) => values[name] !== undefined
    && { [name]: decimal(values[name], name, name === 'rate' ? 0.1 : 10) };
  const heldOut = values['held-out'] === undefined ? 0.25 : decimal(values['held-out'], 'held-out');
  if (!(heldOut > 0 && heldOut < 1)) {
    throw new UsageError(`--held-out ${heldOut}: a share between 0 and 1 is needed, such as --held-out 0.25`);
  }
  const given = {
    ...(values['network'] !== undefined && { network: String(values['network']) }),
    ...number('embedding'), ...number('epochs'), ...number('batch'), ...number('rate'),
  };
  checkSettings(given, optionOf);
  return { given, heldOut };
}

function protocolOf({ given, heldOut }: ReturnType<typeof toldOf>, images: number): Protocol {
  const epochs = Math.max(1, Math.round(shownImages / (images * (1 - heldOut))));
  const { loss: _, lossOptions: __, seed: ___, ...settings } = checkSettings({ epochs, ...given });
  return { settings, heldOut };
}

interface Plan {
  readonly losses: readonly string[];
  readonly seeds: number;
  readonly protocol: Protocol;
  readonly data: Dataset;
  readonly beside: string | undefined;
  readonly threads: number;
  readonly out: string;
  readonly judged: MeasureName;
  readonly say: (text: string) => void;
}

/** All cells: those that are kept, and those that are missing, run one after the other. */
async function runCells({ losses, seeds, protocol, data, beside, threads, out, judged, say }: Plan): Promise<FinishedCell[]> {
  const checksum = fingerprint(data);
  const total = losses.reduce((sum, loss) => sum + gridOf(loss).length + seeds, 0);
  const finished: FinishedCell[] = [];
  // The seeds of a loss run one program; that of the cell before is enough to remember.
  let last: { readonly key: string; readonly program: TrainProgram } | undefined;
  const shared = (cell: Cell, train: Dataset): TrainProgram => {
    const key = JSON.stringify([cell.loss, cell.choice, train.classes.length]);
    if (last?.key !== key) last = { key, program: programOf(settingsOf(protocol, cell), train, { threads }) };
    return last.program;
  };
  const cellPlan = (cell: Cell) => ({ version: 1, cell, protocol, checksum });
  const pathOf = (name: string): string => join(out, 'cells', `${name}.json`);
  const keptAt = (path: string, cell: Cell): FinishedCell | undefined => {
    const kept = readCell(path, cellPlan(cell));
    if (kept !== 'other') return kept;
    throw new UsageError(`compare: ${path} holds a cell of another plan; another --out keeps it`);
  };
  const choosing = (loss: string) => gridOf(loss).map((choice, i) =>
    [{ loss, choice, kind: 'choose', seed: 1 } as const, `${loss}-choose-${i + 1}`] as const);
  // A folder of another plan is to be told before a cell has taken its time.
  for (const [cell, name] of losses.flatMap(choosing)) keptAt(pathOf(name), cell);
  // Finished cells are in their files, so there is nothing to save first.
  const giveBack = takeInterrupt(() => {
    progress('');
    process.stderr.write(
      `interrupted after ${finished.length} of ${total} cells, kept in ${join(out, 'cells')}; the same command goes on\n`);
    process.exit(130);
  });
  let fresh = 0;
  const started = performance.now();
  const doCell = async (cell: Cell, name: string): Promise<void> => {
    const path = pathOf(name);
    const kept = keptAt(path, cell);
    const title = `${cell.loss} ${cell.kind === 'choose' ? `with ${choiceText(cell.choice)}` : `seed ${cell.seed}`}`;
    if (kept === undefined) {
      const left = fresh === 0 ? ''
        : `  ${clock(((performance.now() - started) / 1000 / fresh) * (total - finished.length))} left`;
      const done = await runCell(protocol, cell, data, shared, (share) =>
        progress(`${bar((finished.length + share) / total, 20)} cell ${finished.length + 1}/${total}${left}  ${title}`));
      writeCell(path, cellPlan(cell), done);
      finished.push(done);
      fresh++;
      progress('');
      say(cellLine(done, title, judged));
    } else finished.push(kept);
  };
  say(`${counted(losses.length, 'loss', 'losses')} × (4 settings + ${counted(seeds, 'seed')}) = ${total} cells, `
    + `on ${data.labels.length} images of ${data.classes.length} people${beside ? ` (${beside})` : ''}`);
  for (const loss of losses) {
    for (const [cell, name] of choosing(loss)) await doCell(cell, name);
    const choice = chosen(loss, finished, judged);
    for (let seed = 1; seed <= seeds; seed++) await doCell({ loss, choice, kind: 'test', seed }, `${loss}-seed-${seed}`);
  }
  giveBack();
  if (fresh < total) say(`${counted(total - fresh, 'cell was', 'cells were')} there already`);
  return finished;
}

async function runCell(
  protocol: Protocol, cell: Cell, all: Dataset, shared: (cell: Cell, train: Dataset) => TrainProgram,
  show: (share: number) => void,
): Promise<FinishedCell> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const { train, test } = dataOf(protocol, cell, all);
  const training = runOf(protocol, cell, train, shared(cell, train));
  let shown = -Infinity;
  try {
    while (!training.isDone()) {
      const { position } = training.advance();
      if (performance.now() - shown > 100) {
        show(position.step / training.steps);
        shown = performance.now();
      }
      // Lets Ctrl-C be heard between two steps.
      await setImmediate();
    }
    return { ...cell, result: measure(training, test), seconds: seconds() };
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    return { ...cell, diverged: error.message, seconds: seconds() };
  }
}

function cellLine({ result, seconds }: FinishedCell, title: string, judged: MeasureName): string {
  const told = result === undefined ? 'diverged' : `${judged} ${(100 * result.measures[judged]!).toFixed(2)} %`;
  return `${title.padEnd(44)} ${told.padEnd(20)} ${seconds.toFixed(1)} s`;
}

interface Facts {
  readonly data: Dataset;
  readonly source: DataOptions;
  readonly protocol: Protocol;
  readonly threads: number;
  readonly kernels: string | undefined;
  readonly command: string;
}

function writeTables(
  out: string, comparison: Comparison, cells: readonly FinishedCell[],
  { data, source, protocol, threads, kernels, command }: Facts
): void {
  const { network, embedding, epochs } = protocol.settings;
  const title = 'Losses compared on people nobody trained on';
  const people = source.data === 'faces' ? 'made-up faces' : source.data;
  const credit = source.data === 'faces' ? 'The faces are drawn by marginalia from a seed and show nobody.'
    : `The pictures are those of ${source.data}, and no part of marginalia: `
      + 'where results on them are shown, credit who made them.';
  const share = Math.round(100 * protocol.heldOut);
  const lead = `${data.classes.length} people, ${data.labels.length} images (${people}); `
    + `${network} with an embedding of ${embedding}, ${epochs} epochs; ${share} % of the people kept for the test, `
    + `another ${share} % of the rest to choose settings.`;
  writeText(join(out, 'compare.md'), comparisonMarkdown(comparison, { title, command, credit }));
  writeText(join(out, 'compare.csv'), comparisonCsv(comparison));
  writeText(
    join(out, 'compare.json'), `${JSON.stringify({ ...comparison, source, protocol, threads, kernels, cells }, null, 1)}\n`);
  writeText(join(out, 'compare.html'), comparisonPage(comparison, cells, { title, lead, command, credit, data }));
}

export const compare: Command = { help, run };
