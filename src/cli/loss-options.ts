// Parameters of a loss as words: `--set m=0.35`, read in the type the loss's row wants.

import type { LossOptions, Row } from '../losses/index.ts';
import { UsageError } from './arguments.ts';

/** Every parameter with its value. */
export function parametersOf(row: Row, options: LossOptions): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row.parameters).map(
    ([name, parameter]) => [name, options[name] ?? parameter.default]
  ));
}

/** The parameters given as name=value, in the type the loss wants. */
export function lossOptions(row: Row, given: unknown, written = '--set '): LossOptions {
  const texts = Array.isArray(given) ? given.map(String) : [];
  const seen = new Set<string>();
  return Object.fromEntries(texts.map((text) => {
    const [, name, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`${written}${text}: write a name and a value, such as ${written}m=0.35`);
    }
    if (seen.has(name)) throw new UsageError(`${written}${name} is given twice; leave one out`);
    seen.add(name);
    const kind = Object.hasOwn(row.parameters, name) ? row.parameters[name]!.kind : 'choice';
    if (kind === 'choice') return [name, value];
    if (kind === 'switch') return [name, value === 'true' ? true : value === 'false' ? false : value];
    if (value.trim() === '' || !Number.isFinite(Number(value))) {
      throw new UsageError(`${written}${text}: ${name} is a number, such as ${written}${name}=0.35`);
    }
    return [name, Number(value)];
  }));
}
