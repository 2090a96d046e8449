// Lost digits for a terminal and for a page: a table of what every named line has left in each format, then, format by format, the
// steps that lose digits by themselves and the safe forms that keep them. Data only comes in.

import { demandMade, demandSort } from '../base/demand.ts';
import { felt, type FormatPrecision, type Loss, type Precision, type Suggestion } from './precision.ts';
import { columnsOf, type StudyPart, studyTable } from './report.ts';
import { wrap } from './text.ts';

export interface PrecisionTextOptions {
  /** Columns to fill. Default 80. */
  readonly width?: number;
  /** How many steps are shown of each format, those that lose most. Default 6. */
  readonly most?: number;
}

const titles = { f32: 'Float32', f16: 'float16', bf16: 'bfloat16' } as const;

/** The report as lines of at most `width` columns, joined. */
export function precisionText(found: Precision, options: PrecisionTextOptions = {}): string {
  demandMade(found, ['formats'], 'precisionText', 'what precision returns');
  demandSort('record', { options }, 'precisionText');
  const [{ formats }, { width = 80, most = 6 }] = [found, options];
  const names = formats[0]?.lines.filter(({ named, adjoint }) => named && adjoint !== null).map(({ name }) => name) ?? [];
  const cell = (format: FormatPrecision, name: string): string => {
    const { digits, adjoint } = format.lines.find((line) => line.name === name)!;
    return `${digits.toFixed(1)} / ${adjoint!.toFixed(1)}`;
  };
  const first = Math.max(...names.map(columns), 0) + 2;
  const heads = formats.map((format) => `${titles[format.format]} (${format.digits.toFixed(1)})`);
  const widths = formats.map((format, i) => Math.max(columns(heads[i]!), ...names.map((name) => columns(cell(format, name)))) + 3);
  const row = (name: string, cells: readonly string[]): string =>
    `  ${padded(name, first)}${cells.map((text, i) => padded(text, widths[i]!)).join('')}`.trimEnd();
  return [
    ...wrap('decimal digits that agree with Float64, of a line / of its adjoint', width),
    row('', heads), ...names.map((name) => row(name, formats.map((format) => cell(format, name)))),
    ...formats.flatMap((format) => ['', ...formatText(format, width, most)]),
  ].join('\n');
}

function formatText(format: FormatPrecision, width: number, most: number): string[] {
  const { losses, suggestions } = format;
  const shown = shownOf(format, most);
  const rows = shown.flatMap((loss) => {
    const lead = `  ${loss.lost.toFixed(1).padStart(4)}  ${loss.how.padEnd(10)}  `;
    const remark = remarkOf(format, loss);
    return wrap(`${lossText(loss)}${remark === '' ? '' : `; ${remark}`}`, width - lead.length).map((text, i) => (i === 0 ? lead : ' '.repeat(lead.length)) + text);
  });
  const rest = losses.length - shown.length;
  const count = losses.length === 0 ? noneText(format) : 'digits that a step loses by itself';
  return [
    ...wrap(`${titles[format.format]}: ${count}`, width), ...rows, ...(rest === 0 ? [] : [`  and ${rest} more`]),
    ...suggestions.flatMap((one) => wrap(suggestionText(one), width - 2).map((text) => `  ${text}`)),
  ];
}

/** The same for a page. */
export function precisionParts(found: Precision, most = 12): StudyPart[] {
  demandMade(found, ['formats'], 'precisionParts', 'what precision returns');
  const { formats } = found;
  const digits = (x: number | null): string => (x === null ? '·' : x.toFixed(1));
  const lines = formats[0]?.lines.filter(({ named, adjoint }) => named && adjoint !== null) ?? [];
  return [
    'Decimal digits that agree with Float64, of a line and of its adjoint ∂.',
    {
      caption: 'Digits left', columns: columnsOf('line', ...formats.flatMap(({ format }) => [`#${titles[format]}`, '#∂'])),
      rows: lines.map(({ name }) => [name, ...formats.flatMap((format) => {
        const found = format.lines.find((line) => line.name === name)!;
        return [digits(found.digits), digits(found.adjoint)];
      })]),
    },
    ...formats.flatMap((format): StudyPart[] => {
      const { losses, suggestions } = format;
      const title = `${titles[format.format]}, ${format.digits.toFixed(1)} digits`;
      if (losses.length === 0) return [`${title}: ${noneText(format)}.`];
      const shown = shownOf(format, most);
      const rest = losses.length - shown.length;
      return [
        studyTable({
          caption: `${title}: steps that lose digits by themselves`, columns: columnsOf('step', 'how', '#digits lost', 'remark'),
          rows: shown.map((loss) => [lossText(loss), loss.how, loss.lost.toFixed(1), remarkOf(format, loss)]),
        }),
        ...(rest === 0 ? [] : [`And ${rest} more.`]), ...suggestions.map((one) => `In ${titles[format.format]}: ${suggestionText(one)}.`),
      ];
    }),
  ];
}

/** The steps that lose most, and the first that cancels, in the order of the program. */
function shownOf({ losses, firstToCancel }: FormatPrecision, most: number): Loss[] {
  const largest = [...losses].sort((a, b) => b.lost - a.lost).slice(0, most);
  return losses.filter((loss) => largest.includes(loss) || loss === firstToCancel);
}

const remarkOf = ({ firstToCancel, digits }: FormatPrecision, loss: Loss): string =>
  (loss === firstToCancel ? 'the first to cancel' : loss.gain >= felt ? '' : digits - loss.left < 1 ? 'without a consequence here' : 'mended alone it gains nothing here');

/** What little steps lose together is said, where it is a digit. */
function noneText({ lines, digits: all }: FormatPrecision): string {
  const left = lines.filter(({ named }) => named)
    .flatMap(({ name, digits, adjoint }) => [{ name, digits }, ...(adjoint === null ? [] : [{ name: `∂${name}`, digits: adjoint }])]);
  const worst = left.reduce((a, b) => (b.digits < a.digits ? b : a), { name: '', digits: all });
  const together = all - worst.digits < 1 ? '' : `; together they leave ${worst.name} ${worst.digits.toFixed(1)} of ${all.toFixed(1)}`;
  return `no step loses a digit by itself${together}`;
}

const suggestionText = ({ name, found, use, now, then, inRun }: Suggestion): string =>
  `write ${use} for ${found} (in ${name}): ${now.toFixed(1)} → ${then.toFixed(1)} digits${then - inRun < 0.5 ? '' : ` by itself, ${inRun.toFixed(1)} in this run`}`;

function lossText({ name, formula, derivative }: Loss): string {
  if (derivative) return `∂${name}: ${formula}`;
  return name === formula ? formula : `${name} = ${formula}`;
}

const columns = (text: string): number => Array.from(text.replace(/\p{M}/gu, '')).length;
const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - columns(text)));
