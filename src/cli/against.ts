// `marginalia explain <loss> --against WHAT`: is this the same loss? WHAT is another loss of the catalogue or the loss that a
// derivation file defines; both are taken at seeded points, and the answer says where they part, by how much, and under
// which decision.

import { perhaps } from '../base/nearest.ts';
import { compare, compareParts, type CompareReport, compareText, derivationLoss } from '../check/index.ts';
import { derivationFromJson, parseDerivation } from '../formula/index.ts';
import { catalogue, type LossOptions, lossRow, type Row } from '../losses/index.ts';
import type { StudyPart } from '../explain/index.ts';
import { wrap } from '../explain/text.ts';
import type { Tensor } from '../graph/index.ts';
import { readText, UsageError } from './arguments.ts';
import { lossOptions, parametersOf } from './loss-options.ts';

export interface Comparison {
  readonly data: { readonly a: string; readonly b: string } & CompareReport;
  readonly text: string;
  readonly parts: readonly StudyPart[];
}

type PlainLoss = (features: Tensor, weights: Tensor, labels: Tensor) => Tensor;

/** The loss of the catalogue is b: what counts as right. */
export function against(row: Row, options: LossOptions, what: string, seed: number, width: number): Comparison {
  demandPlain(row);
  const own = /\.(derivation|json)(#.*)?$/.test(what) ? fromFile(what, row, options) : fromCatalogue(what, options);
  const asked = own.perSample && 'reduction' in row.parameters ? { ...options, reduction: 'none' } : options;
  const [a, b] = [own.name, nameOf(row, asked)];
  const report = compare(own.loss, row.create(asked) as PlainLoss, { seed });
  const heads = [`a: ${a}`, `b: ${b}`];
  return {
    data: { a, b, ...report },
    text: [...heads.flatMap((head) => wrap(head, width)), compareText(report, width)].join('\n'),
    parts: [...heads, ...compareParts(report)],
  };
}

interface Own {
  readonly loss: PlainLoss;
  readonly name: string;
  readonly perSample: boolean;
}

function fromFile(what: string, row: Row, options: LossOptions): Own {
  const [, path = what, section] = /^(.*\.(?:derivation|json))(?:#(.*))?$/.exec(what) ?? [];
  const text = readText(path);
  const derivation = path.endsWith('.json') ? derivationFromJson(text, path) : parseDerivation(text, path);
  const { loss, perSample, text: line } = derivationLoss(
    derivation, { parameters: parametersOf(row, options), ...(section !== undefined && { section }) });
  return { loss, perSample, name: `${what}, ${line}` };
}

/** `am-softmax`, or `am-softmax,m=0.2`: what is not set there is as in the other loss, where it has that parameter. */
function fromCatalogue(what: string, options: LossOptions): Own {
  const [id = '', ...set] = what.split(',').map((part) => part.trim());
  if (!Object.hasOwn(catalogue, id)) {
    const known = Object.keys(catalogue);
    const some = `${known.slice(0, 3).join(', ')}, …${perhaps(id, known)}`;
    throw new UsageError(`explain: --against ${id}: neither a loss (${some}) nor a file ending in .derivation or .json`);
  }
  const row = lossRow(id);
  demandPlain(row);
  const shared = Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(row.parameters, name)));
  const own = { ...shared, ...lossOptions(row, set, `--against ${id},`) };
  return { loss: row.create(own) as PlainLoss, name: nameOf(row, own), perSample: false };
}

function demandPlain({ id, inputs }: Row): void {
  if (inputs.join() === 'features,weights,labels') return;
  throw new UsageError(`explain: --against compares losses of features, weights, labels; ${id} takes ${inputs.join(', ')}`);
}

const nameOf = (row: Row, options: LossOptions): string =>
  [row.id, ...Object.entries(parametersOf(row, options)).map(([name, value]) => `${name} = ${String(value)}`)].join(', ');
