// A map body as a kernel: rows of a dense result, four elements at a time and the rest of a row one by one, so that
// nothing outside the result is written. An operand runs along the row, stands still, or takes strides; which of the
// three is part of the kernel, how far it steps from row to row is an argument.

import { type Callable, type Code, type Local, Module } from '../wasm/assembler.ts';
import { LaneCode } from '../wasm/lane-code.ts';
import { type Body, type HostFunction, hostFunctions, readBody } from '../wasm/lanes.ts';
import { memoryType } from '../wasm/memory.ts';

/** How an operand moves along a row. */
export type Gait = 'runs' | 'stands' | 'strides';

interface Operand {
  readonly gait: Gait;
  readonly start: Local;
  readonly rowStep: Local;
  readonly step: Local;
  /** Where the next element is. */
  readonly at: Local;
  /** Its elements in hand, four in each. */
  readonly lanes: readonly Local[];
}

/** So many times four elements are taken side by side where a row is long enough. */
const widest = 4;

/**
 * A module with one function `map(out, rows, length, …)`; for every operand follow its address, the bytes from row to
 * row, and the bytes from element to element. Throws Unreadable for a body no lane can compute.
 */
export function mapModule(body: Body, gaits: readonly Gait[]): Module {
  const lanes = new LaneCode();
  const result = readBody(lanes, body, gaits.map((_, slot) => lanes.input(slot)));
  const module = new Module(memoryType);
  const hosts = new Map<HostFunction, Callable>(lanes.hosts.map((name) => [name, module.importFunction(name, ['f32'], ['f32'])]));
  const takes = [...['out', 'rows', 'length'], ...gaits.flatMap(() => ['address', 'rowStep', 'step'])].map(() => 'i32' as const);
  module.function('map', takes, [], (code, out, rows, length, ...given) => {
    const operands = gaits.map((gait, i): Operand => {
      const one = code.local('v128');
      return {
        gait, start: given[3 * i]!, rowStep: given[3 * i + 1]!, step: given[3 * i + 2]!, at: code.local('i32'),
        lanes: Array.from({ length: widest }, (_, set) => (gait === 'stands' || set === 0 ? one : code.local('v128'))),
      };
    });
    writeRows(code, { out: out!, rows: rows!, length: length! }, operands, (count) =>
      lanes.emitSideBySide(code, [result], Array.from({ length: count }, (_, set) => operands.map((x) => x.lanes[set]!)), hosts)
        .map(([local]) => local!));
  });
  return module;
}

/** What a map module is linked with beside the memory. */
export const mapImports: Record<string, unknown> = hostFunctions;

/** `body` computes some sets of lanes and gives the locals of the results. */
function writeRows(
  code: Code, row: { out: Local; rows: Local; length: Local },
  operands: readonly Operand[], body: (sets: number) => readonly Local[],
): void {
  const { out, rows, length } = row;
  const end = code.local('i32');
  /** Takes `size` elements at a time: what the length has beyond the multiples of `below`. */
  const part = (size: number, below: number, lots: () => void): void => {
    code.get(out).get(length).i32(below - size).op('i32.and').i32(2).op('i32.shl').op('i32.add').set(end);
    code.block((done) => {
      code.get(out).get(end).op('i32.eq').branchIf(done);
      code.loop((again) => {
        lots();
        code.get(out).i32(4 * size).op('i32.add').tee(out).get(end).op('i32.lt_u').branchIf(again);
      });
    });
  };
  const fours = (sets: number) => (): void => {
    for (const x of operands) if (x.gait !== 'stands') for (let set = 0; set < sets; set++) loadFour(code, x, x.lanes[set]!);
    body(sets).forEach((result, set) => code.get(out).get(result).memory('v128.store', 16 * set));
  };
  code.loop((nextRow) => {
    for (const x of operands) {
      code.get(x.start).set(x.at);
      if (x.gait === 'stands') code.get(x.at).memory('v128.load32_splat').set(x.lanes[0]!);
    }
    part(4 * widest, 0, fours(widest));
    part(4, 4 * widest, fours(1));
    part(1, 4, () => {
      for (const x of operands) {
        if (x.gait === 'stands') continue;
        code.get(x.at).memory('v128.load32_zero').set(x.lanes[0]!);
        advance(code, x, 1);
      }
      code.get(out).get(body(1)[0]!).memoryLane('v128.store32_lane', 0);
    });
    for (const x of operands) code.get(x.start).get(x.rowStep).op('i32.add').set(x.start);
    code.get(rows).i32(1).op('i32.sub').tee(rows).branchIf(nextRow);
  });
}

function loadFour(code: Code, x: Operand, to: Local): void {
  if (x.gait === 'runs') {
    code.get(x.at).memory('v128.load').set(to);
    advance(code, x, 4);
    return;
  }
  for (let lane = 0; lane < 4; lane++) {
    code.get(x.at);
    if (lane === 0) code.memory('v128.load32_zero');
    else code.get(to).memoryLane('v128.load32_lane', lane);
    code.set(to);
    advance(code, x, 1);
  }
}

function advance(code: Code, x: Operand, elements: number): void {
  code.get(x.at);
  if (x.gait === 'runs') code.i32(4 * elements);
  else code.get(x.step);
  code.op('i32.add').set(x.at);
}
