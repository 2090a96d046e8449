// The loss a derivation defines, as a function over tensors: what somebody wrote in the paper's notation, to be compared
// with or traced like any other loss. Which of its names are features, class weights and labels, their axes tell;
// scalars are given their values here.

import { demandMade, demandOptions } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { type Derivation, type Entity, type Expr, Lowering, Names, printExpr, sampleAxis, type Section, stretchTo } from '../formula/index.ts';
import { tensor, type Tensor } from '../graph/tensor.ts';
import { trace } from '../graph/trace.ts';
import { cast } from '../ops/index.ts';

export interface DerivationLossOptions {
  /** The values of scalars, by name. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** The section that defines the loss; not needed where only one does. */
  readonly section?: string;
  /** Its name. Default `L`. */
  readonly name?: string;
}

export interface DerivationLoss {
  readonly loss: (features: Tensor, weights: Tensor, labels: Tensor) => Tensor;
  /** One number per sample, or one for all. */
  readonly perSample: boolean;
  /** The definition. */
  readonly text: string;
}

/**
 * The loss of a derivation.
 *
 * Shapes    features [N, D], weights [C, D], labels [N] → [N], or one number where the definition sums over samples
 * Gradient  that of the formula; `stop` stops
 * Edges     names the loss does not rest on need no value
 * Throws    DomainError where the loss or a scalar is missing, or where it rests on other arrays
 */
export function derivationLoss(derivation: Derivation, options: DerivationLossOptions = {}): DerivationLoss {
  demandMade(derivation, ['sections'], 'derivationLoss', 'what parseDerivation returns');
  demandOptions(options, ['name', 'section', 'parameters'], 'derivationLoss');
  const { parameters = {}, name = 'L' } = options;
  const names = new Names(derivation);
  const section = sectionOf(derivation, name, options.section);
  const line = section.lines.find(({ target }) => target?.name === name)!;
  const expr: Expr = { kind: 'name', name, index: [] };
  const entities = derivation.sections.flatMap((each) => each.declarations.flatMap((declaration) =>
    declaration.names.map((own): Entity => names.resolve(each.id === '' ? own : `${each.id}.${own}`, section)!)));
  const needed = entities.filter(({ key }) => names.involves(expr, section, key));
  const types = needed.map(({ declaration }) => declaration!.type);
  const label = types.find((type) => type.kind === 'label');
  if (label?.kind !== 'label') throw wrong(`${name} rests on no labels`, compared, 'Declare y: n -> k');
  const roles = needed.map(({ name: own, declaration }): 'features' | 'weights' | 'labels' | number => {
    const { type } = declaration!;
    if (type.kind === 'scalar') {
      const value = parameters[own];
      if (typeof value === 'number') return value;
      throw wrong(`the scalar '${own}' of ${name} has no value`, `Values are given for ${Object.keys(parameters).join(', ') || 'none'}`,
        `Rename it, or define it with its value: define p ${own} = 2`);
    }
    if (type.kind === 'label') return 'labels';
    if (type.axes.length === 2 && type.axes[0] === label.from) return 'features';
    if (type.axes.length === 2 && type.axes[0] === label.to) return 'weights';
    throw wrong(`${name} rests on ${own}: ${type.axes.join(' ')}`, compared, 'Declare x: n d and w: k d');
  });
  for (const role of ['features', 'weights', 'labels']) {
    const own = needed.filter((_, i) => roles[i] === role).map((entity) => entity.name);
    if (own.length !== 1) throw wrong(`${name} rests on ${own.join(' and ') || `no ${role}`}`, `One name stands for the ${role}`, 'Declare one');
  }
  const loss = (features: Tensor, weights: Tensor, labels: Tensor): Tensor => {
    const given = { features, weights, labels: cast(labels, 'f64') };
    const values = new Map(needed.map(({ key }, i) => {
      const role = roles[i]!;
      return [key, typeof role === 'number' ? tensor(role, { dtype: 'f64' }) : given[role]];
    }));
    const width = types.flatMap((type) => (type.kind === 'tensor' ? [type.axes[1]!] : []));
    const sizes = new Map([...width.map((axis) => [axis, features.shape[1]!] as const), [label.from, labels.shape[0]!], [label.to, weights.shape[0]!]]);
    const lowering = new Lowering(names, section, { sizes, values }, line);
    const found = lowering.expr(expr);
    return stretchTo(found, found.axes.includes(sampleAxis) ? [sampleAxis] : [], (axis) => lowering.size(axis)).tensor;
  };
  return { loss, perSample: isPerSample(loss), text: `${name} = ${printExpr(line.value!)}` };
}

/** The section asked for, or the only one that defines the name. */
function sectionOf({ sections }: Derivation, name: string, asked: string | undefined): Section {
  const defining = sections.filter(({ lines }) => lines.some(({ target }) => target?.name === name));
  const found = asked === undefined ? (defining.length === 1 ? defining[0] : undefined) : defining.find(({ id }) => id === asked);
  if (found !== undefined) return found;
  const ids = defining.map(({ id }) => id);
  const what = asked === undefined ? `${ids.length} sections define ${name}` : `section ${asked} does not define ${name}`;
  const rule = ids.length === 0 ? `The loss is defined under the name ${name}` : `Sections that define it are ${ids.join(', ')}`;
  throw wrong(what, rule, ids.length === 0 ? `define loss ${name} = …` : `Choose one of them: section '${ids[0]!}', or FILE#${ids[0]!} on the command line`);
}

function isPerSample(loss: DerivationLoss['loss']): boolean {
  const rows = tensor([[1, 0], [0.6, 0.8]], { dtype: 'f64' });
  const { graph, outputs } = trace(loss, [rows, rows, tensor([0, 1], { dtype: 'i32' })]);
  return graph.steps[outputs[0]!]!.shape.length === 1;
}

const compared = 'The loss is one of features, class weights and labels';
const wrong = (what: string, rule: string, todo: string): DomainError => new DomainError(message(`derivation: ${what}`, rule, todo));
