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
  readonly Instance: new (module: object, imports: Record<string, Record<string, unknown>>) => { readonly exports: Record<string, unknown> };
  readonly Memory: new (type: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
}

export const host: WasmHost | undefined = (globalThis as { WebAssembly?: WasmHost }).WebAssembly;

/** A module compiled once may be linked on several threads. */
export const compileModule = (bytes: Uint8Array<ArrayBuffer>): object => new host!.Module(bytes);

/** The exports of a module, functions of numbers, in their order. */
export function linkModule(module: object, imports: Record<string, unknown>): Record<string, WasmFunction> {
  return new host!.Instance(module, { host: imports }).exports as Record<string, WasmFunction>;
}

export const instantiate = (bytes: Uint8Array<ArrayBuffer>, imports: Record<string, unknown>): Record<string, WasmFunction> =>
  linkModule(compileModule(bytes), imports);
