// The last pass: a plan to stages that run. Kernels are assembled and loaded once, when a program first runs; tables and
// constants then lie in memory as long as the program is kept. Addresses are worked out again only when something has
// moved.

import { bytesPerElement } from '../base/dtype.ts';
import type { Fold, FoldedProduct, Group, HostStep, Loop } from './kernels/group.ts';
import { type LoopKernel, loopModule } from './kernels/loop-module.ts';
import { processMemory, type Scratch } from './wasm/memory.ts';
import { type Plan, readsOf, writesOf } from './passes/plan.ts';
import { processRunner } from './pool.ts';
import { foldedModule } from './kernels/product-folded-kernel.ts';
import { productModule } from './kernels/product-kernel.ts';
import { columnsStage, combineStage, reduceStageModule } from './kernels/reduce-stage.ts';
import type { Runner, Stage } from './kernels/stage.ts';

/** What all programs share: the memory, whoever runs the stages, and the modules that are the same for all of them. */
interface Workshop {
  readonly scratch: Scratch;
  readonly runner: Runner;
  readonly modules: Map<string, number>;
}

let workshop: Workshop | undefined;
export const processWorkshop = (): Workshop =>
  (workshop ??= { scratch: processMemory(), runner: processRunner(), modules: new Map() });

/** Drops the modules that no program owns: the next that needs one loads it anew. */
export function forgetModules(): void {
  const { modules, runner } = processWorkshop();
  for (const module of modules.values()) runner.drop(module);
  modules.clear();
}

/** Stages with the addresses they have while everything lies where `places` says. */
export interface Linked {
  readonly places: string;
  readonly stages: readonly Stage[];
  readonly scratchBytes: number;
}

/** Bytes a group reads, or writes. */
interface Extent {
  readonly from: number;
  readonly to: number;
  readonly isWritten: boolean;
}

/** Whether the order of two groups matters. */
const collide = (a: readonly Extent[], b: readonly Extent[]): boolean =>
  a.some((x) => b.some((y) => (x.isWritten || y.isWritten) && x.from < y.to && y.from < x.to));

/** The loaded kernels of a plan, and what they need in memory. */
export class Kernels {
  readonly #plan: Plan;
  readonly #module: number;
  readonly #loops: ReadonlyMap<Group, LoopKernel>;
  /** The modules of folded products: their sizes are constants of the code. */
  readonly #folded: ReadonlyMap<Group, number>;
  readonly #tables: ReadonlyMap<Group, number>;
  /** The addresses of constants, by buffer. */
  readonly constants = new Map<number, number>();
  readonly #held: number[] = [];

  constructor(plan: Plan) {
    const { scratch, runner } = processWorkshop();
    const { groups, buffers, constants } = plan.schedule;
    this.#plan = plan;
    const loops = loopsOf(groups);
    const { module, kernels } = loopModule(loops);
    this.#module = runner.load(module.bytes());
    this.#loops = new Map(kernels.map((kernel, i) => [loops[i]!, kernel]));
    const folded = groups.filter((group): group is FoldedProduct => group.kind === 'foldedProduct');
    this.#folded = new Map(folded.map((group) => [group, runner.load(foldedModule(group).bytes())]));
    this.#tables = new Map([...plan.products].map(([group, { plan: product }]) => {
      const address = this.#hold(product.tableBytes);
      product.writeTables(scratch.words(address, product.tableBytes / 4), address);
      return [group, address];
    }));
    for (const { buffer, value } of constants) {
      const { dtype, size } = buffers[buffer]!;
      const address = this.#hold(size * bytesPerElement[dtype]);
      const words = scratch.words(address, size);
      const view = dtype === 'i32' ? words : new Float32Array(words.buffer, address, size);
      if (size === 1) view[0] = value.array[value.offset]!;
      else view.set(value.data());
      this.constants.set(buffer, address);
    }
  }

  /** Gives back what is held. */
  release(): void {
    for (const address of this.#held.splice(0)) processWorkshop().scratch.free(address);
    for (const module of [this.#module, ...this.#folded.values()]) processWorkshop().runner.drop(module);
  }

  /** Stages for these addresses; panels of products lie relative to `base`. */
  link(places: string, base: number, address: (buffer: number) => number, onHost: (step: HostStep) => void): Linked {
    const linked: Stage[] = [];
    let scratchBytes = 0;
    const stagesOf = (group: Group): Stage[] => {
      switch (group.kind) {
        case 'host': return [{ kind: 'host', run: () => onHost(group) }];
        case 'loop':
        case 'fold': {
          const { kernel, units, unitCost, buffers, scratchBytes: needed } = this.#loops.get(group)!;
          scratchBytes = Math.max(scratchBytes, needed);
          return [{ kind: 'kernel', module: this.#module, kernel, units, unitCost, args: buffers.map(address) }];
        }
        case 'foldedProduct':
        case 'product': {
          const { plan: product, panels } = this.#plan.products.get(group)!;
          scratchBytes = Math.max(scratchBytes, product.scratchBytes);
          const module = 'key' in product
            ? loadedOnce(product.key, () => productModule(product.module).bytes())
            : this.#folded.get(group)!;
          return product.stages(module, { address, tables: this.#tables.get(group)!, panels: base + panels });
        }
        default: {
          const module = loadedOnce('reduce', () => reduceStageModule().bytes());
          const [from, to] = [address(group.from), address(group.to)];
          const stage = group.kind === 'combine' ? combineStage(group, from, to) : columnsStage(group, from, to);
          return [{ kind: 'kernel', module, ...stage }];
        }
      }
    };
    // The stages of a group follow each other; its first waits for the last group that it collides with.
    const before: { readonly extents: readonly Extent[]; readonly end: number }[] = [];
    for (const group of this.#plan.schedule.groups) {
      const extents = this.#extents(group, base, address);
      const needs = before.findLast((other) => collide(other.extents, extents))?.end ?? 0;
      const [first, ...others] = stagesOf(group);
      if (first !== undefined) linked.push(first.kind === 'kernel' ? { ...first, needs } : first, ...others);
      before.push({ extents, end: linked.length });
    }
    return { places, stages: linked, scratchBytes };
  }

  #extents(group: Group, base: number, address: (buffer: number) => number): Extent[] {
    const extent = (isWritten: boolean) => (buffer: number): Extent => {
      const { dtype, size } = this.#plan.schedule.buffers[buffer]!;
      const from = address(buffer);
      return { from, to: from + size * bytesPerElement[dtype], isWritten };
    };
    const extents = [...readsOf(group).map(extent(false)), ...writesOf(group).map(extent(true))];
    const product = this.#plan.products.get(group);
    if (product === undefined) return extents;
    const from = base + product.panels;
    return [...extents, { from, to: from + product.plan.panelBytes, isWritten: true }];
  }

  #hold(bytes: number): number {
    const address = processWorkshop().scratch.hold(bytes);
    this.#held.push(address);
    return address;
  }
}

const loopsOf = (groups: readonly Group[]): (Loop | Fold)[] =>
  groups.filter((group): group is Loop | Fold => group.kind === 'loop' || group.kind === 'fold');

/** What is emitted for a plan: the kernels of its loops and the buffers they work on, then the code of all, kernel by kernel. */
export function printKernels({ schedule: { groups }, products }: Plan): string {
  const { module, kernels } = loopModule(loopsOf(groups));
  const heads = kernels.map(({ kernel, units, unitCost, buffers }) =>
    `${kernel}: ${units} units of ${Math.round(unitCost)} ns, on ${buffers.map((buffer) => `b${buffer}`).join(', ')}`);
  const others = groups.flatMap((group) => {
    const product = products.get(group)?.plan;
    if (product !== undefined && 'key' in product) return productModule(product.module).text;
    if (group.kind === 'foldedProduct') return foldedModule(group).text;
    return group.kind === 'combine' || group.kind === 'columns' ? reduceStageModule().text : [];
  });
  return [...heads, module.text, ...new Set(others)].join('\n');
}

/** The number of a module that no program owns. */
function loadedOnce(name: string, bytes: () => Uint8Array<ArrayBuffer>): number {
  const { modules, runner } = processWorkshop();
  let module = modules.get(name);
  if (module === undefined) modules.set(name, (module = runner.load(bytes())));
  return module;
}
