// Which branches a line must meet. Every condition its quantities are selected by has two sides, and each side needs
// its hits, unless the line's own `where`, or the arm it stands in, rules it out. What those rule out is worked out from
// the text alone: nothing is exempt because it happened not to occur.

import { type Cond, type Names, printExpr, type Section } from '../formula/index.ts';

/** How two sides may compare, as bits: `less`, `equal` and `greater`. */
const [less, equal, greater] = [1, 2, 4];
const told = { '<': less, '=': equal, '>': greater, '<=': less | equal, '>=': greater | equal, '!=': less | greater } as const;

/** What is known: how sides may compare, by the pair of them; and the truth of conjunctions, by their normal form. */
export interface Facts {
  readonly pairs: ReadonlyMap<string, number>;
  readonly conjunctions: ReadonlyMap<string, boolean>;
}

type Comparison = Extract<Cond, { kind: 'compare' }>;

/** A comparison of a pair of sides in one order. */
function relation({ left, right, op }: Comparison): { pair: string; may: number } {
  const [a, b] = [printExpr(left), printExpr(right)];
  const may = told[op];
  if (a <= b) return { pair: `${a} ? ${b}`, may };
  return { pair: `${b} ? ${a}`, may: (may & equal) | (may & less ? greater : 0) | (may & greater ? less : 0) };
}

/** What follows where all of these are so; undefined where they cannot be. */
export function factsOf(
  asserted: readonly { readonly cond: Cond; readonly holds: boolean; readonly section: Section }[], names: Names,
): Facts | undefined {
  const pairs = new Map<string, number>();
  const conjunctions = new Map<string, boolean>();
  const facts = { pairs, conjunctions };
  let contradictory = false;
  const assert = (c: Cond, truth: boolean, section: Section): void => {
    contradictory ||= settled(c, facts) === !truth;
    if (c.kind === 'not') assert(c.of, !truth, section);
    else if (c.kind === 'and') {
      conjunctions.set(condKey(c), truth);
      if (truth) for (const part of c.all) assert(part, true, section);
    } else {
      const { pair, may } = relation(c);
      const all = less | equal | greater;
      pairs.set(pair, (pairs.get(pair) ?? all) & (truth ? may : all & ~may));
      const meaning = indicator(c, names, section);
      if (meaning !== undefined) assert(meaning.cond, truth === meaning.when, section);
    }
  };
  for (const { cond, holds, section } of asserted) assert(cond, holds, section);
  return contradictory ? undefined : facts;
}

/** `I[k] = 1`, where I is defined as `1 if cond else 0`, says that cond holds; `I[k] = 0` that it does not. */
function indicator(c: Comparison, names: Names, section: Section): { cond: Cond; when: boolean } | undefined {
  if ((c.op !== '=' && c.op !== '!=') || c.left.kind !== 'name' || c.right.kind !== 'number') return undefined;
  const definition = names.resolve(c.left.name, section)?.definition;
  const value = definition?.value;
  if (value?.kind !== 'select' || value.then.kind !== 'number' || value.otherwise.kind !== 'number') return undefined;
  if (definition!.target!.index.join() !== c.left.index.join()) return undefined;
  const isThen = value.then.value === c.right.value;
  const isOtherwise = value.otherwise.value === c.right.value;
  return isThen === isOtherwise ? undefined : { cond: value.cond, when: isThen === (c.op === '=') };
}

/** Whether known facts settle a condition: true, false, or undefined when both can occur. */
export function settled(c: Cond, facts: Facts): boolean | undefined {
  if (c.kind === 'not') {
    const inner = settled(c.of, facts);
    return inner === undefined ? undefined : !inner;
  }
  if (c.kind === 'and') {
    const whole = c.all.map((part) => settled(part, facts));
    if (whole.includes(false)) return false;
    return whole.every((part) => part === true) ? true : facts.conjunctions.get(condKey(c));
  }
  const { pair, may } = relation(c);
  const known = facts.pairs.get(pair);
  if (known === undefined || known === 0) return undefined;
  return (known & ~may) === 0 ? true : (known & may) === 0 ? false : undefined;
}

/** The text of a condition in normal form. */
export function condKey(c: Cond): string {
  if (c.kind === 'and') return c.all.map(condKey).join(' and ');
  if (c.kind === 'not') return `not (${condKey(c.of)})`;
  const [a, b] = [printExpr(c.left), printExpr(c.right)];
  switch (c.op) {
    case '=': return [a, b].sort().join(' = ');
    case '!=': return `not ${[a, b].sort().join(' = ')}`;
    case '<': return `${a} < ${b}`;
    case '>': return `${b} < ${a}`;
    case '>=': return `not ${a} < ${b}`;
    case '<=': return `not ${b} < ${a}`;
  }
}
