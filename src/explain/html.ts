// An explanation as one page for a browser: the equation, the lines scope by scope in tables, what is taken for granted.
// Formulas are MathML, every line can be linked to, and nothing needs a script. The page itself is base/page.ts.

import { demandMade } from '../base/demand.ts';
import { shapeText } from '../base/shape.ts';
import { belongings } from './belonging.ts';
import { markup, type Markup, type Part } from '../base/markup.ts';
import { type Column, fold, link, page, table } from '../base/page.ts';
import { toMathml } from '../formula/index.ts';
import type { Explanation, Line } from './explanation.ts';
import {
  belongingText, definitionsOf, distanceText, type Formula, Formulas, type Group, groupsOf, numbersText, paperText, placeOf, proofLegend,
  proofText, type ReportOptions, rulesOf, type Study,
} from './report.ts';

/** The whole file. */
export function renderHtml(explanation: Explanation, options: ReportOptions): string {
  demandMade(explanation, ['lines'], 'renderHtml', 'what explain returns');
  demandMade(options, ['title'], 'renderHtml', 'options with a title');
  const { title, source, notes = [] } = options;
  const lead = [
    ...(source === undefined ? [] : [markup`<p>${link(source.href, source.text)}</p>\n`]),
    ...notes.map((note) => markup`<p class="quiet">${note}</p>\n`),
  ];
  return page({ title, lead, body: bodyOf(explanation, options) });
}

function bodyOf(explanation: Explanation, options: ReportOptions): Markup {
  const { equation, studies = [] } = options;
  const definitions = definitionsOf(equation);
  const writer = new Writer(explanation, options);
  const stated = definitions.length === 0 ? '' : markup`<h2>Equation</h2>
${definitions.map(({ name, formula }) => markup`<div class="formula scroll" id="equation-${name}">${toMathml(formula)}</div>\n`)}`;
  return markup`${stated}<h2>Lines</h2>
<p class="note">In each row: what is computed, its value, the derivative of the result by it (∂), and the rules that made that.
Names link to the lines they come from. ${proofLegend}</p>
<div class="lines">${groupsOf(explanation).map((group) => writer.group(group))}</div>
<h2>Taken for granted</h2>
${writer.assumptions()}${studies.map(studyOf)}`;
}

/** A study; its tables keep their captions, so they stand in a box of their own below its title. */
const studyOf = ({ title, parts }: Study): Markup => markup`<h2>${title}</h2>
<div class="study">
${parts.map((part) =>
  (typeof part === 'string' ? markup`<p>${part}</p>\n` : table(part.caption, part.columns, part.rows.map((cells) => ({ cells })))))}</div>
`;

const columns: readonly Column[] = [
  { name: 'step' }, { name: 'formula, and the rules of its adjoint' }, { name: 'value' }, { name: 'adjoint' }, { name: 'proof', kind: 'number' },
];

class Writer {
  readonly #explanation: Explanation;
  readonly #formulas: Formulas;
  readonly #belongings: ReturnType<typeof belongings>;
  readonly #names: ReadonlyMap<number, string>;
  readonly #options: ReportOptions;

  constructor(explanation: Explanation, options: ReportOptions) {
    this.#options = options;
    this.#explanation = explanation;
    this.#formulas = new Formulas(explanation);
    this.#belongings = belongings(explanation.lines, new Set(definitionsOf(options.equation).map(({ name }) => name)));
    this.#names = new Map(explanation.lines.map((line) => [line.number, line.name]));
  }

  group({ scope, shown, inside }: Group): Markup {
    const rows = (lines: readonly Line[]): Markup => table(span(lines), columns, lines.map((line) => ({ id: `line-${line.number}`, cells: this.#cells(line) })));
    const rest = inside.length === 0 ? ''
      : fold(`${inside.length} unnamed ${inside.length === 1 ? 'step' : 'steps'} that stand inside these formulas`, rows(inside), { open: false });
    return fold(scope ?? 'the function itself', [shown.length === 0 ? '' : rows(shown), rest]);
  }

  #cells(line: Line): Part[] {
    const { number, shape, dtype, role, source, adjoint } = line;
    const notes: Part[] = [`${dtype}${shapeText(shape)}`];
    if (role !== undefined) notes.push(` · ${role}`);
    const belonging = this.#belongings.get(number);
    if (belonging !== undefined) {
      notes.push(' · ', link(`#equation-${belonging.name}`, belongingText(belonging)));
      const { href } = this.#options.source ?? {};
      if (href !== undefined) notes.push(' · ', link(href, paperText(this.#options)));
    }
    if (source !== undefined) {
      const { href, text } = placeOf(source, this.#options);
      notes.push(' · ', link(href, text));
    }
    const rules = rulesOf(line).map(({ rule, times }, i) => markup`<div class="formula rule">${i === 0 ? '' : '+ '}${set(this.#formulas.ofRule(line, rule, i))}
<span class="quiet">from ${this.#linkTo(rule.from)}${times === 1 ? '' : `, ${times} times`}</span></div>`);
    return [
      markup`(${number})`,
      markup`<div class="formula">${set(this.#formulas.ofLine(line))}</div><p class="quiet">${notes}</p>${rules}`,
      markup`<span class="matrix">${numbersText(line.value, line)}</span>`,
      adjoint === null ? markup`<span class="quiet">none</span>` : markup`<span class="matrix back">${numbersText(adjoint.value, line)}</span>`,
      proofText(line.proof),
    ];
  }

  #linkTo(number: number): Markup {
    const name = this.#names.get(number)!;
    return markup`<a href="#line-${number}">(${number})${name.startsWith('%') ? '' : ` ${name}`}</a>`;
  }

  assumptions(): Markup {
    const { assumptions } = this.#explanation;
    if (assumptions.length === 0) return markup`<p>Nothing: no stop, no choice, and a path to every input.</p>`;
    const rows = assumptions.map((each) => ({ cells: [each.kind, this.#linkTo(each.line), markup`<code>${each.text}</code>`, distanceText(each)] }));
    return table('Stops, choices and masks, and how far the nearest entry is from deciding otherwise',
      [{ name: 'kind' }, { name: 'line' }, { name: 'what holds here' }, { name: 'distance' }], rows);
  }
}

/** Which steps a table has. */
function span(lines: readonly Line[]): string {
  const [first, last] = [lines[0]!.number, lines.at(-1)!.number];
  return first === last ? `Step ${first}` : `Steps ${first} to ${last}`;
}

const set = (formula: Formula): Markup => (typeof formula === 'string' ? markup`<code>${formula}</code>` : toMathml(formula));
