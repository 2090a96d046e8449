// A run on disk: the folder it lives in, its two files, and the data it is trained on. `checkpoint.safetensors` is all
// that is needed to go on and is replaced whole; `run.json` tells people and programs what was done. Node only.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { counted, demandMade } from '../base/demand.ts';
import { FormatError, MarginaliaError, message } from '../base/errors.ts';
import { demandPath, discardTemporary, makeFolder, readBytes, writeWhole } from '../base/node.ts';
import { readDigits, readPeople } from '../data/node.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, settingsFrom } from './checkpoint.ts';
import { type FinishedCell, isFinishedCell } from './comparison.ts';
import { type Dataset, demandPeople, digitScaling, type Divided, holdOut, madeUpFaces, prepare } from './dataset.ts';
import type { Cell } from './protocol.ts';
import type { Called, TrainSettings } from './settings.ts';

export interface DataOptions {
  /** `faces` for made-up people, otherwise a folder: a folder of pictures per person, or the IDX files of MNIST. */
  readonly data: string;
  /** Width and height the pictures are brought to. */
  readonly side: number;
  /** Made-up people, and pictures of each. */
  readonly people: number;
  readonly images: number;
  /** The share of people kept apart to judge by; digits have their own test files. */
  readonly heldOut: number;
  readonly seed: number;
}

function inFolder(folder: string, name: string): string {
  demandPath(folder);
  return join(folder, name);
}

const digitParts = ['train', 't10k'] as const;

/** The two files of a part of MNIST, plain or gzipped, if they are there. */
function digitFiles(directory: string, part: (typeof digitParts)[number]): readonly [string, string] | undefined {
  const found = ['images-idx3-ubyte', 'labels-idx1-ubyte'].map((name) =>
    ['', '.gz'].map((end) => inFolder(directory, `${part}-${name}${end}`)).find((path) => existsSync(path)));
  return found[0] === undefined || found[1] === undefined ? undefined : [found[0], found[1]];
}

/** Whether a folder holds digits, and not people. */
export function hasDigits(directory: string): boolean {
  return digitParts.some((part) => digitFiles(directory, part) !== undefined);
}

/**
 * The data a run is told to use, divided into what is trained on and what is kept.
 *
 * Edges     of MNIST the training files are trained on and judged by the t10k files; where only one of the parts is there,
 *           it is trained on
 * Throws    DomainError, which calls the share as `called` says, where fewer than two people would be kept or left;
 *           FormatError, with the path and the fault, for a bad file or a folder of neither kind; Node's own error for a
 *           folder that is not there
 */
export function loadData(source: DataOptions, called?: Called): Divided {
  demandMade(source, ['data', 'side', 'heldOut'], 'loadData', 'a source { data, side, people, images, heldOut, seed }');
  const { data, side, people, images, heldOut, seed } = source;
  const divided = (all: Dataset): Divided => {
    if (heldOut > 0) demandPeople(all.classes.length, heldOut, 1, called);
    return holdOut(all, heldOut, seed);
  };
  if (data === 'faces') return divided(madeUpFaces(people, images, 1, side));
  const parts = digitParts.flatMap((part) => {
    const files = digitFiles(data, part);
    return files === undefined ? [] : [prepare(readDigits(...files), side, digitScaling)];
  });
  if (parts.length > 0) return { train: parts[0]!, ...(parts[1] && { test: parts[1] }), closed: true };
  const found = readPeople(data);
  if (found.images.length === 0) {
    const names = readdirSync(data);
    throw new FormatError(message(
      `${data}: ${counted(names.length, 'entry', 'entries')} and no data among them`,
      'Data is a folder of PGM, PPM or PNG pictures per person, or the IDX files of MNIST', 'Choose another folder'));
  }
  const empty = found.people.length - new Set(found.labels).size;
  const beside = [
    ...(found.strange > 0 ? [counted(found.strange, 'file is no picture', 'files are no pictures')] : []),
    ...(empty > 0 ? [`${counted(empty, 'folder')} empty`] : []),
  ].join(', ');
  return { ...divided(prepare(found, side)), beside };
}

/** The checkpoint of a folder, if there is one. */
export function readCheckpoint(folder: string): ReturnType<typeof decodeCheckpoint> | undefined {
  const path = inFolder(folder, 'checkpoint.safetensors');
  return existsSync(path) ? decodeCheckpoint(readBytes(path), path) : undefined;
}

/** Replaces the checkpoint of a folder; see `writeWhole`. */
export function writeCheckpoint(folder: string, checkpoint: Checkpoint): void {
  writeWhole(inFolder(folder, 'checkpoint.safetensors'), encodeCheckpoint(checkpoint));
}

/** What run.json says, the parts that a run is started again from. */
export interface RunRecord {
  readonly settings: TrainSettings;
  readonly source: DataOptions;
}

/** The record of a folder, if there is one. */
export function readRecord(folder: string): RunRecord | undefined {
  const path = inFolder(folder, 'run.json');
  return existsSync(path) ? decodeRecord(readBytes(path, 2 ** 28), path) : undefined;
}

/**
 * A record from its bytes.
 *
 * Throws    FormatError, with `name` and the fault, for anything that no run can be started from
 */
export function decodeRecord(bytes: Uint8Array, name: string): RunRecord {
  const bad = (what: string): FormatError => new FormatError(message(
    `${name}: ${what}`, 'It is the file that marginalia train wrote',
    'Remove it; --resume, with the options of the data, goes on from the checkpoint'));
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw bad('it is no JSON');
  }
  const entries = typeof json === 'object' && json !== null ? new Map<string, unknown>(Object.entries(json))
    : new Map<string, unknown>();
  const [settings, source] = [entries.get('settings'), entries.get('source')];
  if (typeof settings !== 'object' || typeof source !== 'object' || settings === null || source === null) {
    throw bad('it names no settings and no source of data');
  }
  const wrong = wrongSource(new Map<string, unknown>(Object.entries(source)));
  if (wrong !== undefined) throw bad(wrong);
  return { settings: settingsFrom(settings, bad), source: source as DataOptions };
}

/** What is wrong with a source of data, if anything is. */
function wrongSource(source: ReadonlyMap<string, unknown>): string | undefined {
  if (typeof source.get('data') !== 'string') return `its data are ${JSON.stringify(source.get('data'))}, which is no folder`;
  const counts = ['side', 'people', 'images', 'seed']
    .find((name) => !(Number.isSafeInteger(source.get(name)) && (source.get(name) as number) >= 0));
  if (counts !== undefined) return `the ${counts} of its data is ${JSON.stringify(source.get(counts))}, which is no whole number`;
  const share = source.get('heldOut');
  return typeof share === 'number' && share >= 0 && share < 1 ? undefined
    : `its heldOut is ${JSON.stringify(share)}, which is no share`;
}

/** Writes what is known about a run. */
export function writeRecord(folder: string, record: RunRecord & Readonly<Record<string, unknown>>): void {
  writeWhole(inFolder(folder, 'run.json'), new TextEncoder().encode(`${JSON.stringify(record, null, 1)}\n`));
}

/** What a cell was run under; what else there is in it is compared as a whole. */
export type CellPlan = { readonly cell: Cell } & Readonly<Record<string, unknown>>;

/** A cell that was finished under the same plan, if there is one; 'other' where the file is that of another plan. */
export function readCell(path: string, plan: CellPlan): FinishedCell | 'other' | undefined {
  if (!existsSync(path)) return undefined;
  let json: { readonly plan?: Partial<CellPlan> | null; readonly cell?: unknown } | null;
  try {
    json = JSON.parse(new TextDecoder().decode(readBytes(path, 2 ** 24))) as typeof json;
  } catch {
    // Whatever it is, the cell is run again and its file replaced.
    return undefined;
  }
  const cell = json?.plan?.cell;
  // What is not whole is nobody's work any more, so it is run again too.
  if (typeof cell !== 'object' || cell === null || !isFinishedCell(json?.cell, cell)) return undefined;
  // Older files also say where the pictures were, whose checksum is part of the plan.
  return JSON.stringify({ ...json?.plan, source: undefined }) === JSON.stringify(plan) ? json.cell : 'other';
}

/** Keeps a finished cell with the plan it was run under. */
export function writeCell(path: string, plan: CellPlan, cell: FinishedCell): void {
  demandPath(path);
  makeFolder(dirname(path));
  writeWhole(path, new TextEncoder().encode(`${JSON.stringify({ plan, cell })}\n`));
}

function isDead(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Makes a folder and keeps it to this process, on this machine, until the function it gives is called or the process exits.
 *
 * Edges     the lock of a dead process is taken over
 * Throws    MarginaliaError where another process has the folder
 */
export function lockFolder(folder: string): () => void {
  const path = inFolder(folder, 'run.lock');
  makeFolder(folder);
  const unlock = (): void => {
    process.off('exit', unlock);
    rmSync(path, { force: true });
  };
  // Empty, it is that of a process which is just about to write its number.
  const holder = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // Our own number was that of another process too: in a container every process may be the first.
  if (holder !== '' && (Number(holder) === process.pid || isDead(Number(holder)))) unlock();
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      unlock();
      // Node's own has no path where the disk is full.
      throw Object.assign(error as Error, { path });
    }
    throw new MarginaliaError(message(
      `${folder}: process ${holder || '?'} writes there`, 'A folder has one writer',
      `Use another --out; if that process is none of marginalia's, remove ${path}`));
  }
  process.on('exit', unlock);
  return unlock;
}

/** Locks the folder of a run, and removes what a killed process may have left half written in it. */
export function openFolder(folder: string): () => void {
  const unlock = lockFolder(folder);
  for (const name of ['checkpoint.safetensors', 'run.json']) discardTemporary(join(folder, name));
  return unlock;
}
