// Which definition of a loss's equation a line belongs to. A line that bears the name of a definition is that quantity. Any
// other belongs to the narrowest definition that all of it goes into: the length of x to the cosines, which nothing else
// takes it for, the mask of the label to the loss, as both the margin and the scores use it. So nothing narrower is claimed than is true.

import type { Line } from './explanation.ts';

export interface Belonging {
  /** The name that the equation gives a meaning. */
  readonly name: string;
  /** True for the quantity itself, false for what only goes into it. */
  readonly whole: boolean;
}

/** A definition and those around it: what its quantity goes into, all of it. */
interface Inside {
  readonly name: string;
  readonly around: Inside | undefined;
  readonly depth: number;
}

/** By the numbers of lines; a line that goes into no definition, as what reduces the losses of a batch, has none. */
export function belongings(lines: readonly Line[], defined: ReadonlySet<string>): Map<number, Belonging> {
  // Seen from the uses of a line: the definitions it goes into.
  const into = new Map<number, Inside | undefined>();
  const found = new Map<number, Belonging>();
  for (const { number, label, operands } of [...lines].sort((a, b) => b.number - a.number)) {
    const around = into.get(number);
    const own = label !== undefined && defined.has(label) ? { name: label, around, depth: (around?.depth ?? 0) + 1 } : around;
    if (own !== undefined) found.set(number, { name: own.name, whole: own !== around });
    for (const operand of operands) into.set(operand, into.has(operand) ? common(into.get(operand), own) : own);
  }
  return found;
}

/** The narrowest definition that both are inside of. */
function common(a: Inside | undefined, b: Inside | undefined): Inside | undefined {
  if (a === b || a === undefined || b === undefined) return a === b ? a : undefined;
  return a.depth >= b.depth ? common(a.around, b) : common(a, b.around);
}
