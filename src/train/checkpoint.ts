// A run as one file: every tensor of its state by its path, and beside them, as the file's own text, the settings, the
// position, the history and what the data were. One file is renamed into place at once, so settings and numbers can
// never belong to different moments. Reading trusts nothing; the file itself is written and read in `node.ts`.

import { demandMade } from '../base/demand.ts';
import { FormatError, MarginaliaError, message } from '../base/errors.ts';
import { sameShape, shapeText } from '../base/shape.ts';
import { flatten } from '../base/tree.ts';
import { decodeSafetensors, encodeSafetensors } from '../export/index.ts';
import { isTensor } from '../graph/index.ts';
import type { TrainState } from './model.ts';
import type { EpochRecord, Progress, Tally } from './run.ts';
import { checkSettings, type TrainSettings } from './settings.ts';

/** What a checkpoint says besides the numbers. */
export interface CheckpointFacts {
  readonly settings: TrainSettings;
  /** The checksum of the training data. */
  readonly data: number;
}

export interface Checkpoint extends CheckpointFacts {
  readonly progress: Progress;
}

/** The form of what is written; files of older forms keep loading. */
const version = 1;
const key = 'marginalia.train';

/** The bytes of a checkpoint. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  demandMade(checkpoint, ['settings', 'data', 'progress'], 'encodeCheckpoint', 'a checkpoint { settings, data, progress }');
  const { settings, data, progress } = checkpoint;
  demandMade(progress, ['state', 'position'], 'encodeCheckpoint', "what a run's progress() returns");
  const { state, position, tally, history } = progress;
  const { leaves, paths } = flatten(state, isTensor);
  const facts = JSON.stringify({ version, settings, data, position, tally, history });
  return encodeSafetensors(paths.map((path, i) => [path, leaves[i]!] as const), [[key, facts]]);
}

/**
 * A checkpoint from its bytes, in two steps: what it says, and then its state in the form of a fresh one, which the
 * settings let the caller make.
 *
 * Throws    FormatError, with `name`, for bytes that are no checkpoint or one of another network
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): CheckpointFacts & {
  readonly progressOf: (fresh: TrainState) => Progress,
} {
  const bad = (what: string): FormatError => new FormatError(message(
    `${name}: ${what}`, 'A checkpoint is the file that marginalia train wrote', 'Remove it to begin again'));
  const { tensors, metadata } = safetensorsOf(bytes, name, bad);
  const facts = parsed(metadata.get(key), bad);
  const [position, tally] = [facts.get('position'), facts.get('tally')];
  const history = facts.get('history');
  if (facts.get('version') !== version) throw bad(`it has version ${String(facts.get('version'))}, ${version} is known`);
  if (!isPosition(position) || !isNumbers(tally, tallyNames) || !Array.isArray(history)
    || !history.every((entry) => isNumbers(entry, epochNames)) || typeof facts.get('data') !== 'number') {
    throw bad('it does not say where the run was');
  }
  const settings = settingsFrom(facts.get('settings'), bad);
  return {
    settings, data: facts.get('data') as number,
    progressOf: (fresh) => {
      const { leaves, paths, rebuild } = flatten(fresh, isTensor);
      if (tensors.size !== paths.length) throw bad(`it has ${tensors.size} tensors, the network of its settings ${paths.length}`);
      const state = rebuild(paths.map((path, i) => {
        const found = tensors.get(path);
        if (found === undefined || found.dtype !== leaves[i]!.dtype || !sameShape(found.shape, leaves[i]!.shape)) {
          const wanted = `${leaves[i]!.dtype}${shapeText(leaves[i]!.shape)}`;
          throw bad(`${path} is ${found === undefined ? 'missing' : String(found)} where ${wanted} belongs`);
        }
        return found;
      })) as TrainState;
      return { state, position: position as Progress['position'], tally: tally as Tally, history: history as EpochRecord[] };
    },
  };
}

/** The tensors of a file; of its fault only the first sentence is told, since nobody else can write the file again. */
function safetensorsOf(
  bytes: Uint8Array, name: string, bad: (what: string) => FormatError
): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes, name);
  } catch (error) {
    if (error instanceof FormatError) throw bad(error.message.slice(name.length + 2).split('. ')[0]!);
    throw error;
  }
}

/** Settings that were read somewhere, checked; whatever is wrong with them is said by `bad`. */
export function settingsFrom(given: unknown, bad: (what: string) => FormatError): TrainSettings {
  if (typeof given !== 'object' || given === null) throw bad('it names no settings');
  try {
    return checkSettings(given as Partial<TrainSettings>);
  } catch (error) {
    if (error instanceof MarginaliaError) throw bad(`of its settings, ${error.message}`);
    throw error;
  }
}

const tallyNames = ['steps', 'loss', 'accuracy', 'support'];
const epochNames = ['epoch', 'step', 'loss', 'accuracy', 'support', 'rate'];

function parsed(text: string | undefined, bad: (what: string) => FormatError): ReadonlyMap<string, unknown> {
  if (text === undefined) throw bad('it is no checkpoint of a training run');
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return new Map(Object.entries(json));
  } catch {
    // Told below.
  }
  throw bad('what it says about its run is broken');
}

function isPosition(x: unknown): boolean {
  const names = ['epoch', 'batch', 'step'];
  return isNumbers(x, names) && names.every((name) => {
    const value = new Map<string, unknown>(Object.entries(x as object)).get(name);
    return Number.isSafeInteger(value) && (value as number) >= 0;
  });
}

function isNumbers(x: unknown, names: readonly string[]): boolean {
  if (typeof x !== 'object' || x === null) return false;
  const entries = new Map<string, unknown>(Object.entries(x));
  return names.every((name) => Number.isFinite(entries.get(name)));
}
