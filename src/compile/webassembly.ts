// The part of the host's WebAssembly that is used, typed here because a core that runs in Node and in a page borrows
// the types of neither. `undefined` where the host has none, or forbids it.

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
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

/** Compiles and links a module; its exports are functions of numbers. */
export function instantiate(bytes: Uint8Array<ArrayBuffer>, imports: Record<string, unknown>): Record<string, WasmFunction> {
  const instance = new host!.Instance(new host!.Module(bytes), { host: imports });
  return instance.exports as Record<string, WasmFunction>;
}
