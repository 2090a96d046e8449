// The part of the host's WebAssembly that is used, typed here because a core that runs in Node and in a page borrows
// the types of neither. `undefined` where the host has none, or forbids it.

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

export type WasmFunction = (...numbers: number[]) => number;

interface WasmHost {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: Record<string, Record<string, unknown>>) =>
    { readonly exports: Record<string, unknown> };
  readonly Memory: new (type: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
}

export const host: WasmHost | undefined = (globalThis as { WebAssembly?: WasmHost }).WebAssembly;

/** How modules are compiled in this process; `wide.ts` decides. */
export const compilation = { modules: 0, isWide: false, width: undefined as string | undefined };

/** A section without meaning: V8 gives the code it has to bytes it has seen, whatever flags there were then. */
const wideMark = [0, 5, 4, ...new TextEncoder().encode('wide')];

/** A module compiled once may be linked on several threads. */
export function compileModule(bytes: Uint8Array<ArrayBuffer>): object {
  compilation.modules++;
  return new host!.Module(compilation.isWide ? new Uint8Array([...bytes, ...wideMark]) : bytes);
}

/** The exports of a module, functions of numbers, in their order. */
export function linkModule(module: object, imports: Record<string, unknown>): Record<string, WasmFunction> {
  return new host!.Instance(module, { host: imports }).exports as Record<string, WasmFunction>;
}

export const instantiate = (bytes: Uint8Array<ArrayBuffer>, imports: Record<string, unknown>): Record<string, WasmFunction> =>
  linkModule(compileModule(bytes), imports);
