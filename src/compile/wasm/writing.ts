// Phrases that kernels are written in: numbers as words, counted loops and moving pointers.

import type { Code, Local } from './assembler.ts';
import type { ValueType } from './instructions.ts';

export const i32s = (count: number): ValueType[] => new Array<ValueType>(count).fill('i32');

/** New i32 locals, by name. */
export const namedWords = <Name extends string>(code: Code, ...names: readonly Name[]): Record<Name, Local> =>
  Object.fromEntries(names.map((name) => [name, code.local('i32')])) as Record<Name, Local>;

const floats = new Float32Array(1);
const words = new Int32Array(floats.buffer);

/** The bits of a Float32. */
export function toWord(x: number): number {
  floats[0] = x;
  return words[0]!;
}

/** Four times the same number. */
export function splat(code: Code, x: number): Code {
  const word = toWord(x);
  return code.v128([word, word, word, word]);
}

/** Runs `body` `count` times, not at all for 0; `count` is used up. */
export function times(code: Code, count: Local, body: () => void): void {
  code.block((done) => {
    code.get(count).op('i32.eqz').branchIf(done);
    code.loop((again) => {
      body();
      code.get(count).i32(1).op('i32.sub').tee(count).branchIf(again);
    });
  });
}

export function move(code: Code, pointer: Local, bytes: number | Local): Code {
  if (typeof bytes === 'number') code.get(pointer).i32(bytes);
  else code.get(pointer).get(bytes);
  return code.op('i32.add').set(pointer);
}

/** Sets `to` to the quotient, or remainder, of a count by 2^bits. */
export const quotient = (code: Code, of: Local, bits: number, to: Local): Code =>
  code.get(of).i32(bits).op('i32.shr_u').set(to);
export const remainder = (code: Code, of: Local, bits: number, to: Local): Code =>
  code.get(of).i32((1 << bits) - 1).op('i32.and').set(to);
