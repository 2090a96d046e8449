// Every loss by its id: what it is, where it is from, what it is made of. The rows are in the files of their family.

import { DomainError, message } from '../base/errors.ts';
import { perhaps } from '../base/nearest.ts';
import { cosineRows } from './cosineRows.ts';
import { freeRows } from './freeRows.ts';
import { pairRows } from './pairRows.ts';
import type { Row } from './row.ts';

const rows = [...freeRows, ...cosineRows, ...pairRows];

/** The rows by id. For an id that comes from outside use `lossRow`, which knows what to say when there is none. */
export const catalogue: Readonly<Record<string, Row>> = Object.fromEntries(rows.map((row) => [row.id, row]));

/**
 * The row of a loss.
 *
 * Equation  that of the row
 * Shapes    an id → a row
 * Units     none
 * Gradient  none
 * Edges     ids are exact: lower case, words joined by hyphens
 * Throws    DomainError for an unknown id, with the ids that exist
 */
export function lossRow(id: string): Row {
  const found = rows.find((row) => row.id === id);
  if (found !== undefined) return found;
  const known = rows.map((row) => row.id);
  throw new DomainError(message(
    `catalogue: the loss '${id}'`, `Losses are ${known.join(', ')}`, `Choose one of them${perhaps(String(id), known)}`));
}
