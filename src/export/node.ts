// The formats of this folder as files on disk: read whole with a limit, written whole under a temporary name, synced and
// renamed. Node only.

import { demandOptions } from '../base/demand.ts';
import { inflater, maxFileBytes, readBytes, writeWhole } from '../base/node.ts';
import type { Tensor } from '../graph/index.ts';
import { decodeNpy, encodeNpy } from './npy.ts';
import { decodeNpz, encodeNpz } from './npz.ts';
import { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts';

export { discardTemporary, temporaryPath, writeWhole } from '../base/node.ts';

export interface ReadOptions {
  /** The largest file to read, and for npz the most its members may hold. */
  readonly maxBytes?: number;
}

function limit(options: ReadOptions, who: string, standard = maxFileBytes): number {
  demandOptions(options, ['maxBytes'], who);
  return options.maxBytes ?? standard;
}

/** Reads a safetensors file; see `decodeSafetensors`. */
export function readSafetensors(path: string, options: ReadOptions = {}): Safetensors {
  return decodeSafetensors(readBytes(path, limit(options, 'readSafetensors')), path);
}

/** Writes a safetensors file whole or not at all; see `encodeSafetensors` and `writeWhole`. */
export function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Iterable<readonly [string, string]> = [],
): void {
  writeWhole(path, encodeSafetensors(tensors, metadata));
}

/** Reads an npy file; see `decodeNpy`. */
export function readNpy(path: string, options: ReadOptions = {}): Tensor {
  return decodeNpy(readBytes(path, limit(options, 'readNpy')), path);
}

/** Writes an npy file whole or not at all; see `encodeNpy` and `writeWhole`. */
export function writeNpy(path: string, tensor: Tensor): void {
  writeWhole(path, encodeNpy(tensor));
}

/** Reads an npz file, deflated members included; see `decodeNpz`. */
export function readNpz(path: string, options: ReadOptions = {}): ReadonlyMap<string, Tensor> {
  const maxBytes = limit(options, 'readNpz', 2 ** 30);
  return decodeNpz(readBytes(path, maxBytes), path, { inflate: inflater('raw'), maxBytes });
}

/** Writes an npz file whole or not at all; see `encodeNpz` and `writeWhole`. */
export function writeNpz(path: string, tensors: Iterable<readonly [string, Tensor]>): void {
  writeWhole(path, encodeNpz(tensors));
}
