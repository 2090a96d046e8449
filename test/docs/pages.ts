// The generated pages of docs/: one per loss of the catalogue, the list of them, and the pictures they share. What a
// page says comes from the row of the loss, from an explanation of it at the standard point, and from notes.ts.

import { drawnPoint } from '../../src/cli/explain.ts';
import { explain, type Explanation, type Line } from '../../src/explain/index.ts';
import { Formulas, type Formula, rulesOf } from '../../src/explain/report.ts';
import { type Claim, type Expr, parseClaim, toLatex } from '../../src/formula/index.ts';
import { catalogue, type Row, type RowParameter } from '../../src/losses/index.ts';
import { notes, type Notes, origins, partsOf } from './notes.ts';
import { pictures } from './pictures.ts';

/** Paths below docs/ to what they hold. */
export function generatedPages(): Map<string, string> {
  const rows = Object.values(catalogue);
  return new Map([
    ['losses.md', lossList(rows)],
    ...rows.map((row): [string, string] => [`derivations/${row.id}.md`, lossPage(row)]),
    ...[...pictures()].map(([name, text]): [string, string] => [`derivations/${name}`, text]),
  ]);
}

const generated = '<!-- Written by `npm run docs`; edit the catalogue, or test/docs/notes.ts. -->';

function sourceText({ source: { paper, arxiv, equation } }: Row): string {
  const place = arxiv === null ? paper : `[${paper}](https://arxiv.org/abs/${arxiv})`;
  return equation === null ? place : `${place}, ${equation}`;
}

/** The method's own papers, where the page is about the equation of another. */
function originText({ id }: Row): string {
  const links = [id, ...partsOf(id)].flatMap((part) => origins[part] ?? []).map(([name, arxiv]) => `[${name}](https://arxiv.org/abs/${arxiv})`);
  return links.length === 0 ? '' : `Papers of its methods: ${links.join(', ')}. `;
}

function lossList(rows: readonly Row[]): string {
  const groups: readonly (readonly [string, (row: Row) => boolean])[] = [
    ['Softmax over cosines', ({ id }) => ['normface', 'hm-softmax', 'f-softmax'].includes(id)],
    ['A margin on the target', ({ id }) => /^(a|am|arc)-softmax$|^combined-margin$/.test(id)],
    ['Mining and a margin', ({ id }) => /^(hm|f)-(a|am|arc)-softmax$/.test(id)],
    ['Support vectors', ({ id }) => id.startsWith('sv-')],
    ['Successors', ({ id }) => id.startsWith('mv-') || id === 'curricular'],
    ['Scores that are not cosines', ({ id }) => ['softmax', 'l2-softmax', 'center'].includes(id)],
    ['Samples against samples', ({ inputs }) => !inputs.includes('weights')],
  ];
  const table = ([title, holds]: typeof groups[number]): string[] => [
    `## ${title}`, '', '| id | loss | source | parameters |', '|---|---|---|---|',
    ...rows.filter(holds).map((row) => `| [\`${row.id}\`](derivations/${row.id}.md) | ${row.title} | ${sourceText(row)} | ${defaults(row)} |`), '',
  ];
  return `${[
    generated, '', '# The losses', '',
    'A loss is a choice of values: a margin on the target, a rule for the other classes, a mining factor, a scale. Each id has a',
    'page with its formula, its lines, its gradient, and where public code does something else. In code it is',
    '`lossRow(id).create({ …parameters })`; in a terminal `marginalia explain ID` shows it with numbers.', '',
    ...groups.flatMap(table),
    '![What every margin does to the target logit](derivations/target-logits.svg)', '',
    '![What every margin does to the pull on the angle](derivations/target-gradients.svg)', '',
  ].join('\n').trimEnd()}\n`;
}

const defaults = (row: Row): string => Object.entries(row.parameters)
  .filter(([name]) => name !== 'reduction').map(([name, { default: value }]) => `${name} = ${String(value)}`).join(', ');

function lossPage(row: Row): string {
  const { from: _, inputs, options } = drawnPoint(row, 1);
  const names = row.inputs.map((input) => input.replace(/\[\d+\]$/, ''));
  const explanation = explain(row.create(options) as (...given: never[]) => unknown, inputs, { names });
  const own = partsOf(row.id).map((part) => notes[part]!);
  const said = (of: keyof Notes): readonly string[] => own.flatMap((each) => each[of] ?? []);
  const list = (title: string, lines: readonly string[], none: string): string[] => [`## ${title}`, '', ...(lines.length === 0 ? [none] : lines.map((line) => `- ${line}`)), ''];
  return `${[
    generated, '', `# ${row.title}`, '', `\`${row.id}\`. ${sourceText(row)}. ${originText(row)}[All losses](../losses.md)`, '',
    ...formulaPart(row), ...forwardPart(explanation), ...gradientPart(row, explanation),
    ...list('Kinks and jumps', said('kinks'), 'None.'), ...decisions(explanation),
    ...list('Dangers', said('dangers'), 'None that are known.'),
    ...list('Where public code departs', said('divergences'), 'No public code was read that does.'),
    ...picturesOf(row),
  ].join('\n').trimEnd()}\n`;
}

const indices = ['k', 'n'];
const display = (text: string): string[] => text.split('\n').flatMap((line) => ['$$', toLatex(parseClaim(line, { indices })), '$$', '']);
/** In a table a bar would end the cell. */
const cell = (formula: Formula): string => (typeof formula === 'string' ? `\`${formula.replaceAll('|', '\\|')}\`` : `$${inLine(formula)}$`);
const inLine = (formula: Claim | Expr): string => toLatex(formula).replaceAll('|', '\\vert ');

function formulaPart(row: Row): string[] {
  const rows = Object.entries(row.parameters).map(([name, parameter]) => `| \`${name}\` | ${String(parameter.default)} | ${rangeText(parameter)} | ${parameter.meaning} |`);
  return [
    '## Formula', '', ...display(row.equation), 'In the [notation](../notation.md) that is checked:', '', '```', row.equation, '```', '',
    `Inputs: ${row.inputs.map((input) => `\`${input}\``).join(', ')}.`, '',
    '| parameter | default | range | meaning |', '|---|---|---|---|', ...rows, '',
  ];
}

function rangeText(parameter: RowParameter): string {
  if (parameter.kind === 'choice' || parameter.kind === 'switch') return parameter.range.map((name) => `\`${String(name)}\``).join(', ');
  const { from, to, open = false, whole = false } = parameter.range;
  const text = to === Infinity ? `${open ? '>' : '≥'} ${from}` : `${open ? '(' : '['}${from}, ${to === Math.PI ? 'π' : to}]`;
  return `${text}${whole ? ', whole' : ''}`;
}

const mainLines = ({ lines }: Explanation): Line[] => lines.filter(({ main }) => main);

function forwardPart(explanation: Explanation): string[] {
  const formulas = new Formulas(explanation);
  const rows = mainLines(explanation).map((line) =>
    `| ${line.number} | ${cell(formulas.ofLine(line))} | ${line.shape.join(' × ') || 'a number'} | ${[line.scope, line.role].filter((word) => word !== undefined).join(', ')} |`);
  return [
    '## Forward, line by line', '',
    'The steps that run, at two samples of four classes in three dimensions (four samples where samples are compared). Numbers that are',
    'missing are steps that stand inside the formulas of others; u1, u2, … have no symbol in the paper.', '',
    '| step | line | shape | scope, role |', '|--:|---|---|---|', ...rows, '',
  ];
}

/** From the cosines to the vectors: the same for every loss over cosines. */
export const vectorClaims: readonly string[] = [
  'd(L, x) = sum(k, d(L, c[k]) * (unit(w[k]) - c[k] * unit(x))) / norm(x)',
  'd(L, w[k]) = d(L, c[k]) * (unit(x) - c[k] * unit(w[k])) / norm(w[k])',
];
/** From the scores to the vectors, for the losses whose scores are no cosines. */
export const scoreClaims: Readonly<Record<string, readonly string[]>> = {
  softmax: ['d(L, x) = sum(k, d(L, z[k]) * w[k])', 'd(L, w[k]) = d(L, z[k]) * x'],
  'l2-softmax': [
    'd(L, x) = s * sum(k, d(L, z[k]) * (w[k] - dot(w[k], unit(x)) * unit(x))) / norm(x)', 'd(L, w[k]) = s * d(L, z[k]) * unit(x)',
    'd(L, b[k]) = d(L, z[k])',
  ],
  center: ['d(L, w[k]) = (p[k] - (1 if k = y else 0)) * x'],
};

/** How the hand gradient goes on to the vectors. */
function vectorPart({ id, handGradient }: Row): string[] {
  if (/d\(L, c\[k\]\) =/.test(handGradient)) {
    return [
      'From the cosines to the vectors, as for every loss over cosines: the Jacobian of the normalisation, which takes out what points',
      'along the vector itself.', '',
      ...vectorClaims.flatMap(display),
    ];
  }
  const claims = scoreClaims[id];
  return claims === undefined ? [] : ['From the scores to the vectors:', '', ...claims.flatMap(display)];
}

function gradientPart(row: Row, explanation: Explanation): string[] {
  const formulas = new Formulas(explanation);
  const names = new Map(explanation.lines.map(({ number, name }) => [number, name]));
  const rows = mainLines(explanation).reverse().flatMap((line) => rulesOf(line).map(({ rule, times }, i) =>
    `| ${i === 0 ? line.number : ''} | ${i === 0 ? '' : '+ '}${cell(formulas.ofRule(line, rule, i))} | ${rule.from}${names.get(rule.from)!.startsWith('%') ? '' : ` \`${names.get(rule.from)!}\``}${times === 1 ? '' : `, ${times} times`} |`));
  return [
    '## Gradient, line by line', '', 'By hand, checked against the engine to 11 digits by the tests:', '', ...display(row.handGradient),
    ...vectorPart(row),
    'As the engine takes it, from the result back; ∂q is the derivative of the result by q, a sum of what the uses of q send:', '',
    '| of step | part | sent by step |', '|--:|---|---|', ...rows, '',
  ];
}

/** The decisions of the program itself: masks, clamps, choices. */
function decisions({ assumptions }: Explanation): string[] {
  const kinds = new Map<string, string[]>();
  for (const { kind, name, text } of assumptions) {
    if (kind === 'no path') continue;
    // How many entries a mask holds in is of the point, not of the loss.
    const said = text.replace(/ in \d+ of .*$/, '');
    kinds.set(kind, [...(kinds.get(kind) ?? []), `${name.startsWith('%') ? '' : `\`${name}\`: `}\`${said}\``]);
  }
  const rows = [...kinds].map(([kind, texts]) => `- ${kind}: ${[...new Set(texts)].join('; ')}`);
  return rows.length === 0 ? [] : ['What the program decides or holds constant at a point:', '', ...rows, ''];
}

function picturesOf({ id, inputs }: Row): string[] {
  if (!inputs.includes('weights') || ['softmax', 'l2-softmax', 'center'].includes(id)) return [];
  const hard = partsOf(id).some((part) => ['sv', 'mv', 'curricular'].includes(part));
  return [
    '## Pictures', '', '![The target logit of every margin](target-logits.svg)', '', '![The pull of every margin on the angle](target-gradients.svg)', '',
    ...(hard ? ['![The logit of another class under every rule](other-logits.svg)', ''] : []),
  ];
}
