// Files on disk, for every folder that needs them: reading with a limit, inflating with a limit, and writing whole.
// A file is written under a temporary name beside its place, synced and renamed, so that a reader, or a process that
// comes back after a crash, finds the old file or the new one and never a part. Node only; loaded by nothing in the core.

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { Inflate } from './compression.ts';
import { described } from './demand.ts';
import { DTypeError, FormatError, MarginaliaError, message } from './errors.ts';

/** The largest file that is read unless the caller says otherwise: 2 GiB, what one array of bytes holds everywhere. */
export const maxFileBytes = 2 ** 31 - 1;

/** Refuses what names no file. */
export function demandPath(path: unknown): void {
  if (typeof path === 'string') return;
  throw new DTypeError(message(`${described(path)} for a path`, 'A file or a folder is named by a string', 'Pass its path'));
}

/** All bytes of a file; FormatError when it is larger than `maxBytes`. A missing file is Node's own error, with its path. */
export function readBytes(path: string, maxBytes = maxFileBytes): Uint8Array {
  demandPath(path);
  const found = statSync(path);
  const { size } = found;
  // Node's own error for it has no path.
  if (found.isDirectory()) throw new FormatError(message(`${path}: is a folder`, 'A file is needed', 'Name another one'));
  if (size > maxBytes) {
    throw new FormatError(message(
      `${path}: ${size} bytes`, `At most ${maxBytes} bytes are read`, 'Raise maxBytes if the file is meant to be so large'));
  }
  const bytes = readFileSync(path);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

const inflaters = { zlib: inflateSync, raw: inflateRawSync, gzip: gunzipSync } as const;

/** Inflates a zlib stream (PNG), a bare deflate stream (zip) or a gzip file. */
export function inflater(format: keyof typeof inflaters): Inflate {
  return (bytes, maxBytes, name) => {
    const bad = (what: string): FormatError => new FormatError(message(
      `${name}: ${what}`, 'Compressed data is one whole deflate stream of the size it claims', 'Fetch or write the file again'));
    try {
      // With `info`, the engine tells how much of the input it used.
      const { buffer, engine } = inflaters[format](bytes, { maxOutputLength: Math.max(1, maxBytes), info: true }) as unknown as {
        buffer: Buffer;
        engine: { bytesWritten: number };
      };
      if (engine.bytesWritten !== bytes.length)
        throw bad(`${bytes.length - engine.bytesWritten} bytes follow the compressed data`);
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    } catch (error) {
      if (error instanceof FormatError || !(error instanceof Error && 'code' in error)) throw error;
      throw bad(
        error.code === 'ERR_BUFFER_TOO_LARGE'
          ? `it inflates to more than ${maxBytes} bytes`
          : `damaged compressed data (${error.message})`,
      );
    }
  };
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/**
 * Makes a folder and those above it that are missing.
 *
 * Edges     nothing is done where it is there. Node's own recursive mkdir never returns where a system refuses a folder
 *           with "no such file", as /proc does
 * Throws    Node's error, with the path that could not be made
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(path)) throw error;
  }
}

/** The one temporary name of a path: whatever a killed process left behind is replaced by the next write. */
export function temporaryPath(path: string): string {
  return `${path}.tmp`;
}

/** Removes what an interrupted write to `path` may have left. Call it where no other process is writing there. */
export function discardTemporary(path: string): void {
  rmSync(temporaryPath(path), { force: true });
}

/**
 * Writes a file whole or not at all.
 *
 * Edges     one writer per path: two processes writing one path at a time share its temporary name
 * Throws    MarginaliaError with the reason when the disk refuses; what stood at `path` is untouched then
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  try {
    discardTemporary(path);
    // 'wx' creates and never follows a link that somebody put in the way.
    const file = openSync(temporaryPath(path), 'wx');
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporaryPath(path), path);
  } catch (error) {
    tidy(path);
    throw refusal(path, error);
  }
  syncFolder(dirname(path));
}

/** After a failure the reason to report is the first one, so nothing here may throw. */
function tidy(path: string): void {
  try {
    discardTemporary(path);
  } catch {
    // The next write tries again.
  }
}

/** The rename itself survives a power cut once the folder is synced; systems that cannot sync a folder do not need to. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Windows and some network file systems refuse to open a folder; the file is in place either way.
  }
}

function refusal(path: string, error: unknown): MarginaliaError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MarginaliaError(
    message(
      `${path}: could not be written (${reason})`,
      'A file is written under a temporary name and renamed, so what stood there before is untouched',
      'Make room or choose a folder that can be written, and write again',
    ),
  );
}
