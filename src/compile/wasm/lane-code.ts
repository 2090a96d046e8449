// Lanes read as vector code: operations build a graph of expressions, equal ones being one, and the graph is written
// as instructions. An expression used more than once is kept in a local; the rest stays on the stack.
// Widened lanes are pairs of f64x2, low half and high half.

import type { Callable, Code, Local } from './assembler.ts';
import type { InstructionName } from './instructions.ts';
import { toWord } from './writing.ts';
import type { HostFunction, Lanes, Outside } from './lanes.ts';

export interface Expression {
  readonly id: number;
  readonly inputs: readonly Expression[];
  /** What the expression does once its inputs are on the stack. */
  readonly write: (code: Code, hosts: Hosts) => unknown;
  /** Constants are written again wherever they are used. */
  readonly isConstant: boolean;
  /** All ones or all zeros in every lane. */
  readonly isMask?: boolean;
  /** 1 (of a Float32, or as a word) where a mask is set: what a comparison gives a body. */
  readonly truthOf?: Expression;
  readonly rare?: Rare;
}

/** What is computed where a mask is set. The inputs of such an expression are the branch's, the usual value, the mask. */
interface Rare {
  readonly branch: LaneCode;
  readonly other: Expression;
}

/** The locals of inputs, by slot. */
type Operands = readonly Local[] | ReadonlyMap<number, Local>;

/** The imports that host functions became. */
export type Hosts = ReadonlyMap<HostFunction, Callable>;

interface Pair {
  readonly low: Expression;
  readonly high: Expression;
}

/** One graph of expressions. `emit` writes results; inputs are made by whoever loads them. */
export class LaneCode implements Lanes<Expression, Pair> {
  readonly #known = new Map<string, Expression>();
  readonly #hosts = new Set<HostFunction>();

  /** The host functions some expression calls. */
  get hosts(): readonly HostFunction[] {
    return [...this.#hosts];
  }

  /** An operand that stands in a local when the code runs. */
  input(slot: number): Expression {
    return this.#node(`input ${slot}`, [], () => undefined);
  }

  constant = (x: number): Expression => this.word(toWord(x));
  word = (bits: number): Expression => this.#constant([bits, bits, bits, bits]);

  add = this.#binary('f32x4.add');
  sub = this.#binary('f32x4.sub');
  mul = this.#binary('f32x4.mul');
  div = this.#binary('f32x4.div');
  sqrt = this.#unary('f32x4.sqrt');
  abs = this.#unary('f32x4.abs');
  neg = this.#unary('f32x4.neg');
  floor = this.#unary('f32x4.floor');
  min = this.#binary('f32x4.min');
  max = this.#binary('f32x4.max');
  atMost = this.#binary('f32x4.pmin');
  atLeast = this.#binary('f32x4.pmax');
  less = this.#comparison('f32x4.lt');
  lessEqual = this.#comparison('f32x4.le');
  equal = this.#comparison('f32x4.eq');
  or = this.#binary('v128.or');
  xor = this.#binary('v128.xor');
  addWords = this.#binary('i32x4.add');
  subWords = this.#binary('i32x4.sub');
  mulWords = this.#binary('i32x4.mul');
  minWords = this.#binary('i32x4.min_s');
  maxWords = this.#binary('i32x4.max_s');
  equalWords = this.#comparison('i32x4.eq');
  greaterWords = this.#comparison('i32x4.gt_s');
  shiftLeft = this.#shift('i32x4.shl');
  shiftRight = this.#shift('i32x4.shr_s');
  shiftRightUnsigned = this.#shift('i32x4.shr_u');
  addWide = this.#pairwise('f64x2.add');
  subWide = this.#pairwise('f64x2.sub');
  mulWide = this.#pairwise('f64x2.mul');
  divWide = this.#pairwise('f64x2.div');

  andNot = (a: Expression, b: Expression): Expression => (b === this.word(0) ? a : this.#operation('v128.andnot', [a, b]));

  and = (a: Expression, b: Expression): Expression => {
    if (a === this.word(0)) return a;
    const isTruth = a.isMask === true && (b === this.constant(1) || b === this.word(1));
    return this.#node(`v128.and ${a.id} ${b.id}`, [a, b], (code) => code.op('v128.and'), isTruth ? { truthOf: a } : {});
  };

  /** A comparison read back as a condition is the comparison itself, also when it was cast between. */
  differs(a: Expression, b: Expression): Expression {
    if (b === this.constant(0) && (a === b || a.truthOf !== undefined)) return a.truthOf ?? b;
    return this.#operation('f32x4.ne', [a, b]);
  }

  fromWord(a: Expression): Expression {
    return a.truthOf === undefined ? this.#operation('f32x4.convert_i32x4_s', [a]) : this.and(a.truthOf, this.constant(1));
  }

  select = (mask: Expression, a: Expression, b: Expression): Expression => {
    if (mask === this.word(0)) return b;
    if (b === this.word(0)) return this.and(mask, a);
    if (a === this.word(0)) return this.andNot(b, mask);
    return this.#operation('v128.bitselect', [a, b, mask]);
  };

  widen(a: Expression): Pair {
    const upper = this.#node(`upper ${a.id}`, [a, a], (code) => code.shuffle([2, 3, 2, 3]));
    return { low: this.#operation('f64x2.promote_low_f32x4', [a]), high: this.#operation('f64x2.promote_low_f32x4', [upper]) };
  }

  wide(x: number): Pair {
    const words = [...new Int32Array(new Float64Array([x]).buffer)];
    const both = this.#constant([...words, ...words]);
    return { low: both, high: both };
  }

  narrow({ low, high }: Pair): Expression {
    const halves = [low, high].map((half) => this.#operation('f32x4.demote_f64x2_zero', [half]));
    return this.#node(`narrow ${low.id} ${high.id}`, halves, (code) => code.shuffle([0, 1, 4, 5]));
  }

  lowWord({ low, high }: Pair): Expression {
    return this.#node(`lowWord ${low.id} ${high.id}`, [low, high], (code) => code.shuffle([0, 2, 4, 6]));
  }

  host(name: HostFunction, x: Expression): Expression {
    this.#hosts.add(name);
    return this.#node(`host ${name} ${x.id}`, [x], (code, hosts) => writeHost(code, hosts.get(name)!));
  }

  rarely(mask: Expression, usual: Expression, inputs: readonly Expression[], outside: Outside): Expression {
    const branch = new LaneCode();
    const other = outside(branch, ...inputs.map((_, slot) => branch.input(slot)));
    for (const name of branch.hosts) this.#hosts.add(name);
    const all = [...inputs, usual, mask];
    const rare: Rare = { branch, other };
    return this.#node(`rarely ${numberOf(outside)} ${all.map((x) => x.id).join(' ')}`, all, (code, hosts) => {
      const set = all.map(() => code.local('v128'));
      for (const local of set.toReversed()) code.set(local);
      code.get(writeRare(code, rare, [set], hosts)[0]!);
    }, { rare });
  }

  /**
   * Leaves `result` on the stack. `operands` are the locals of the inputs by their slots; locals for shared expressions
   * are made anew, so that code may be written twice in one function.
   */
  emit(code: Code, result: Expression, operands: Operands, hosts: Hosts): void {
    const uses = usesOf([result]);
    const places = this.#placesOf(operands);
    const write = (node: Expression): void => {
      const place = places.get(node);
      if (place !== undefined) {
        code.get(place);
        return;
      }
      node.inputs.forEach(write);
      node.write(code, hosts);
      if (uses.get(node)! > 1 && !node.isConstant) {
        const local = code.local('v128');
        places.set(node, local);
        code.tee(local);
      }
    };
    write(result);
  }

  /**
   * Computes results for several sets of operands side by side: each instruction for all of them before the next, so
   * that a processor finds independent work while it waits. Gives the locals of the results, set by set.
   */
  emitSideBySide(
    code: Code, results: readonly Expression[], sets: readonly Operands[], hosts: Hosts,
  ): readonly (readonly Local[])[] {
    const uses = usesOf(results);
    const places = sets.map((operands) => this.#placesOf(operands));
    const free: Local[] = [];
    const write = (node: Expression): void => {
      if (node.isConstant || places[0]!.has(node)) return;
      node.inputs.forEach(write);
      if (node.rare !== undefined) {
        const inputs = places.map((place) => node.inputs.map((input) => inLocal(input, place)));
        writeRare(code, node.rare, inputs, hosts).forEach((local, i) => places[i]!.set(node, local));
      } else {
        for (const place of places) {
          for (const input of node.inputs) push(input, place);
          node.write(code, hosts);
          const local = free.pop() ?? code.local('v128');
          place.set(node, local);
          code.set(local);
        }
      }
      for (const input of new Set(node.inputs)) release(input, node.inputs.filter((x) => x === input).length);
    };
    const push = (node: Expression, place: ReadonlyMap<Expression, Local>): void => {
      if (node.isConstant) node.write(code, hosts);
      else code.get(place.get(node)!);
    };
    const inLocal = (node: Expression, place: ReadonlyMap<Expression, Local>): Local => {
      const found = place.get(node);
      if (found !== undefined) return found;
      const local = code.local('v128');
      push(node, place);
      code.set(local);
      return local;
    };
    // A local is used again once nobody asks for what it holds.
    const release = (node: Expression, times: number): void => {
      uses.set(node, uses.get(node)! - times);
      if (uses.get(node) === 0 && node.inputs.length > 0) free.push(...places.map((place) => place.get(node)!));
    };
    for (const result of results) write(result);
    return places.map((place) => results.map((result) => inLocal(result, place)));
  }

  #placesOf(operands: Operands): Map<Expression, Local> {
    return new Map([...operands.entries()].map(([slot, local]) => [this.input(slot), local]));
  }

  #node(key: string, inputs: readonly Expression[], write: Expression['write'], more: Partial<Expression> = {}): Expression {
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const node: Expression = { id: this.#known.size, inputs, write, isConstant: false, ...more };
    this.#known.set(key, node);
    return node;
  }

  #constant(words: readonly number[]): Expression {
    const same = words.every((w) => w === words[0]);
    const write = (code: Code): unknown => (same ? code.i32(words[0]!).op('i32x4.splat') : code.v128(words));
    return this.#node(`constant ${words.join(' ')}`, [], write, { isConstant: true });
  }

  #operation(name: InstructionName, inputs: readonly Expression[]): Expression {
    return this.#node(`${name} ${inputs.map((x) => x.id).join(' ')}`, inputs, (code) => code.op(name));
  }

  #unary(name: InstructionName) {
    return (a: Expression): Expression => this.#operation(name, [a]);
  }

  #binary(name: InstructionName) {
    return (a: Expression, b: Expression): Expression => this.#operation(name, [a, b]);
  }

  #comparison(name: InstructionName) {
    return (a: Expression, b: Expression): Expression =>
      this.#node(`${name} ${a.id} ${b.id}`, [a, b], (code) => code.op(name), { isMask: true });
  }

  #shift(name: InstructionName) {
    return (a: Expression, bits: number): Expression =>
      this.#node(`${name} ${bits} ${a.id}`, [a], (code) => code.i32(bits).op(name));
  }

  #pairwise(name: InstructionName) {
    return (a: Pair, b: Pair): Pair =>
      ({ low: this.#operation(name, [a.low, b.low]), high: this.#operation(name, [a.high, b.high]) });
  }
}

/** Writes one branch for several sets of inputs, taken when any of their masks is; gives the locals of the results. */
function writeRare(code: Code, { branch, other }: Rare, sets: readonly (readonly Local[])[], hosts: Hosts): readonly Local[] {
  const results = sets.map((set) => {
    const result = code.local('v128');
    code.get(set.at(-2)!).set(result);
    return result;
  });
  sets.forEach((set, i) => {
    code.get(set.at(-1)!);
    if (i > 0) code.op('v128.or');
  });
  code.op('v128.any_true').if(() => sets.forEach((set, i) => {
    branch.emit(code, other, set.slice(0, -2), hosts);
    code.get(results[i]!).get(set.at(-1)!).op('v128.bitselect').set(results[i]!);
  }));
  return results;
}

/** How often each expression is asked for, a result once more. */
function usesOf(results: readonly Expression[]): Map<Expression, number> {
  const uses = new Map<Expression, number>();
  const count = (node: Expression): void => {
    const before = uses.get(node) ?? 0;
    uses.set(node, before + 1);
    if (before === 0) node.inputs.forEach(count);
  };
  results.forEach(count);
  return uses;
}

/** Replaces the four lanes on the stack by what the host makes of them. */
function writeHost(code: Code, callee: Callable): void {
  const x = code.local('v128');
  code.tee(x);
  for (let lane = 0; lane < 4; lane++) code.get(x).lane('f32x4.extract_lane', lane).call(callee).lane('f32x4.replace_lane', lane);
}

const numbers = new Map<Outside, number>();

/** Tells branches apart. */
function numberOf(outside: Outside): number {
  const number = numbers.get(outside) ?? numbers.size;
  numbers.set(outside, number);
  return number;
}
