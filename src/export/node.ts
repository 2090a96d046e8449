// The formats of this folder as files on disk: read whole with a limit, written whole under a temporary name, synced and
// renamed. Node only.

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

/** Reads a safetensors file; see `decodeSafetensors`. */
export function readSafetensors(path: string, { maxBytes = maxFileBytes }: ReadOptions = {}): Safetensors {
  return decodeSafetensors(readBytes(path, maxBytes), path);
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
export function readNpy(path: string, { maxBytes = maxFileBytes }: ReadOptions = {}): Tensor {
  return decodeNpy(readBytes(path, maxBytes), path);
}

/** Writes an npy file whole or not at all; see `encodeNpy` and `writeWhole`. */
export function writeNpy(path: string, tensor: Tensor): void {
  writeWhole(path, encodeNpy(tensor));
}

/** Reads an npz file, deflated members included; see `decodeNpz`. */
export function readNpz(path: string, { maxBytes = 2 ** 30 }: ReadOptions = {}): ReadonlyMap<string, Tensor> {
  return decodeNpz(readBytes(path, maxBytes), path, { inflate: inflater('raw'), maxBytes });
}

/** Writes an npz file whole or not at all; see `encodeNpz` and `writeWhole`. */
export function writeNpz(path: string, tensors: Iterable<readonly [string, Tensor]>): void {
  writeWhole(path, encodeNpz(tensors));
}
