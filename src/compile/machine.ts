// What is assembled and kept while the process lives, over the memory of the process: the kernels of reductions and
// products, and the kernels of map bodies, the least recently used of which are forgotten.

import type { MapPrimitive, Params } from '../graph/index.ts';
import { Unreadable } from './wasm/lanes.ts';
import { type Gait, mapImports, mapModule } from './kernels/map-kernel.ts';
import { memoryType, processMemory } from './wasm/memory.ts';
import { productModule } from './kernels/product-kernel.ts';
import { reduceModule } from './kernels/reduce-kernel.ts';
import { host, instantiate, type WasmFunction } from './wasm/webassembly.ts';

type Kernels = Record<string, WasmFunction>;

const largestCache = 256;

export class Machine {
  readonly scratch = processMemory();
  readonly #maps = new Map<string, WasmFunction | undefined>();
  readonly #numbers = new WeakMap<MapPrimitive, number>();
  #nextNumber = 0;
  #reduce: Kernels | undefined;
  #contract: Kernels | undefined;

  get reduce(): Kernels {
    return (this.#reduce ??= this.link(reduceModule().bytes()));
  }

  get contract(): Kernels {
    return (this.#contract ??= this.link(productModule({ left: 'none', right: 'none' }).bytes()));
  }

  link(bytes: Uint8Array<ArrayBuffer>): Kernels {
    return instantiate(bytes, { ...mapImports, memory: this.scratch.memory });
  }

  /** The kernel of a body for operands that move in these ways; undefined where lanes cannot compute it. */
  map(primitive: MapPrimitive, params: Params, gaits: readonly Gait[]): WasmFunction | undefined {
    let number = this.#numbers.get(primitive);
    if (number === undefined) this.#numbers.set(primitive, (number = this.#nextNumber++));
    const key = `${number} ${gaits.join(' ')} ${JSON.stringify(params)}`;
    const kernel = this.#maps.has(key) ? this.#maps.get(key) : this.#assemble(primitive, params, gaits);
    this.#maps.delete(key);
    this.#maps.set(key, kernel);
    if (this.#maps.size > largestCache) this.#maps.delete(this.#maps.keys().next().value!);
    return kernel;
  }

  #assemble(primitive: MapPrimitive, params: Params, gaits: readonly Gait[]): WasmFunction | undefined {
    try {
      return this.link(mapModule((algebra, ...xs) => primitive.body(algebra, params, ...xs), gaits).bytes())['map'];
    } catch (error) {
      if (error instanceof Unreadable) return undefined;
      throw error;
    }
  }
}

/** Why the host cannot run kernels, or undefined when it can. */
export function obstacle(): string | undefined {
  if (host === undefined) return 'this host has no WebAssembly';
  try {
    if (!host.validate(reduceModule().bytes())) return 'this host has no WebAssembly vector instructions';
    new host.Memory(memoryType);
    return undefined;
  } catch (error) {
    return `this host does not let WebAssembly run (${String(error)})`;
  }
}
