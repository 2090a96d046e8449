// Layers made of layers: one after the other, and around a shortcut. Parameters and state are trees of the same form as
// the layers; every part gets a key of its own, derived from the key of the whole by its place.

import { demandMade } from '../base/demand.ts';
import { DomainError, message, ShapeError } from '../base/errors.ts';
import { sameShape, shapeText } from '../base/shape.ts';
import { scope, type Tensor } from '../graph/index.ts';
import { add, foldIn } from '../ops/index.ts';
import {
  type ApplyOptions, demandMode, demandVariables, type InitOptions, type Layer, type ParameterTree, stateless, type Variables,
} from './layer.ts';

/** Layers by place or by name; the names are those of the parameters, and of the scopes in a trace. */
export type Layers = readonly Layer[] | Readonly<Record<string, Layer>>;

type Parts<T> = Readonly<Record<string, T>>;

/** A tree of the form of the layers, one branch per layer. */
function branches(layers: Layers, parts: readonly ParameterTree[]): ParameterTree {
  return Array.isArray(layers) ? parts : Object.fromEntries(Object.keys(layers).map((name, i) => [name, parts[i]!]));
}

function demandLayers(layers: Layers, who: string): void {
  demandMade(layers, [], who, 'layers');
  for (const layer of Object.values(layers)) demandMade(layer, ['init', 'apply'], who, 'layers such as linear({ inputs, outputs })');
}

function initParts(layers: Layers, key: Tensor, options?: InitOptions): Variables {
  const made = Object.values(layers as Parts<Layer>).map((layer, i) => layer.init(foldIn(key, i), options));
  return { params: branches(layers, made.map(({ params }) => params)), state: branches(layers, made.map(({ state }) => state)) };
}

/** The variables of one part, or an error where the tree belongs to other layers. */
function partOf(variables: Variables, name: string, who: string): Variables {
  demandVariables(variables, who);
  const { params, state } = variables;
  const own = { params: (params as Parts<ParameterTree>)[name], state: (state as Parts<ParameterTree>)[name] };
  if (own.params === undefined || own.state === undefined) {
    throw new DomainError(message(
      `${who}: no ${own.params === undefined ? 'parameters' : 'state'} for the layer '${name}'`,
      'Parameters and state have the form of the layers', 'Pass on what init of this network made'));
  }
  return own as Variables;
}

const keyOfPart = ({ train, key }: ApplyOptions, place: number): ApplyOptions =>
  (key === undefined ? { train } : { train, key: foldIn(key, place) });

/**
 * Layers one after the other.
 *
 * Equation  y = layer_n(… layer_2(layer_1(x)))
 * Shapes    those of the layers; parameters and state are lists, or records by name
 * Gradient  the chain rule through the layers
 * Edges     the i-th layer gets foldIn(key, i), in init and in apply; no layers pass x on
 * Throws    DomainError for variables of another network or a call that does not say whether it trains; whatever the
 *           layers throw
 */
export function sequential(layers: Layers): Layer {
  demandLayers(layers, 'sequential');
  const list = Object.entries(layers as Parts<Layer>);
  return {
    init: (key, options) => initParts(layers, key, options),
    apply: (variables, x, options) => {
      demandMode(options, 'sequential');
      const states: ParameterTree[] = [];
      let y = x;
      list.forEach(([name, layer], i) => {
        const part = partOf(variables, name, 'sequential');
        const result = scope(name, () => layer.apply(part, y, keyOfPart(options, i)));
        y = result.y;
        states.push(result.state);
      });
      return { y, state: branches(layers, states) };
    },
  };
}

/**
 * A branch around a shortcut (He et al. 2016).
 *
 * Equation  y = branch(x) + shortcut(x)
 * Shapes    branch and shortcut give one shape; the shortcut is x itself when left out
 * Gradient  the sum of both ways
 * Edges     parameters and state are records { branch, shortcut }
 * Throws    ShapeError when the two shapes differ (nothing is broadcast); whatever the layers throw
 */
export function residual(branch: Layer, shortcut: Layer = stateless((x) => x)): Layer {
  const layers = { branch, shortcut };
  demandLayers(layers, 'residual');
  return {
    init: (key, options) => initParts(layers, key, options),
    apply: (variables, x, options) => {
      demandMode(options, 'residual');
      const [left, right] = Object.entries(layers).map(([name, layer], i) =>
        scope(name, () => layer.apply(partOf(variables, name, 'residual'), x, keyOfPart(options, i)))) as [Applied, Applied];
      if (!sameShape(left.y.shape, right.y.shape)) {
        throw new ShapeError(message(
          `residual: the branch gives ${shapeText(left.y.shape)}, the shortcut ${shapeText(right.y.shape)}`,
          'Both have one shape', 'Give a shortcut that changes channels and size as the branch does'));
      }
      return { y: add(left.y, right.y), state: { branch: left.state, shortcut: right.state } };
    },
  };
}

type Applied = ReturnType<Layer['apply']>;
