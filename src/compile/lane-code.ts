// Lanes read as vector code: operations build a graph of expressions, equal ones being one, and the graph is written
// as instructions. An expression used more than once is kept in a local; the rest stays on the stack.
// Widened lanes are pairs of f64x2, low half and high half.

import type { Callable, Code, Local } from './assembler.ts';
import type { InstructionName } from './instructions.ts';
import { toWord } from './lane-numbers.ts';
import type { HostFunction, Lanes, Outside } from './lanes.ts';

export interface Expression {
  readonly id: number;
  readonly inputs: readonly Expression[];
  /** What the expression does once its inputs are on the stack. */
  readonly write: (code: Code, hosts: Hosts) => unknown;
  /** Constants are written again wherever they are used. */
  readonly isConstant: boolean;
  /** 1.0 where a mask is set: what a comparison gives a body. */
  readonly truthOf?: Expression;
}

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
  less = this.#binary('f32x4.lt');
  lessEqual = this.#binary('f32x4.le');
  equal = this.#binary('f32x4.eq');
  andNot = this.#binary('v128.andnot');
  or = this.#binary('v128.or');
  xor = this.#binary('v128.xor');
  addWords = this.#binary('i32x4.add');
  subWords = this.#binary('i32x4.sub');
  greaterWords = this.#binary('i32x4.gt_s');
  shiftLeft = this.#shift('i32x4.shl');
  shiftRight = this.#shift('i32x4.shr_s');
  shiftRightUnsigned = this.#shift('i32x4.shr_u');
  fromWord = this.#unary('f32x4.convert_i32x4_s');
  addWide = this.#pairwise('f64x2.add');
  subWide = this.#pairwise('f64x2.sub');
  mulWide = this.#pairwise('f64x2.mul');
  divWide = this.#pairwise('f64x2.div');

  and = (a: Expression, b: Expression): Expression => {
    const node = this.#operation('v128.and', [a, b]);
    if (b !== this.constant(1)) return node;
    return this.#node(`truth ${node.id}`, node.inputs, node.write, { truthOf: a });
  };

  /** A comparison read back as a condition is the comparison itself. */
  differs(a: Expression, b: Expression): Expression {
    if (a.truthOf !== undefined && b === this.constant(0)) return a.truthOf;
    return this.#operation('f32x4.ne', [a, b]);
  }

  select = (mask: Expression, a: Expression, b: Expression): Expression => this.#operation('v128.bitselect', [a, b, mask]);

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
    return this.#node(`rarely ${numberOf(outside)} ${all.map((x) => x.id).join(' ')}`, all, (code, hosts) => {
      const [test, result] = [code.local('v128'), code.local('v128')];
      code.set(test).set(result);
      const operands = inputs.map(() => code.local('v128'));
      for (const local of operands.toReversed()) code.set(local);
      code.get(test).op('v128.any_true').if(() => {
        branch.emit(code, other, operands, hosts);
        code.get(result).get(test).op('v128.bitselect').set(result);
      });
      code.get(result);
    });
  }

  /**
   * Leaves `result` on the stack. `operands` are the locals of the inputs, in order of their slots; locals for shared
   * expressions are made anew, so that code may be written twice in one function.
   */
  emit(code: Code, result: Expression, operands: readonly Local[], hosts: Hosts): void {
    const uses = new Map<Expression, number>();
    const count = (node: Expression): void => {
      const before = uses.get(node) ?? 0;
      uses.set(node, before + 1);
      if (before === 0) node.inputs.forEach(count);
    };
    count(result);
    const places = new Map<Expression, Local>(operands.map((local, slot) => [this.input(slot), local]));
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

  #shift(name: InstructionName) {
    return (a: Expression, bits: number): Expression => this.#node(`${name} ${bits} ${a.id}`, [a], (code) => code.i32(bits).op(name));
  }

  #pairwise(name: InstructionName) {
    return (a: Pair, b: Pair): Pair => ({ low: this.#operation(name, [a.low, b.low]), high: this.#operation(name, [a.high, b.high]) });
  }
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
