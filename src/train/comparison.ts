// From finished cells to a table: the setting each loss has chosen, mean and standard error of every measure over the
// seeds, and the paired difference to a reference loss with its interval. Nothing is computed here that cells do not hold.

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { type Cell, type CellResult, columns, curveRates, type MeasureName } from './protocol.ts';
import { type Choice, gridOf } from './grid.ts';
import { type Difference, type Estimate, estimate, pairedDifference } from './statistics.ts';

/** A cell that was run: its result, or the sentence with which it diverged. */
export interface FinishedCell extends Cell {
  readonly result?: CellResult;
  readonly diverged?: string;
  readonly seconds: number;
}

const isNumber = (x: unknown): boolean => typeof x === 'number' && Number.isFinite(x);
const isNumbers = (x: unknown): boolean => Array.isArray(x) && x.every(isNumber);
const entriesOf = (x: unknown): ReadonlyMap<string, unknown> =>
  new Map(typeof x === 'object' && x !== null ? Object.entries(x) : []);

/** Whether what was read somewhere is this cell, finished, with all that tables and pictures take from it. */
export function isFinishedCell(x: unknown, cell: Cell): x is FinishedCell {
  const found = entriesOf(x);
  const told = (of: typeof found): string => JSON.stringify(['loss', 'choice', 'kind', 'seed'].map((name) => of.get(name)));
  if (told(found) !== told(entriesOf(cell)) || !isNumber(found.get('seconds'))) return false;
  if (typeof found.get('diverged') === 'string') return !found.has('result');
  const result = entriesOf(found.get('result'));
  const [measures, trials] = [entriesOf(result.get('measures')), entriesOf(result.get('trials'))];
  const [curve, ...angles] = ['curve', 'genuine', 'impostor'].map((name) => result.get(name));
  return columns.every((name) => measures.get(name) === null || isNumber(measures.get(name)))
    && [measures.get('AUC'), measures.get('EER'), trials.get('genuine'), trials.get('impostor'), result.get('finalLoss')]
      .every(isNumber)
    && isNumbers(curve) && (curve as number[]).length === curveRates.length && angles.every(isNumbers);
}

export interface ComparedLoss {
  readonly loss: string;
  readonly choice: Choice;
  /** The measure by which it was chosen, in the order of the grid; null for one that diverged. */
  readonly chosenBy: readonly (number | null)[];
  /** Null where not every seed could tell. */
  readonly measures: Readonly<Record<(typeof columns)[number], Estimate | null>>;
  /** To the reference, in the measure all is judged by; null for the reference itself. */
  readonly difference: Difference | null;
  /** Seeds whose run diverged; they are in no mean. */
  readonly diverged: readonly number[];
  readonly secondsPerCell: number;
}

export interface Comparison {
  readonly reference: string;
  readonly judgedBy: MeasureName;
  readonly seeds: number;
  readonly losses: readonly ComparedLoss[];
}

/** The value settings are chosen by; of equal ones the area under the curve decides. */
function worth({ result }: FinishedCell, judgedBy: MeasureName): number {
  return result === undefined ? -Infinity : (result.measures[judgedBy] ?? 0) + 1e-6 * result.measures.AUC;
}

/**
 * The setting a loss chooses: the best of its grid, the first among equals.
 *
 * Throws    DomainError where no setting was tried
 */
export function chosen(loss: string, cells: readonly FinishedCell[], judgedBy: MeasureName): Choice {
  demandSort('records', { cells }, 'chosen');
  const tried = cells.filter((cell) => cell.kind === 'choose' && cell.loss === loss);
  if (tried.length === 0) {
    throw new DomainError(message(
      `no cell in which ${String(loss)} tried a setting`, 'A loss chooses among those of gridOf',
      "Give its cells of kind 'choose'"));
  }
  return tried.reduce((best, cell) => (worth(cell, judgedBy) > worth(best, judgedBy) ? cell : best)).choice;
}

/** The table of these losses. */
export function compareCells(
  losses: readonly string[], cells: readonly FinishedCell[], how: Pick<Comparison, 'judgedBy' | 'reference'>,
): Comparison {
  demandSort('list', { losses }, 'compareCells');
  demandSort('records', { cells }, 'compareCells');
  demandSort('record', { how }, 'compareCells');
  const { judgedBy, reference } = how;
  const tests = (loss: string): FinishedCell[] => cells.filter((cell) => cell.kind === 'test' && cell.loss === loss);
  const valueOf = ({ result }: FinishedCell, name: MeasureName): number | null => result?.measures[name] ?? null;
  const rows = losses.map((loss): ComparedLoss => {
    const own = tests(loss);
    const sound = own.filter(({ result }) => result !== undefined);
    const measures = Object.fromEntries(columns.map((name) => {
      const values = sound.map((cell) => valueOf(cell, name));
      return [name, values.length === 0 || values.includes(null) ? null : estimate(values as number[])];
    })) as ComparedLoss['measures'];
    const pairs = tests(reference).flatMap((other) => {
      const mine = sound.find(({ seed }) => seed === other.seed);
      const [a, b] = [mine && valueOf(mine, judgedBy), valueOf(other, judgedBy)];
      return typeof a !== 'number' || b === null ? [] : [[a, b] as const];
    });
    const tried = cells.filter((cell) => cell.kind === 'choose' && cell.loss === loss);
    return {
      loss, choice: chosen(loss, cells, judgedBy), measures,
      chosenBy: gridOf(loss).map((_, i) => tried[i]?.result?.measures[judgedBy] ?? null),
      difference: loss === reference || pairs.length === 0 ? null
        : pairedDifference(pairs.map(([a]) => a), pairs.map(([, b]) => b)),
      diverged: own.filter(({ result }) => result === undefined).map(({ seed }) => seed),
      secondsPerCell: own.reduce((sum, { seconds }) => sum + seconds, 0) / Math.max(1, own.length),
    };
  });
  return { reference, judgedBy, seeds: Math.max(0, ...losses.map((loss) => tests(loss).length)), losses: rows };
}
