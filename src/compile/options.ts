// What `compile` may be asked for, and the refusal of everything else before anything is recorded: an option that is
// misspelt, or a position that is a text, would otherwise be no option at all, and nobody would be told.

import { demandFunction, demandOptions, described } from '../base/demand.ts';
import { DomainError, DTypeError, message } from '../base/errors.ts';
import { defaultThreads } from './pool.ts';

/** Beyond it every kernel's share of scratch costs more than a thread can win. */
const mostThreads = 64;

export interface CompileOptions {
  /** Threads that share the work; any number gives the same bits. Default: one per core, at most eight. */
  readonly threads?: number;
  /**
   * Arguments that are updated: argument i becomes result i of the returned tuple, in the same bytes. A call consumes
   * the handles of such an argument and returns new ones, which read by copying out and cost nothing to pass on; an
   * ordinary tensor, as a first call is given, is copied in and stays valid.
   */
  readonly resident?: readonly number[];
  /**
   * Arguments that are only read and stay in memory: the same tensor passed again is not copied again, so nothing may be
   * written into its `data` after the first call; kernels do not see it, the reference does.
   */
  readonly keep?: readonly number[];
  /**
   * Leaves the other results in memory: they can be read until the next call with arguments of the same shapes, or until
   * more than 16 signatures were met since.
   */
  readonly leave?: boolean;
  /**
   * Where a result is not finite, refuses the call with a DomainError that names the step, and leaves resident arguments
   * as they were; their tensors stay valid. Updates are then copied in rather than computed in place.
   */
  readonly guard?: boolean;
}

/** The options of a function, complete. Throws DTypeError and DomainError for what is none. */
export function readOptions(f: unknown, options: CompileOptions): Required<CompileOptions> {
  demandFunction(f, 'compile');
  demandOptions(options, ['threads', 'resident', 'keep', 'leave', 'guard'], 'compile');
  const { threads = defaultThreads(), resident = [], keep = [], leave = false, guard = false } = options;
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)) {
    throw new DomainError(message(
      `compile: threads ${typeof threads === 'number' ? threads : `is ${described(threads)}`}`,
      `A number of threads is a whole number from 1 to ${mostThreads}`, 'Leave it out for the default'));
  }
  demandPositions(resident, 'resident');
  demandPositions(keep, 'keep');
  demandBoolean(leave, 'leave');
  demandBoolean(guard, 'guard');
  const both = resident.find((i) => keep.includes(i));
  if (both !== undefined) {
    throw new DomainError(message(
      `compile: argument ${both} is resident and kept`, 'A kept argument is only read', 'Name it once'));
  }
  return { threads, resident, keep, leave, guard };
}

/** Refuses a call with fewer arguments than the options speak of. */
export function demandArguments(positions: Iterable<number>, count: number): void {
  for (const position of positions) {
    if (position < count) continue;
    throw new DomainError(message(
      `compile: argument ${position} of a call with ${count}`, 'resident and keep name arguments of the call, counted from 0',
      'Check the positions'));
  }
}

function demandPositions(positions: unknown, name: string): void {
  const rule = `${name} is a list of positions of arguments, counted from 0`;
  const todo = `Write ${name}: [0]`;
  if (!Array.isArray(positions)) throw new DTypeError(message(`compile: ${described(positions)} for ${name}`, rule, todo));
  const wrong = positions.findIndex((i) => !(Number.isInteger(i) && i >= 0));
  if (wrong < 0) return;
  throw new DomainError(message(`compile: ${described(positions[wrong])} in ${name}`, rule, todo));
}

function demandBoolean(flag: unknown, name: string): void {
  if (typeof flag === 'boolean') return;
  throw new DTypeError(message(`compile: ${described(flag)} for ${name}`, `${name} is true or false`, `Write ${name}: true`));
}
