// An explanation as Markdown with LaTeX, for notes and for pages that are kept beside the code: the equation, a section
// per scope with an entry per line, what is taken for granted. Folded steps are left out; the HTML page has them.

import { demandMade } from '../base/demand.ts';
import { shapeText } from '../base/shape.ts';
import { belongings } from './belonging.ts';
import { type Claim, toLatex } from '../formula/index.ts';
import type { Explanation, Line } from './explanation.ts';
import {
  belongingText, definitionsOf, distanceText, type Formula, Formulas, groupsOf, numbersText, paperText, placeOf, proofLegend, proofText,
  type ReportOptions, rulesOf, type StudyPart,
} from './report.ts';

/** The whole file. */
export function renderMarkdown(explanation: Explanation, options: ReportOptions): string {
  demandMade(explanation, ['lines'], 'renderMarkdown', 'what explain returns');
  demandMade(options, ['title'], 'renderMarkdown', 'options with a title');
  const { title, source, notes = [], equation, studies = [] } = options;
  const from = source === undefined ? [] : [source.href === undefined ? source.text : `[${source.text}](${source.href})`, ''];
  const definitions = definitionsOf(equation).flatMap(({ formula }) => display(formula));
  return `${[
    `# ${title}`, '', ...from, ...notes.flatMap((note) => [note, '']),
    ...(definitions.length === 0 ? [] : ['## Equation', '', ...definitions]),
    ...markdownLines(explanation, options), '## Taken for granted', '', ...assumptions(explanation),
    ...studies.flatMap(({ title: name, parts }) => ['', `## ${name}`, ...parts.flatMap((part) => ['', ...studyPart(part)])]),
  ].join('\n').trimEnd()}\n`;
}

/** A sentence, or a table below its caption. */
function studyPart(part: StudyPart): string[] {
  const escaped = (text: string): string => text.replace(/[\\|*_<>\[\]]/g, '\\$&');
  if (typeof part === 'string') return [escaped(part)];
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [
    `**${escaped(part.caption)}**`, '', line(part.columns.map(({ name }) => name)),
    `|${part.columns.map(({ kind }) => (kind === 'number' ? '---:' : '---')).join('|')}|`, ...part.rows.map(line),
  ];
}

/** A formula on lines of its own. */
const display = (formula: Claim): string[] => ['$$', toLatex(formula), '$$', ''];

function markdownLines(explanation: Explanation, options: ReportOptions): string[] {
  const formulas = new Formulas(explanation);
  const definitions = belongings(explanation.lines, new Set(definitionsOf(options.equation).map(({ name }) => name)));
  const names = new Map(explanation.lines.map((line) => [line.number, line.name]));
  const user = (number: number): string => (names.get(number)!.startsWith('%') ? `(${number})` : `(${number}) ${names.get(number)!}`);
  const entry = (line: Line): string[] => {
    const { number, shape, dtype, role, source, adjoint } = line;
    const belonging = definitions.get(number);
    const { href } = options.source ?? {};
    const links = belonging === undefined ? [] : [linked(belongingText(belonging), '#equation'), href && linked(paperText(options), href)];
    const place = source === undefined ? undefined : placeOf(source, options);
    const notes = [`${dtype}${shapeText(shape)}`, role, ...links, place && linked(place.text, place.href)].filter((note) => note !== undefined);
    const rules = rulesOf(line).map(({ rule, times }, i) => `- ${i === 0 ? '' : '\\+ '}${set(formulas.ofRule(line, rule, i))} from ${user(rule.from)}${times === 1 ? '' : `, ${times} times`}`);
    const values = adjoint === null ? numbersText(line.value, line) : `${numbersText(line.value, line)}\n\nadjoint\n${numbersText(adjoint.value, line)}`;
    const digits = line.proof?.overflow === undefined ? ' digits' : '';
    const proof = line.proof === undefined ? [] : [`Proof: ${proofText(line.proof)}${digits}.`, ''];
    return [`**(${number})** ${set(formulas.ofLine(line))} · ${notes.join(' · ')}`, '', '```', values, '```', '', ...rules, ...(rules.length === 0 ? [] : ['']), ...proof];
  };
  const groups = groupsOf(explanation).filter(({ shown }) => shown.length > 0);
  return ['## Lines', '', proofLegend, '', ...groups.flatMap(({ scope, shown }) => [...(scope === undefined ? [] : [`### ${scope}`, '']), ...shown.flatMap(entry)])];
}

function assumptions({ assumptions: all }: Explanation): string[] {
  if (all.length === 0) return ['Nothing: no stop, no choice, and a path to every input.'];
  const rows = all.map((each) => `| ${each.kind} | (${each.line}) | \`${each.text.replaceAll('|', '\\|')}\` | ${distanceText(each)} |`);
  return ['| kind | line | what holds here | distance |', '|---|---|---|---|', ...rows];
}

const set = (formula: Formula): string => (typeof formula === 'string' ? `\`${formula}\`` : `$${toLatex(formula)}$`);

const linked = (words: string, href: string | undefined): string => (href === undefined ? `\`${words}\`` : `[${words}](${href})`);
