// What a line of the derivation speaks of in the picture: a symbol of the paper names it, any other step has it from the
// lines it is made of. Nothing here knows of the page.

import type { Explanation } from 'marginalia/explain';

/** What a symbol of the paper is in the picture. */
const partsOf: Readonly<Record<string, readonly string[]>> = {
  x: ['sample'], 'x̂': ['sample'], w: ['weights'], 'ŵ': ['weights'], c: ['links'], c_y: ['own'], f: ['own'], I: ['support'],
  v: ['links'], z: ['links'], L: ['sample'], 'ℓ': ['sample'], g: ['sample'], y: ['own'], '1[k = y]': ['own'], result: ['sample'],
};

/** What a line lights: what its symbol is; a step without one lights what it is made of. */
export function partsTouched({ lines }: Explanation): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, readonly string[]>();
  const byName = new Map<string, readonly string[]>();
  for (const { number, name, label, expanded } of lines) {
    const operands = expanded.match(/1\[k = y\]|[\p{L}_][\p{L}\p{M}\p{N}_]*/gu) ?? [];
    const parts = partsOf[label ?? name] ?? [...new Set(operands.flatMap((operand) => byName.get(operand) ?? []))];
    found.set(number, parts);
    byName.set(name, parts);
  }
  return found;
}
