// A comparison of two losses as people read it, on a terminal and on a page. Data only comes in.

import { demandMade } from '../base/demand.ts';
import type { JsonNumber } from '../explain/explanation.ts';
import { columnsOf, type StudyPart } from '../explain/report.ts';
import { wrap } from '../explain/text.ts';
import type { CompareReport, EntryComparison, GradientComparison, QuantityComparison, SmallestDifference } from './compare.ts';
import type { ConditionReport } from './compare-conditions.ts';
import { indexText } from './report.ts';

export function compareText(report: CompareReport, width = 100): string {
  demandReport(report, 'compareText');
  const { value, gradients, conditions, smallest, notes } = report;
  const lines = [
    `compare: ${headText(report)}`,
    `  ${'value'.padEnd(column)}${quantityText(value)}`,
    ...gradients.flatMap(gradientText),
    ...conditions.map((condition) => `  only where ${conditionText(condition)}`),
    ...notes.map((note) => `  note: ${note}`),
    ...(smallest === undefined ? [] : smallestText(smallest)),
  ];
  return lines.flatMap((line) => {
    const indent = ' '.repeat(line.length - line.trimStart().length);
    return wrap(line.trimStart(), width - indent.length).map((part) => indent + part);
  }).join('\n');
}

const demandReport = (report: unknown, who: string): void => demandMade(report, ['value', 'gradients'], who, 'what compare returns');

function headText({ agree, seed, digits, points, differing }: CompareReport): string {
  const head = agree ? `the two agree at ${points} points` : `the two differ at ${differing} of ${points} points`;
  return `${head} (seed ${seed}, ${digits} digits demanded)`;
}

/** The same for a page. */
export function compareParts(report: CompareReport): StudyPart[] {
  demandReport(report, 'compareParts');
  const { value, gradients, conditions, smallest, notes } = report;
  const row = (name: string, { differing, digits, worst }: QuantityComparison): string[] => [
    name, `${differing}`, digits.toFixed(1), ...(worst === undefined ? ['·', '·', '·'] : [`${worst.point}${indexText(worst.index)}`, numberText(worst.a), numberText(worst.b)]),
  ];
  return [
    headText(report),
    {
      caption: 'Values and gradients', columns: columnsOf('quantity', '#points that differ', '#digits', '#worst at point', '#a', '#b'),
      rows: [row('value', value), ...gradients.map((gradient) => row(`∂/∂${gradient.input}`, gradient))],
    },
    ...gradients.flatMap(({ input, cause }) => (cause === undefined ? [] : [`∂/∂${input}, if b is right: ${cause.text}`])),
    ...conditions.map((condition) => `Only where ${conditionText(condition)}`), ...notes,
    ...(smallest === undefined ? [] : [`Smallest point: ${smallestText(smallest).slice(1).map((text) => text.trim()).join('; ')}`]),
  ];
}

const column = 13;

function quantityText({ differing, digits, worst }: QuantityComparison): string {
  if (differing === 0) return `agrees to ${digits.toFixed(1)} digits`;
  return `differs at ${differing} points; worst at point ${worst!.point}${indexText(worst!.index)}: ${entryText(worst!)}`;
}

const entryText = ({ a, b }: Pick<EntryComparison, 'a' | 'b'>): string => `a ${numberText(a)}, b ${numberText(b)}`;
const numberText = (x: JsonNumber): string => (typeof x === 'number' ? short(x, 8) : x);
const short = (x: number, digits: number): string => String(Number(x.toPrecision(digits)));

function gradientText(gradient: GradientComparison): string[] {
  const { input, differing, cosine, ratio, cause } = gradient;
  const first = `  ${`∂/∂${input}`.padEnd(column)}${quantityText(gradient)}`;
  if (differing === 0) return [first];
  const indent = ' '.repeat(column + 2);
  const lengths = ratio === null ? '' : `, |a| / |b| from ${short(ratio.least, 4)} to ${short(ratio.most, 4)}`;
  return [
    first, ...(cosine === null ? [] : [`${indent}cosine between the two at least ${short(cosine, 4)}${lengths}`]),
    ...(cause === undefined ? [] : [`${indent}if b is right: ${cause.text}`]),
  ];
}

function conditionText(condition: ConditionReport): string {
  const { loss, label, formula, role, scope, value, points, differing, elsewhere } = condition;
  const name = label ?? formula;
  const called = (role ?? scope) === undefined ? '' : ` (${role ?? scope!})`;
  const words: Record<string, string> = {
    true: `${name} holds`, false: `${name} does not hold`,
    some: `${name} holds for some class`, none: `${name} holds for no class`,
  };
  const what = words[value] ?? `${name} is ${value}`;
  return `${what}${called} in ${loss}: ${differing} of ${points} single samples differ, 0 of ${elsewhere} elsewhere`;
}

function smallestText({ features, weights, labels, quantity, index, a, b }: SmallestDifference): string[] {
  const name = quantity === 'value' ? 'value' : `∂/∂${quantity}`;
  return [
    '  smallest point',
    ...Object.entries({ features, weights, labels }).map(([key, list]) => `    ${key} = ${JSON.stringify(list)}`),
    `    ${name}${indexText(index)}: ${entryText({ a, b })}`,
  ];
}
