// A writer of WebAssembly modules: bytes only, no toolchain. A function is written instruction by instruction against
// a stack of types, so a kernel that would not validate stops where it goes wrong, with the instruction's name, and
// not in the browser. Every function also keeps its text, which golden tests read.
// It knows nothing of kernels, and only the instructions of `instructions.ts`.

import { message } from '../../base/errors.ts';
import { type Immediate, type Instruction, type InstructionName, instructions, type ValueType } from './instructions.ts';

const typeCodes: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const controlCodes = {
  block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, branch: 0x0c, branchIf: 0x0d, call: 0x10,
} as const;
const nothing = 0x40;

/** LEB128 of a number from 0 to 2^32 − 1. */
export function unsigned(n: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = n % 128;
    n = Math.floor(n / 128);
    if (n === 0) return [...bytes, low];
    bytes.push(low + 128);
  }
}

/** LEB128 of a signed 32-bit number. */
export function signed(n: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = n & 0x7f;
    n >>= 7;
    if ((n === 0 && low < 64) || (n === -1 && low >= 64)) return [...bytes, low];
    bytes.push(low + 128);
  }
}

const bytesOf = (numbers: ArrayBufferView): number[] => [...new Uint8Array(numbers.buffer)];
const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const nameBytes = (name: string): number[] => list([...new TextEncoder().encode(name)].map((byte) => [byte]));
const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];

export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

interface FunctionType {
  readonly takes: readonly ValueType[];
  readonly gives: readonly ValueType[];
}

export interface Callable extends FunctionType {
  readonly name: string;
  readonly index: number;
}

/** A place a branch can go to: the end of a block, the beginning of a loop. */
interface Label {
  readonly depth: number;
}

/** The body of one function. Methods return the writer, so that an expression reads in the order of the stack. */
export class Code {
  readonly name: string;
  readonly type: FunctionType;
  readonly parameters: readonly Local[];
  /** The number of this function in its module. */
  readonly #index: number;
  readonly #locals: ValueType[] = [];
  readonly #bytes: number[] = [];
  /** Every instruction, and how many blocks it stands in. */
  readonly #text: string[] = [];
  readonly #depths: number[] = [];
  readonly #stack: ValueType[] = [];
  /** For every open block, the height of the stack where it began. */
  readonly #bases: number[] = [0];

  constructor(name: string, type: FunctionType, index = 0) {
    this.name = name;
    this.type = type;
    this.#index = index;
    this.parameters = type.takes.map((t, index) => ({ index, type: t }));
  }

  local(type: ValueType): Local {
    this.#locals.push(type);
    return { index: this.parameters.length + this.#locals.length - 1, type };
  }

  get(local: Local): this {
    return this.#write([0x20, ...unsigned(local.index)], `local.get ${local.index}`, [], [local.type]);
  }

  set(local: Local): this {
    return this.#write([0x21, ...unsigned(local.index)], `local.set ${local.index}`, [local.type], []);
  }

  tee(local: Local): this {
    return this.#write([0x22, ...unsigned(local.index)], `local.tee ${local.index}`, [local.type], [local.type]);
  }

  i32(value: number): this {
    return this.#write([0x41, ...signed(value | 0)], `i32.const ${value | 0}`, [], ['i32']);
  }

  f64(value: number): this {
    return this.#write([0x44, ...bytesOf(new Float64Array([value]))], `f64.const ${value}`, [], ['f64']);
  }

  /** Four 32-bit words. */
  v128(words: readonly number[]): this {
    return this.#write([0xfd, 0x0c, ...bytesOf(new Int32Array(words))], `v128.const i32x4 ${words.join(' ')}`, [], ['v128']);
  }

  /** An instruction without anything after its code. */
  op(name: InstructionName): this {
    return this.#instruction(name, 'none', [], '');
  }

  /** An instruction that reads or writes memory; `offset` is added to the address on the stack. */
  memory(name: InstructionName, offset = 0): this {
    return this.#instruction(name, 'memory', unsigned(offset), offset === 0 ? '' : ` offset=${offset}`);
  }

  memoryLane(name: InstructionName, lane: number, offset = 0): this {
    return this.#instruction(name, 'memoryLane', [...unsigned(offset), lane],
      `${offset === 0 ? '' : ` offset=${offset}`} ${lane}`);
  }

  lane(name: InstructionName, lane: number): this {
    return this.#instruction(name, 'lane', [lane], ` ${lane}`);
  }

  /** Picks four 32-bit words out of the eight of two vectors. */
  shuffle(words: readonly [number, number, number, number]): this {
    const bytes = words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]);
    return this.#instruction('i8x16.shuffle', 'shuffle', bytes, ` ${words.join(' ')}`);
  }

  call(callee: Callable): this {
    return this.#write([controlCodes.call, ...unsigned(callee.index)], `call $${callee.name}`, callee.takes, callee.gives);
  }

  /** Calls this function. */
  recurse(): this {
    return this.call({ name: this.name, index: this.#index, ...this.type });
  }

  block(body: (label: Label) => void): this {
    return this.#nested('block', body);
  }

  loop(body: (label: Label) => void): this {
    return this.#nested('loop', body);
  }

  /** Runs `then` when the number on the stack is not 0. */
  if(then: () => void, otherwise?: () => void): this {
    this.#pop(['i32'], 'if');
    return this.#nested('if', then, otherwise);
  }

  /** Goes to a label when the number on the stack is not 0. */
  branchIf(label: Label): this {
    const depth = this.#bases.length - 1 - label.depth;
    if (depth < 0) {
      throw new Error(message(
        `${this.name}: a branch to a block that has ended`, 'A label is used inside its block', 'Move the branch'));
    }
    return this.#write([controlCodes.branchIf, ...unsigned(depth)], `br_if ${depth}`, ['i32'], []);
  }

  /** The function as text, one instruction a line. */
  get text(): string {
    const types = (title: string, of: readonly ValueType[]): string => (of.length === 0 ? '' : ` (${title} ${of.join(' ')})`);
    const { takes, gives } = this.type;
    const head = `func $${this.name}${types('param', takes)}${types('result', gives)}${types('local', this.#locals)}`;
    return [head, ...this.#text.map((text, i) => '  '.repeat(this.#depths[i]!) + text)].join('\n');
  }

  /** The encoded body; refuses a stack that does not hold exactly what the function gives. */
  encode(): number[] {
    if (this.#bases.length !== 1 || this.#stack.join() !== this.type.gives.join()) {
      throw new Error(message(
        `${this.name}: ends with [${this.#stack.join(' ')}] on the stack`,
        `It gives [${this.type.gives.join(' ')}]`, 'Balance the body'));
    }
    const runs: [number, ValueType][] = [];
    for (const type of this.#locals) {
      if (runs.at(-1)?.[1] === type) runs.at(-1)![0]++;
      else runs.push([1, type]);
    }
    const head = list(runs.map(([count, type]) => [...unsigned(count), typeCodes[type]]));
    return [...unsigned(head.length + this.#bytes.length + 1), ...head, ...this.#bytes, controlCodes.end];
  }

  #nested(kind: 'block' | 'loop' | 'if', body: (label: Label) => void, otherwise?: () => void): this {
    this.#write([controlCodes[kind], nothing], kind, [], []);
    const part = (write: (label: Label) => void): void => {
      this.#bases.push(this.#stack.length);
      write({ depth: this.#bases.length - 1 });
      const base = this.#bases.pop()!;
      if (this.#stack.length !== base) {
        throw new Error(message(
          `${this.name}: a ${kind} leaves ${this.#stack.length - base} values`, 'Blocks take and give nothing', 'Use a local'));
      }
    };
    part(body);
    if (otherwise !== undefined) {
      this.#write([controlCodes.else], 'else', [], []);
      part(() => otherwise());
    }
    return this.#write([controlCodes.end], 'end', [], []);
  }

  #instruction(name: InstructionName, immediate: Immediate, rest: readonly number[], text: string): this {
    const row: Instruction = instructions[name];
    if (row.immediate !== immediate) {
      throw new Error(message(
        `${this.name}: ${name} written with ${immediate}`, `It is followed by ${row.immediate}`, 'Use the other method'));
    }
    const align = immediate === 'memory' || immediate === 'memoryLane' ? unsigned(row.align) : [];
    return this.#write([...row.code, ...align, ...rest], name + text, row.takes, row.gives);
  }

  #write(bytes: readonly number[], text: string, takes: readonly ValueType[], gives: readonly ValueType[]): this {
    this.#pop(takes, text);
    this.#stack.push(...gives);
    this.#bytes.push(...bytes);
    this.#text.push(text);
    this.#depths.push(this.#bases.length);
    return this;
  }

  #pop(takes: readonly ValueType[], what: string): void {
    const base = this.#bases.at(-1)!;
    const from = this.#stack.length - takes.length;
    if (from < base || takes.some((type, i) => type !== this.#stack[from + i])) {
      const found = this.#stack.slice(Math.max(from, base));
      throw new Error(message(
        `${this.name}: ${what} on [${found.join(' ')}]`, `It takes [${takes.join(' ')}]`, 'Put its operands there first'));
    }
    this.#stack.length = from;
  }
}

/** The memory a module works in, in pages of 64 KiB. */
export interface MemoryType {
  readonly initial: number;
  readonly maximum: number;
  readonly shared?: boolean;
}

/** A module that imports one memory and host functions (module name `host`) and exports every function it defines. */
export class Module {
  readonly #memory: MemoryType | undefined;
  readonly #types: FunctionType[] = [];
  readonly #imports: (Callable & { readonly typeIndex: number })[] = [];
  readonly #functions: { readonly code: Code; readonly typeIndex: number }[] = [];

  constructor(memory?: MemoryType) {
    this.#memory = memory;
  }

  /** Must come before the first function: imports are numbered first. */
  importFunction(name: string, takes: readonly ValueType[], gives: readonly ValueType[]): Callable {
    if (this.#functions.length > 0) {
      throw new Error(message(`import of ${name} after a function`, 'Imports are numbered first', 'Import it before'));
    }
    const found = this.#imports.find((f) => f.name === name);
    if (found !== undefined) return found;
    const callable = { name, index: this.#imports.length, takes, gives, typeIndex: this.#typeIndex({ takes, gives }) };
    this.#imports.push(callable);
    return callable;
  }

  function(
    name: string, takes: readonly ValueType[], gives: readonly ValueType[],
    write: (code: Code, ...parameters: Local[]) => void,
  ): Callable {
    const index = this.#imports.length + this.#functions.length;
    const code = new Code(name, { takes, gives }, index);
    this.#functions.push({ code, typeIndex: this.#typeIndex(code.type) });
    write(code, ...code.parameters);
    return { name, index, takes, gives };
  }

  get text(): string {
    return this.#functions.map(({ code }) => code.text).join('\n');
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const types = this.#types.map((t) =>
      [0x60, ...list(t.takes.map((x) => [typeCodes[x]])), ...list(t.gives.map((x) => [typeCodes[x]]))]);
    const imports = this.#imports.map((f) => [...nameBytes('host'), ...nameBytes(f.name), 0x00, ...unsigned(f.typeIndex)]);
    if (this.#memory !== undefined) {
      const { initial, maximum, shared } = this.#memory;
      imports.unshift([
        ...nameBytes('host'), ...nameBytes('memory'), 0x02, shared ? 3 : 1, ...unsigned(initial), ...unsigned(maximum),
      ]);
    }
    const exports = this.#functions.map(({ code }, i) => [...nameBytes(code.name), 0x00, ...unsigned(this.#imports.length + i)]);
    return new Uint8Array([
      0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
      ...section(1, list(types)),
      ...section(2, list(imports)),
      ...section(3, list(this.#functions.map((f) => unsigned(f.typeIndex)))),
      ...section(7, list(exports)),
      ...section(10, list(this.#functions.map(({ code }) => code.encode()))),
    ]);
  }

  #typeIndex(type: FunctionType): number {
    const key = (t: FunctionType): string => `${t.takes.join()}>${t.gives.join()}`;
    const found = this.#types.findIndex((t) => key(t) === key(type));
    return found >= 0 ? found : this.#types.push(type) - 1;
  }
}
