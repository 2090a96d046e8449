// The engine that takes large eager Float32 steps from the reference: maps, sums and maxima along one run of axes,
// contractions. For everything else, and below a certain size, it gives `undefined`.
// Nothing is assembled before the first step that is large enough. A host without WebAssembly or its vector
// instructions computes on the reference alone, and `status` says why.

import { ShapeError } from '../base/errors.ts';
import { sizeOf } from '../base/shape.ts';
import type { Engine, Params, Primitive, Value } from '../graph/index.ts';
import type { ContractAxes } from '../primitives/index.ts';
import { contractSizes } from './kernels/contract.ts';
import { runMap, runProduct, runReduce } from './eager.ts';
import { Machine, obstacle } from './machine.ts';
import { compilation } from './wasm/webassembly.ts';

/** The sizes from which a kernel with its copies is faster than the reference. */
export interface Thresholds {
  /** Elements of the result of a map. */
  readonly map: number;
  /** Elements reduced. */
  readonly reduce: number;
  /** Products summed. */
  readonly contract: number;
}

/** Twice to four times the sizes at which both took the same time, 2 to 4 µs, on Node 20. */
const measuredThresholds: Thresholds = { map: 1024, reduce: 2048, contract: 8192 };

/** More bytes than this of operands and result stay with the reference: memory once grown is never given back. */
const largestCall = 2 ** 29;

export interface CompiledEngine {
  readonly engine: Engine;
  /** What large steps run on, in one sentence; undefined while none has been met. */
  readonly status: () => string | undefined;
}

export function makeEngine(thresholds: Thresholds = measuredThresholds): CompiledEngine {
  let machine: Machine | undefined;
  let status: string | undefined;
  const start = (): Machine | undefined => {
    if (status === undefined) {
      const reason = obstacle();
      status = reason === undefined ? 'large steps run on WebAssembly kernels' : `all steps run on the reference: ${reason}`;
      if (reason === undefined) machine = new Machine();
    }
    return machine;
  };
  const engine: Engine = (primitive, inputs, params) => {
    if (!isWorthIt(primitive, inputs, params, thresholds)) return undefined;
    const running = start();
    if (running === undefined) return undefined;
    const { top } = running.scratch;
    try {
      return run(running, primitive, inputs, params);
    } catch (error) {
      // The memory cannot grow; the reference needs less at a time.
      if (error instanceof ShapeError) return undefined;
      throw error;
    } finally {
      running.scratch.release(top);
    }
  };
  return { engine, status: () => (status && compilation.width ? `${status}; ${compilation.width}` : status) };
}

/** Asked at every eager step: most are too small, which the product of the sizes shows at once. */
function isWorthIt(primitive: Primitive, inputs: readonly Value[], params: Params, least: Thresholds): boolean {
  const { kind } = primitive;
  if (kind !== 'map' && kind !== 'reduce' && kind !== 'contract') return false;
  let product = 1;
  for (const x of inputs) {
    if (x.dtype !== 'f32') return false;
    product *= sizeOf(x.shape);
  }
  if (product < least[kind]) return false;
  const bytes = 4 * inputs.reduce((sum, x) => sum + sizeOf(x.shape), 0);
  if (kind !== 'contract') {
    const size = broadcastSize(inputs);
    return size >= least[kind] && bytes + 4 * size <= largestCall;
  }
  const { M, N, K, batch } = contractSizes(inputs[0]!.shape, inputs[1]!.shape, params as unknown as ContractAxes);
  return batch * M * N * K >= least.contract && bytes + 4 * batch * M * N <= largestCall;
}

/** The elements of the shape that all operands stretch to. */
function broadcastSize(inputs: readonly Value[]): number {
  let size = 1;
  const rank = Math.max(...inputs.map((x) => x.shape.length));
  for (let fromEnd = 1; fromEnd <= rank; fromEnd++) {
    const sizes = inputs.map((x) => x.shape[x.shape.length - fromEnd] ?? 1);
    size *= sizes.find((n) => n !== 1) ?? 1;
  }
  return size;
}

function run(machine: Machine, primitive: Primitive, inputs: readonly Value[], params: Params): Value | undefined {
  switch (primitive.kind) {
    case 'map': return runMap(machine, primitive, inputs, params);
    case 'reduce': return runReduce(machine, primitive, inputs[0]!, params);
    case 'contract': return runProduct(machine, inputs, params);
    default: return undefined;
  }
}

const compiled = makeEngine();

/** The engine of the process. */
export const compiledEngine: Engine = compiled.engine;

/**
 * What large Float32 steps run on: WebAssembly kernels, or the reference and why. Undefined until the first of them.
 */
export const engineStatus = compiled.status;
