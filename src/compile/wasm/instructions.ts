// The WebAssembly instructions the kernels use: name, encoding, what each takes from the stack and what it leaves,
// and what follows the code. Not the whole instruction set; a kernel that needs another one adds a row.
// Types in a signature are one letter each: i = i32, f = f32, d = f64, v = v128.

export type ValueType = 'i32' | 'f32' | 'f64' | 'v128';

/** What stands after the code: nothing, a memory address, a lane number, both, or the sixteen lanes of a shuffle. */
export type Immediate = 'none' | 'memory' | 'lane' | 'memoryLane' | 'shuffle';

export interface Instruction {
  readonly code: readonly number[];
  readonly takes: readonly ValueType[];
  readonly gives: readonly ValueType[];
  readonly immediate: Immediate;
  /** log2 of the bytes a memory instruction touches: the alignment it states. */
  readonly align: number;
}

const letters: Record<string, ValueType> = { i: 'i32', f: 'f32', d: 'f64', v: 'v128' };
const typesOf = (text: string): ValueType[] => [...text].map((letter) => letters[letter]!);

/** `code` above 0xff stands for the SIMD prefix and the rest; `signature` reads `takes>gives`. */
function row(code: number, signature: string, immediate: Immediate = 'none', align = 0): Instruction {
  const [takes, gives] = signature.split('>');
  const rest = code & 0xff;
  const bytes = code < 0x100 ? [code] : [0xfd, ...(rest < 0x80 ? [rest] : [rest, 1])];
  return { code: bytes, takes: typesOf(takes!), gives: typesOf(gives!), immediate, align };
}

const simd = (code: number, signature: string, immediate: Immediate = 'none', align = 0): Instruction =>
  row(0x100 + code, signature, immediate, align);

export const instructions = {
  'i32.load': row(0x28, 'i>i', 'memory', 2),
  'f32.load': row(0x2a, 'i>f', 'memory', 2),
  'f64.load': row(0x2b, 'i>d', 'memory', 3),
  'i32.store': row(0x36, 'ii>', 'memory', 2),
  'f32.store': row(0x38, 'if>', 'memory', 2),
  'f64.store': row(0x39, 'id>', 'memory', 3),
  'i32.eqz': row(0x45, 'i>i'),
  'i32.eq': row(0x46, 'ii>i'),
  'i32.lt_s': row(0x48, 'ii>i'),
  'i32.lt_u': row(0x49, 'ii>i'),
  'i32.gt_s': row(0x4a, 'ii>i'),
  'i32.gt_u': row(0x4b, 'ii>i'),
  'i32.ge_u': row(0x4f, 'ii>i'),
  'i32.add': row(0x6a, 'ii>i'),
  'i32.sub': row(0x6b, 'ii>i'),
  'i32.mul': row(0x6c, 'ii>i'),
  'i32.div_u': row(0x6e, 'ii>i'),
  'i32.rem_u': row(0x70, 'ii>i'),
  'i32.and': row(0x71, 'ii>i'),
  'i32.shl': row(0x74, 'ii>i'),
  'i32.shr_u': row(0x76, 'ii>i'),
  'f32.add': row(0x92, 'ff>f'),
  'f64.add': row(0xa0, 'dd>d'),
  'f32.demote_f64': row(0xb6, 'd>f'),
  'f64.promote_f32': row(0xbb, 'f>d'),
  'v128.load': simd(0x00, 'i>v', 'memory', 4),
  'v128.load32_splat': simd(0x09, 'i>v', 'memory', 2),
  'v128.store': simd(0x0b, 'iv>', 'memory', 4),
  'i8x16.shuffle': simd(0x0d, 'vv>v', 'shuffle'),
  'i32x4.splat': simd(0x11, 'i>v'),
  'i32x4.extract_lane': simd(0x1b, 'v>i', 'lane'),
  'f32x4.splat': simd(0x13, 'f>v'),
  'f32x4.extract_lane': simd(0x1f, 'v>f', 'lane'),
  'f32x4.replace_lane': simd(0x20, 'vf>v', 'lane'),
  'f64x2.extract_lane': simd(0x21, 'v>d', 'lane'),
  'i32x4.eq': simd(0x37, 'vv>v'),
  'i32x4.gt_s': simd(0x3b, 'vv>v'),
  'f32x4.eq': simd(0x41, 'vv>v'),
  'f32x4.ne': simd(0x42, 'vv>v'),
  'f32x4.lt': simd(0x43, 'vv>v'),
  'f32x4.le': simd(0x45, 'vv>v'),
  'v128.and': simd(0x4e, 'vv>v'),
  'v128.andnot': simd(0x4f, 'vv>v'),
  'v128.or': simd(0x50, 'vv>v'),
  'v128.xor': simd(0x51, 'vv>v'),
  'v128.bitselect': simd(0x52, 'vvv>v'),
  'v128.any_true': simd(0x53, 'v>i'),
  'v128.load32_lane': simd(0x56, 'iv>v', 'memoryLane', 2),
  'v128.store32_lane': simd(0x5a, 'iv>', 'memoryLane', 2),
  'v128.load32_zero': simd(0x5c, 'i>v', 'memory', 2),
  'v128.load64_zero': simd(0x5d, 'i>v', 'memory', 2),
  'f32x4.demote_f64x2_zero': simd(0x5e, 'v>v'),
  'f64x2.promote_low_f32x4': simd(0x5f, 'v>v'),
  'f32x4.floor': simd(0x68, 'v>v'),
  'i32x4.shl': simd(0xab, 'vi>v'),
  'i32x4.shr_s': simd(0xac, 'vi>v'),
  'i32x4.shr_u': simd(0xad, 'vi>v'),
  'i32x4.add': simd(0xae, 'vv>v'),
  'i32x4.sub': simd(0xb1, 'vv>v'),
  'i32x4.mul': simd(0xb5, 'vv>v'),
  'i32x4.min_s': simd(0xb6, 'vv>v'),
  'i32x4.min_u': simd(0xb7, 'vv>v'),
  'i32x4.max_s': simd(0xb8, 'vv>v'),
  'i32x4.max_u': simd(0xb9, 'vv>v'),
  'f32x4.abs': simd(0xe0, 'v>v'),
  'f32x4.neg': simd(0xe1, 'v>v'),
  'f32x4.sqrt': simd(0xe3, 'v>v'),
  'f32x4.add': simd(0xe4, 'vv>v'),
  'f32x4.sub': simd(0xe5, 'vv>v'),
  'f32x4.mul': simd(0xe6, 'vv>v'),
  'f32x4.div': simd(0xe7, 'vv>v'),
  'f32x4.min': simd(0xe8, 'vv>v'),
  'f32x4.max': simd(0xe9, 'vv>v'),
  'f32x4.pmin': simd(0xea, 'vv>v'),
  'f32x4.pmax': simd(0xeb, 'vv>v'),
  'f64x2.add': simd(0xf0, 'vv>v'),
  'f64x2.sub': simd(0xf1, 'vv>v'),
  'f64x2.mul': simd(0xf2, 'vv>v'),
  'f64x2.div': simd(0xf3, 'vv>v'),
  'f32x4.convert_i32x4_s': simd(0xfa, 'v>v'),
} as const satisfies Record<string, Instruction>;

export type InstructionName = keyof typeof instructions;
