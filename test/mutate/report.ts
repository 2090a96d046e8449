// What a run of the hunt found, gathered by subject and as text: the table, then every survivor under the reason why it
// is no other program, then what is wrong: survivors without a reason, reasons without a survivor or without a line in
// the decisions.

import { readFileSync } from 'node:fs';
import type { Verdict } from './hunt.ts';
import { type Part, type Reason, reasonOf, reasons, speaksOf } from './survivors.ts';

/** The mutants of one primitive, or of one loss with one choice of options. */
export interface Found {
  readonly part: Part;
  /** What the table counts together: a primitive or a row. */
  readonly group: string;
  /** The group and its options. */
  readonly subject: string;
  readonly verdicts: readonly Verdict[];
}

export interface Survivor {
  readonly part: Part;
  readonly text: string;
  readonly change: string;
  readonly subjects: readonly string[];
  readonly reason: Reason | undefined;
}

export function survivorsOf(all: readonly Found[]): Survivor[] {
  const found = new Map<string, Survivor & { subjects: string[] }>();
  for (const { part, subject, verdicts } of all) {
    for (const verdict of verdicts) {
      if (verdict.killedBy !== undefined) continue;
      const reason = reasonOf(part, subject, verdict);
      // A survivor that no reason covers stands by itself, beside the same one that a reason covers elsewhere.
      const key = `${part} ${verdict.text} ${verdict.change} ${reason === undefined ? subject : ''}`;
      const entry = found.get(key) ?? { part, text: verdict.text, change: verdict.change, subjects: [], reason };
      if (!entry.subjects.includes(subject)) entry.subjects.push(subject);
      found.set(key, entry);
    }
  }
  return [...found.values()];
}

/** What is wrong with a run, in lines. A run over everything also looks for stale reasons. */
export function faultsOf(survivors: readonly Survivor[], complete: boolean): string[] {
  const unexplained = survivors.filter(({ reason }) => reason === undefined)
    .map(({ part, text, change, subjects }) => `survivor without a reason: ${subjects[0]!} (${part}): ${text} | ${change}`);
  const seen = (reason: Reason, pair: Reason['mutants'][number]): boolean =>
    survivors.some((s) => s.reason === reason && speaksOf(pair, s.text, s.change));
  const stale = complete ? reasons.flatMap((reason) => reason.mutants
    .filter((pair) => !seen(reason, pair))
    .map(([step, change]) => `reason without a survivor (${reason.part}): ${String(step)} | ${change}`)) : [];
  const decisions = readFileSync(new URL('../../docs/decisions.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');
  const unwritten = reasons.filter(({ because }) => !decisions.includes(because)).map(({ because }) => `not in docs/decisions.md: ${because}`);
  return [...unexplained, ...stale, ...unwritten];
}

const partNames: Readonly<Record<Part, string>> = { rule: 'rules', loss: 'losses', gradient: 'gradients of losses' };
const row = (name: string, counts: readonly number[]): string => `  ${name.padEnd(24)}${counts.map((n) => String(n).padStart(11)).join('')}`;

export function reportText(all: readonly Found[], survivors: readonly Survivor[], faults: readonly string[]): string {
  const lines: string[] = [];
  const counts = (some: readonly Found[]): number[] => {
    const verdicts = some.flatMap((found) => found.verdicts);
    const killed = verdicts.filter(({ killedBy }) => killedBy !== undefined).length;
    return [verdicts.length, killed, verdicts.length - killed];
  };
  for (const part of Object.keys(partNames) as Part[]) {
    const own = all.filter((found) => found.part === part);
    if (own.length === 0) continue;
    lines.push(`  ${partNames[part].padEnd(24)}${['mutants', 'killed', 'survivors'].map((head) => head.padStart(11)).join('')}`);
    for (const group of new Set(own.map((found) => found.group))) lines.push(row(group, counts(own.filter((found) => found.group === group))));
    lines.push(row('together', counts(own)), '');
  }
  lines.push(row('all', counts(all)), '');
  for (const reason of reasons) {
    const own = survivors.filter((survivor) => survivor.reason === reason);
    if (own.length === 0) continue;
    lines.push(...wrapped(`${partNames[reason.part]}: ${reason.because}`, '  '));
    for (const { text, change, subjects } of own) lines.push(...wrapped(`${text} | ${change} (${subjects.length === 1 ? subjects[0]! : `${subjects.length} programs`})`, '    '));
    lines.push('');
  }
  lines.push(...(faults.length === 0 ? ['every survivor has its reason, and every reason its survivor'] : faults.flatMap((fault) => wrapped(fault, ''))));
  return lines.join('\n');
}

const width = 100;

/** Lines of at most 100 columns, continued two further in. */
function wrapped(text: string, indent: string): string[] {
  const lines = [indent];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    const joined = last.trim() === '' ? `${last}${word}` : `${last} ${word}`;
    if (joined.length <= width || last.trim() === '') lines[lines.length - 1] = joined;
    else lines.push(`${indent}  ${word}`);
  }
  return lines;
}
