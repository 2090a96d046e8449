// The questions `marginalia explain` answers in place of the listing: who made a gradient entry, which decisions are near and
// what they change, how the declared gradient differs from the true one, where digits are lost. Each answer is a
// report of the library, printed as text or as JSON.

import { coordinates } from '../base/shape.ts';
import {
  alongEntry, branchCut, branchCutParts, branchCutText, branchMap, branchMapParts, branchMapText, cutPicture, type Direction,
  towardsBorder,
} from '../check/index.ts';
import {
  contributions, contributionsParts, contributionsText, type Explanation, precision, precisionParts, precisionText, type Study,
  type StudyPart,
  twoGradients, type TwoGradientsOptions, twoGradientsParts, twoGradientsText,
} from '../explain/index.ts';
import type { Tensor } from '../graph/index.ts';
import { type LossInput, type LossOptions, paperCenterDelta, type Row } from '../losses/index.ts';
import { lineChart } from '../plot/index.ts';
import { against } from './against.ts';
import { type Arguments, type Options, UsageError } from './arguments.ts';
import { writeText } from './output.ts';

export const questionOptions: Options = {
  entry: { type: 'string' }, branches: { type: 'boolean' }, along: { type: 'string' },
  surrogate: { type: 'boolean' }, against: { type: 'string' }, precision: { type: 'boolean' }, svg: { type: 'string' },
};

export const questionHelp = `Instead of the lines, one question about them:
  --entry E      who made a gradient entry such as 'w[3, 1]': its split by sample, role and path
  --branches     every decision, how far the point is from its border, and what changes there
  --along E      the result along an input entry such as 'x[0, 1]', or towards the 'nearest' border,
                 cell by cell; --svg FILE draws it
  --surrogate    the declared gradient beside the true one, for which nothing is stopped or replaced
  --against W    whether another loss (ID or ID,m=0.2), or the L of a .derivation file (FILE#SECTION
                 where several define it), is the same: where values and gradients differ, by how
                 much, and in which branch
  --precision    the digits left in Float32 and two 16-bit formats, and the steps that lose them`;

interface Answer {
  readonly data: object;
  readonly text: string;
  /** Two losses were compared, and are not the same. */
  readonly differs?: boolean;
  /** The same for a page. */
  readonly parts: readonly StudyPart[];
}

/** What is asked about: the explanation, and the loss it is of. */
interface Asked {
  readonly explanation: Explanation;
  readonly row: Row;
  readonly options: LossOptions;
  readonly inputs: readonly LossInput[];
  readonly seed: number;
  /** The explanation of the same loss with other options. */
  readonly again: (options: LossOptions) => Explanation;
}

type Ask = (asked: Asked, value: string, width: number, values: Arguments['values']) => Answer;

const questions: Readonly<Record<string, Ask>> = {
  entry: ({ explanation }, entry, width) => {
    const data = contributions(explanation, entry);
    return { data, text: contributionsText(data, { width }), parts: contributionsParts(data) };
  },
  branches: ({ explanation }, _, width) => {
    const data = branchMap(explanation);
    return { data, text: branchMapText(data, width), parts: branchMapParts(data) };
  },
  along: ({ explanation }, way, width, values) => {
    const { direction, name, reach } = wayOf(explanation, way);
    const data = branchCut(explanation, direction, { from: -reach, to: reach });
    const [text, parts] = [branchCutText(data, name, width), branchCutParts(data, name)];
    if (typeof values['svg'] !== 'string') return { data, text, parts };
    const { words, ...drawn } = cutPicture(data);
    const title = `the result along ${name}`;
    const axes = { x: { label: name === way ? `change of ${way}` : 'distance moved' }, y: { label: 'result' } };
    writeText(
      values['svg'], lineChart({ title, desc: `${title}, broken at its borders. ${words.join('. ')}`, ...axes, ...drawn }));
    return { data, text: `${text}\n\npicture: ${values['svg']}`, parts };
  },
  surrogate: (asked, _, width) => {
    const data = twoGradients(asked.explanation, sidesOf(asked));
    return { data, text: twoGradientsText(data, width), parts: twoGradientsParts(data) };
  },
  against: ({ row, options, seed }, what, width) => {
    const { data, text, parts } = against(row, options, what, seed, width);
    return { data, text, parts, differs: !data.agree };
  },
  precision: ({ explanation }, _, width) => {
    const data = precision(explanation);
    return { data, text: precisionText(data, { width }), parts: precisionParts(data) };
  },
};

/** Two methods train by more than their steps say: centres are moved by a rule, an annealed margin is meant to end at λ = 0. */
function sidesOf({ explanation, row, options, inputs, again }: Asked): TwoGradientsOptions {
  const value = (name: string): unknown => options[name] ?? row.parameters[name]?.default;
  if (value('centerUpdate') === 'paper') {
    const at = (name: string): number => row.inputs.indexOf(name);
    const [features, centers, labels] = ['features', 'centers', 'labels'].map((name) => inputs[at(name)] as Tensor);
    const { name } = explanation.lines.find(({ number }) => number === explanation.inputs[at('centers')])!;
    return { declared: { [name]: paperCenterDelta(features!, centers!, labels!) } };
  }
  const isAnnealed = 'lambda' in row.parameters && 'm' in row.parameters && value('lambda') !== 0;
  return isAnnealed ? { against: again({ ...options, lambda: 0 }) } : {};
}

/** Where a cut goes: an entry of an input, or the way to the nearest border that changes something. */
function wayOf(explanation: Explanation, way: string): { direction: Direction; name: string; reach: number } {
  if (way !== 'nearest') return { direction: alongEntry(explanation, way), name: way, reach: 1 };
  const nearest = branchMap(explanation).decisions.find(({ effect }) => effect === 'value' || effect === 'slope');
  const direction = nearest && towardsBorder(explanation, nearest);
  if (direction === undefined) throw new UsageError("explain: no border was found; give --along an entry such as 'x[0, 1]'");
  return { direction, name: 'the way to the nearest border', reach: 2 * Number(nearest!.distance) || 1 };
}

/** The answer to the question among the options; undefined where there is none. */
export function answer(asked: Asked, values: Arguments['values'], width: number): Omit<Answer, 'parts'> | undefined {
  const given = Object.keys(questions).filter((name) => values[name] !== undefined);
  if (given.length > 1) throw new UsageError(`explain: one question at a time, found --${given.join(' and --')}`);
  if (
    values['svg'] !== undefined
      && values['along'] === undefined) throw new UsageError('explain: --svg draws a cut; add --along with an entry');
  const [question] = given;
  if (question === undefined) return undefined;
  const { data, ...rest } = questions[question]!(asked, String(values[question]), width, values);
  return { ...rest, data: { question, ...data } };
}

/**
 * What a page says besides the lines: who made an entry (the largest, where none is asked for), borders, digits, true
 * against declared.
 */
export function studies(asked: Asked, values: Arguments['values']): Study[] {
  const { explanation } = asked;
  const entry = typeof values['entry'] === 'string' ? values['entry'] : largestEntry(explanation);
  const ask = (question: string, title: string, value = ''): Study =>
    ({ title, parts: questions[question]!(asked, value, 80, {}).parts });
  const parted = explanation.assumptions.some(({ kind }) => kind === 'stop' || kind === 'surrogate');
  const along = values['along'];
  return [
    ...(entry === undefined ? [] : [ask('entry', 'Who made an entry of the gradient', entry)]),
    ask('branches', 'How near the decisions are to changing'),
    ...(typeof along === 'string' ? [ask('along', 'The result along a line', along)] : []),
    ...(typeof values['against'] === 'string' ? [ask('against', 'Beside another loss', values['against'])] : []),
    ...(parted || values['surrogate'] === true ? [ask('surrogate', 'The declared gradient beside the true one')] : []),
    ask('precision', 'Where digits are lost'),
  ];
}

/** The largest entry of the gradient, as `w[1, 2]`; undefined where no input has one. */
function largestEntry({ lines, inputs }: Explanation): string | undefined {
  const all = lines.filter(({ number }) => inputs.includes(number)).flatMap(({ name, shape, adjoint }) =>
    (adjoint?.value.values ?? [])
      .map((value, i) => ({ size: Math.abs(Number(value)), entry: `${name}[${coordinates(i, shape).join(', ')}]` })));
  return all.reduce<typeof all[number] | undefined>(
    (best, each) => (best === undefined || each.size > best.size ? each : best), undefined)?.entry;
}
