// A map body as a kernel: rows of a dense result, four elements at a time and the rest of a row one by one, so that
// nothing outside the result is written. An operand runs along the row, stands still, or takes strides; which of the
// three is part of the kernel, how far it steps from row to row is an argument.

import { type Callable, type Code, type Local, Module } from './assembler.ts';
import { LaneCode } from './lane-code.ts';
import { type Body, type HostFunction, hostFunctions, readBody } from './lanes.ts';
import { memoryType } from './memory.ts';

/** How an operand moves along a row. */
export type Gait = 'runs' | 'stands' | 'strides';

interface Operand {
  readonly gait: Gait;
  readonly start: Local;
  readonly rowStep: Local;
  readonly step: Local;
  /** Where the next element is. */
  readonly at: Local;
  /** Its elements in hand. */
  readonly lanes: Local;
}

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
    const operands = gaits.map((gait, i): Operand => ({
      gait, start: given[3 * i]!, rowStep: given[3 * i + 1]!, step: given[3 * i + 2]!, at: code.local('i32'), lanes: code.local('v128'),
    }));
    writeRows(code, { out: out!, rows: rows!, length: length! }, operands, () =>
      lanes.emit(code, result, operands.map((x) => x.lanes), hosts));
  });
  return module;
}

/** What a map module is linked with beside the memory. */
export const mapImports: Record<string, unknown> = hostFunctions;

function writeRows(code: Code, row: { out: Local; rows: Local; length: Local }, operands: readonly Operand[], body: () => void): void {
  const { out, rows, length } = row;
  const end = code.local('i32');
  const loopTo = (elements: () => void, step: number, load: (x: Operand) => void, store: () => void): void => {
    code.get(out);
    elements();
    code.i32(2).op('i32.shl').op('i32.add').set(end);
    code.block((done) => {
      code.get(out).get(end).op('i32.eq').branchIf(done);
      code.loop((again) => {
        for (const x of operands) if (x.gait !== 'stands') load(x);
        code.get(out);
        body();
        store();
        code.get(out).i32(4 * step).op('i32.add').tee(out).get(end).op('i32.lt_u').branchIf(again);
      });
    });
  };
  code.loop((nextRow) => {
    for (const x of operands) {
      code.get(x.start).set(x.at);
      if (x.gait === 'stands') code.get(x.at).memory('v128.load32_splat').set(x.lanes);
    }
    loopTo(() => code.get(length).i32(-4).op('i32.and'), 4, (x) => loadFour(code, x), () => code.memory('v128.store'));
    loopTo(() => code.get(length).i32(3).op('i32.and'), 1, (x) => {
      code.get(x.at).memory('v128.load32_zero').set(x.lanes);
      advance(code, x, 1);
    }, () => code.memoryLane('v128.store32_lane', 0));
    for (const x of operands) code.get(x.start).get(x.rowStep).op('i32.add').set(x.start);
    code.get(rows).i32(1).op('i32.sub').tee(rows).branchIf(nextRow);
  });
}

function loadFour(code: Code, x: Operand): void {
  if (x.gait === 'runs') {
    code.get(x.at).memory('v128.load').set(x.lanes);
    advance(code, x, 4);
    return;
  }
  for (let lane = 0; lane < 4; lane++) {
    code.get(x.at);
    if (lane === 0) code.memory('v128.load32_zero');
    else code.get(x.lanes).memoryLane('v128.load32_lane', lane);
    code.set(x.lanes);
    advance(code, x, 1);
  }
}

function advance(code: Code, x: Operand, elements: number): void {
  code.get(x.at);
  if (x.gait === 'runs') code.i32(4 * elements);
  else code.get(x.step);
  code.op('i32.add').set(x.at);
}
