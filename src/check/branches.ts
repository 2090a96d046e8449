// Which branches a line must meet. Every condition its quantities are selected by has two sides, and each side needs
// its hits, unless the line's own `where` rules it out. What `where` rules out is worked out from the text alone:
// nothing is exempt because it happened not to occur.

import { type Cond, type Names, printExpr, type Section } from '../formula/index.ts';

/** Truth of atomic comparisons known from a `where`, by their normal form. */
export type Facts = ReadonlyMap<string, boolean>;

/** An atomic comparison in normal form: `=` with its sides in order, or `<`; `negated` for the others. */
function atom(c: Extract<Cond, { kind: 'compare' }>): { key: string; negated: boolean } {
  const [a, b] = [printExpr(c.left), printExpr(c.right)];
  switch (c.op) {
    case '=': return { key: [a, b].sort().join(' = '), negated: false };
    case '!=': return { key: [a, b].sort().join(' = '), negated: true };
    case '<': return { key: `${a} < ${b}`, negated: false };
    case '>': return { key: `${b} < ${a}`, negated: false };
    case '>=': return { key: `${a} < ${b}`, negated: true };
    case '<=': return { key: `${b} < ${a}`, negated: true };
  }
}

/** What a condition asserts when it holds. */
export function factsOf(cond: Cond | null, names: Names, section: Section): Facts {
  const facts = new Map<string, boolean>();
  const assert = (c: Cond, truth: boolean): void => {
    if (c.kind === 'not') assert(c.of, !truth);
    else if (c.kind === 'and') {
      facts.set(condKey(c), truth);
      if (truth) for (const part of c.all) assert(part, true);
    } else {
      const { key, negated } = atom(c);
      facts.set(key, truth !== negated);
      if (truth !== negated && c.op !== '=' && c.op !== '!=') facts.set([printExpr(c.left), printExpr(c.right)].sort().join(' = '), false);
      const meaning = indicator(c, names, section);
      if (meaning !== undefined) assert(meaning.cond, truth === meaning.when);
    }
  };
  if (cond !== null) assert(cond, true);
  return facts;
}

/** `I[k] = 1`, where I is defined as `1 if cond else 0`, says that cond holds; `I[k] = 0` that it does not. */
function indicator(c: Extract<Cond, { kind: 'compare' }>, names: Names, section: Section): { cond: Cond; when: boolean } | undefined {
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
    return whole.every((part) => part === true) ? true : facts.get(condKey(c));
  }
  const { key, negated } = atom(c);
  const fact = facts.get(key);
  return fact === undefined ? undefined : fact !== negated;
}

/** The text of a condition in normal form. */
export function condKey(c: Cond): string {
  if (c.kind === 'and') return c.all.map(condKey).join(' and ');
  if (c.kind === 'not') return `not (${condKey(c.of)})`;
  const { key, negated } = atom(c);
  return negated ? `not ${key}` : key;
}
