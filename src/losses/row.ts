// A row of the catalogue: a loss with its source, its parameters, its formula and its hand-derived gradient, and the
// one place where options given by name are checked. What the losses are is in the other files; a row only chooses.

import { DomainError, message } from '../base/errors.ts';
import { isTensor, type Tensor } from '../graph/index.ts';
import { checkChoice, checkNumber, checkParameter, checkSwitch, type Parameter, type Range } from './parameter.ts';
import { reductions } from './reduction.ts';

/** A tensor, or a list of them where a row's input says so: `features[3]`. */
export type LossInput = Tensor | readonly Tensor[];
/** A loss by its inputs, in the order the row lists them. */
export type Loss = (...inputs: LossInput[]) => Tensor;

/** A parameter that may be a tensor: learned, scheduled, or one value per sample. */
export interface ContinuousParameter {
  readonly kind: 'continuous';
  readonly default: number;
  readonly range: Range;
  readonly meaning: string;
  /** What to do when the value is refused. */
  readonly hint?: string;
}
/** A parameter that decides the program, so it is a plain number. */
export interface FixedParameter extends Omit<ContinuousParameter, 'kind'> {
  readonly kind: 'fixed';
}
/** A reading with a name. */
export interface ChoiceParameter<Name extends string = string> {
  readonly kind: 'choice';
  readonly default: Name;
  readonly range: readonly Name[];
  readonly meaning: string;
}
export interface SwitchParameter {
  readonly kind: 'switch';
  readonly default: boolean;
  readonly range: readonly boolean[];
  readonly meaning: string;
}
export type RowParameter = ContinuousParameter | FixedParameter | ChoiceParameter | SwitchParameter;
export type RowParameters = Readonly<Record<string, RowParameter>>;

/** What each kind of parameter gives a loss. */
export type Values<P extends RowParameters> = { readonly [Name in keyof P]: ValueOf<P[Name]> };
type ValueOf<P extends RowParameter> = P extends ContinuousParameter ? Parameter
  : P extends FixedParameter ? number
    : P extends ChoiceParameter<infer Name> ? Name : boolean;

export type LossOptions = Readonly<Record<string, Parameter | string | boolean | undefined>>;

export interface Source {
  readonly paper: string;
  /** Null for a paper that is not on arXiv. */
  readonly arxiv: string | null;
  /** The equations, by the paper's own numbers; null where it has none. */
  readonly equation: string | null;
}

/** Formulas in the notation of docs/notation.md, one a line. */
export interface LossText {
  /** Definitions; the last is that of L, the loss of one sample. */
  readonly equation: string;
  /** The derivative worked out by hand: perhaps definitions, then one claim, as `d(L, c[k]) = …`. */
  readonly handGradient: string;
}

export interface Row extends LossText {
  readonly id: string;
  readonly title: string;
  readonly source: Source;
  readonly inputs: readonly string[];
  readonly parameters: RowParameters;
  /** The formulas for other than the default options. */
  readonly text: (options?: LossOptions) => LossText;
  /** The loss for these options, the others at their defaults. */
  readonly create: (options?: LossOptions) => Loss;
}

export interface RowSpec<P extends RowParameters> extends Pick<Row, 'id' | 'title' | 'source' | 'inputs'> {
  readonly parameters: P;
  readonly text: (values: Values<P>) => LossText;
  readonly build: (values: Values<P>) => (...inputs: never[]) => Tensor;
}

/** Makes a row whose options and inputs are checked by name. */
export function row<P extends RowParameters>(spec: RowSpec<P>): Row {
  const { id, inputs, parameters } = spec;
  const text = (options: LossOptions = {}): LossText => spec.text(valuesOf(id, parameters, options));
  return {
    id, title: spec.title, source: spec.source, inputs, parameters, ...text(), text,
    create: (options = {}) => {
      const loss = spec.build(valuesOf(id, parameters, options)) as Loss;
      return (...given) => {
        checkInputs(id, inputs, given);
        return loss(...given);
      };
    },
  };
}

function valuesOf<P extends RowParameters>(id: string, parameters: P, options: LossOptions): Values<P> {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(parameters, name)) continue;
    throw new DomainError(message(
      `${id}: the option '${name}'`,
      `Its options are ${Object.keys(parameters).join(', ')}`, 'Check the spelling, or leave it out'));
  }
  const entries = Object.entries(parameters).map(([name, parameter]) => {
    const value = options[name] === undefined ? parameter.default : options[name];
    if (parameter.kind === 'continuous') checkParameter(id, name, value, parameter.range, parameter.hint);
    else if (parameter.kind === 'fixed') checkNumber(id, name, value, parameter.range, parameter.hint);
    else if (parameter.kind === 'choice') checkChoice(id, name, value, parameter.range);
    else checkSwitch(id, name, value);
    return [name, value] as const;
  });
  return Object.fromEntries(entries) as Values<P>;
}

function checkInputs(id: string, inputs: readonly string[], given: readonly LossInput[]): void {
  const bad = given.findIndex((x, i) => {
    const length = /\[(\d+)\]$/.exec(inputs[i] ?? '')?.[1];
    return length === undefined ? !isTensor(x) : !Array.isArray(x) || x.length !== Number(length) || !x.every(isTensor);
  });
  if (given.length === inputs.length && bad < 0) return;
  const what = given.length === inputs.length
    ? `argument ${bad}, ${inputs[bad]}, is ${kindOf(given[bad])}` : `called with ${given.length} arguments`;
  throw new DomainError(message(`${id}: ${what}`, `Its inputs are (${inputs.join(', ')})`, 'Pass tensors in this order'));
}

/** What stands where an input should be. */
function kindOf(x: unknown): string {
  if (isTensor(x)) return 'one tensor, not a list of them';
  return Array.isArray(x) ? 'an array of another form' : `of type ${x === null ? 'null' : typeof x}`;
}

/** A parameter that may be a tensor. */
export const continuous = (value: number, range: Range, meaning: string, hint?: string): ContinuousParameter =>
  ({ kind: 'continuous', default: value, range, meaning, ...(hint !== undefined && { hint }) });
/** A parameter that is a plain number. */
export const fixed = (value: number, range: Range, meaning: string, hint?: string): FixedParameter =>
  ({ kind: 'fixed', default: value, range, meaning, ...(hint !== undefined && { hint }) });
/** A named reading; the first is the default. */
export const choice = <const Name extends string>(names: readonly [Name, ...Name[]], meaning: string): ChoiceParameter<Name> =>
  ({ kind: 'choice', default: names[0], range: names, meaning });

/** The option every loss has. */
export const reductionParameter = choice(reductions, 'what becomes of the losses of the samples');
