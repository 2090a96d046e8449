// The kernel of a product that is folded at once: packs, multiplies some channels into the thread's own memory, and adds
// their windows into planes of doubles, as `fold-kernel.ts` does and in the same order: to an element come its windows
// row by row, so the places in a window run backwards. The columns of a plane are sorted by their remainder by the
// stride, so that neighbouring windows add to neighbouring sums. Sizes are constants of the code.

import { type Callable, type Code, type Local, Module } from '../wasm/assembler.ts';
import { clear, round } from './fold-kernel.ts';
import type { FoldedProduct } from './group.ts';
import { memoryType } from '../wasm/memory.ts';
import { padded } from './product.ts';
import { cutFolded, phaseLength, sizesOf } from './product-folded.ts';
import { blockK, type Kernel, kernel, least, pack, packKernel, widths } from './product-kernel.ts';
import { packer } from './product-pack.ts';
import { tileFunction } from './product-tile.ts';
import { i32s, move, namedWords, times } from '../wasm/writing.ts';

/** Vectors of a row, over all places of a window, that are written out. */
const writtenOut = 256;

/** The kernels `packLeft` and `multiplyFold` of one product. */
export function foldedModule(product: FoldedProduct): Module {
  const module = new Module(memoryType);
  const packers = { left: packer(module, widths.left, 'none'), right: packer(module, widths.right, 'none') };
  if (sizesOf(product).groups === 1) packKernel(module, 'left', packers.left);
  const [tiles, foldPlane] = [tileFunction(module), planeFunction(module, product)];
  kernel(module, 'multiplyFold', (given) => multiplyFold(given, { product, packers, tiles, foldPlane }));
  return module;
}

interface Parts {
  readonly product: FoldedProduct;
  readonly packers: Readonly<Record<'left' | 'right', ReturnType<typeof packer>>>;
  readonly tiles: Callable;
  readonly foldPlane: Callable;
}

function multiplyFold(given: Kernel, { product, packers, tiles, foldPlane }: Parts): void {
  const { code, first, last, scratch, at } = given;
  const sizes = sizesOf(product);
  const { groups, window, summed, channels: C, places, plane } = sizes;
  const cut = cutFolded(sizes);
  const { columns } = cut;
  const { count, unit, batch, group, none } = namedWords(code, 'count', 'unit', 'batch', 'group', 'none');
  const { channel, end, channels, row, rows, k, depth } =
    namedWords(code, 'channel', 'end', 'channels', 'row', 'rows', 'k', 'depth');
  const { left, windows, to, from, plain, n, m } = namedWords(code, 'left', 'windows', 'to', 'from', 'plain', 'n', 'm');
  const own = (offset: number): Code => code.get(scratch).i32(offset).op('i32.add');
  const rightPanels = (): Code => own(cut.rightAt).get(k).i32(4 * columns).op('i32.mul').op('i32.add');
  /** Bytes between planes of the result. */
  const planeBytes = 4 * plane[0] * plane[1];

  const blocksOfK = (body: () => void): void => {
    code.i32(0).set(k);
    code.loop((again) => {
      least(() => code.i32(summed).get(k).op('i32.sub'), () => code.i32(blockK), depth);
      body();
      move(code, k, blockK).get(k).i32(summed).op('i32.lt_u').branchIf(again);
    });
  };
  const readyLeft = (): void => {
    if (groups === 1) {
      code.get(k).i32(padded(C * window, widths.left)).op('i32.mul').get(row).get(depth).op('i32.mul').op('i32.add');
      code.i32(2).op('i32.shl').get(at.panels).op('i32.add').set(left);
      return;
    }
    own(cut.leftAt).set(left);
    pack(given, {
      side: 'left', packer: packers.left, batch: group, free: row, k, depth,
      count: () => void code.get(rows).i32(2).op('i32.shr_u'), to: () => void code.get(left),
    });
  };
  const someChannels = (): void => {
    least(() => code.get(end).get(channel).op('i32.sub'), () => code.i32(cut.blockChannels), channels);
    code.get(channel).i32(window).op('i32.mul').set(row);
    code.get(channels).i32(window).op('i32.mul').i32(widths.left - 1).op('i32.add').i32(-widths.left).op('i32.and').set(rows);
    blocksOfK(() => {
      readyLeft();
      code.get(left);
      rightPanels();
      own(cut.blockAt).i32(4 * columns).get(rows).i32(columns).get(depth).get(k).get(scratch).call(tiles);
    });
    own(cut.blockAt).set(windows);
    code.get(batch).i32(groups).op('i32.div_u').i32(cut.samples * product.planes.samples).op('i32.mul');
    code.get(group).i32(product.planes.group).op('i32.mul').op('i32.add');
    code.get(channel).i32(product.planes.channels).op('i32.mul').op('i32.add');
    code.i32(planeBytes).op('i32.mul').get(at.out).op('i32.add').set(to);
    code.get(channels).set(n);
    times(code, n, () => {
      code.get(windows).set(from).get(to).set(plain).i32(cut.samples).set(m);
      times(code, m, () => {
        code.get(from);
        own(cut.sumsAt).get(plain).call(foldPlane);
        move(code, from, 4 * places);
        move(code, plain, planeBytes * product.planes.samples);
      });
      move(code, windows, 4 * window * columns);
      move(code, to, planeBytes * product.planes.channels);
    });
  };

  code.get(last).get(first).op('i32.sub').set(count).get(first).set(unit);
  times(code, count, () => {
    code.get(unit).i32(cut.parts).op('i32.div_u').tee(batch).i32(groups).op('i32.rem_u').set(group);
    code.get(unit).i32(cut.parts).op('i32.rem_u').i32(cut.channels).op('i32.mul').set(channel);
    least(() => code.get(channel).i32(cut.channels).op('i32.add'), () => code.i32(C), end);
    blocksOfK(() => pack(given, {
      side: 'right', packer: packers.right, batch, free: none, k, depth,
      count: () => void code.i32(columns / widths.right), to: () => void rightPanels(),
    }));
    code.loop((again) => {
      someChannels();
      code.get(channel).get(channels).op('i32.add').tee(channel).get(end).op('i32.lt_u').branchIf(again);
    });
    move(code, unit, 1);
  });
}

/** foldPlane(windows, sums, to): the windows of one channel of one sample, a row of windows per place, into its plane. */
function planeFunction(module: Module, product: FoldedProduct): Callable {
  const { left, right, size, stride, dilation } = product;
  const sizes = sizesOf(product);
  const [height, width] = left.free.slice(1).map((axis) => axis.size) as [number, number];
  const [rows, columns] = right.free.slice(1).map((axis) => axis.size) as [number, number];
  const phase = phaseLength(sizes);
  const rowBytes = 4 * cutFolded(sizes).columns;
  return module.function('foldPlane', i32s(3), [], (code, windows, sums, to) => {
    const { from, sum, n, m } = namedWords(code, 'from', 'sum', 'n', 'm');
    const { at, under } = namedWords(code, 'at', 'under');
    const x = code.local('v128');
    const addFour = (source: Local, target: Local, four: number): void => {
      code.get(source).memory('v128.load', 16 * four).set(x);
      for (const half of [0, 1]) {
        const offset = 32 * four + 16 * half;
        code.get(target).get(target).memory('v128.load', offset).get(x);
        if (half === 1) code.get(x).shuffle([2, 3, 2, 3]);
        code.op('f64x2.promote_low_f32x4').op('f64x2.add').memory('v128.store', offset);
      }
    };
    const fours = Math.floor(columns / 4);
    const addRow = (): void => {
      if (fours * height * width <= writtenOut) for (let four = 0; four < fours; four++) addFour(from, sum, four);
      else {
        code.get(from).set(at).get(sum).set(under).i32(fours).set(m);
        times(code, m, () => {
          addFour(at, under, 0);
          move(code, at, 16);
          move(code, under, 32);
        });
      }
      for (let i = 4 * fours; i < columns; i++) {
        code.get(sum).get(sum).memory('f64.load', 8 * i).get(from).memory('f32.load', 4 * i);
        code.op('f64.promote_f32').op('f64.add').memory('f64.store', 8 * i);
      }
    };
    clear(code, sums!, 16 * Math.ceil((size[0] * stride[1] * phase) / 2));
    for (let i = height - 1; i >= 0; i--) {
      for (let j = width - 1; j >= 0; j--) {
        const [down, across] = [i * dilation[0], j * dilation[1]];
        const place = (down * stride[1] + (across % stride[1])) * phase + Math.floor(across / stride[1]);
        code.get(windows!).i32((i * width + j) * rowBytes).op('i32.add').set(from);
        code.get(sums!).i32(8 * place).op('i32.add').set(sum);
        code.i32(rows).set(n);
        times(code, n, () => {
          addRow();
          move(code, from, 4 * columns);
          move(code, sum, 8 * stride[0] * stride[1] * phase);
        });
      }
    }
    if (stride[1] === 1) round(code, sums!, to!, size[0] * size[1]);
    else roundSorted(code, sums!, to!, { size, stride: stride[1], phase });
  });
}

/** Rounds doubles to Float32, and puts the columns back into their order. */
function roundSorted(
  code: Code, sums: Local, to: Local,
  { size, stride, phase }: { readonly size: readonly [number, number]; readonly stride: number; readonly phase: number },
): void {
  const { n, m, at, out } = namedWords(code, 'n', 'm', 'at', 'out');
  const halves = [code.local('v128'), code.local('v128')] as const;
  const eights = stride === 2 ? Math.floor(size[1] / 8) : 0;
  code.i32(size[0]).set(n);
  times(code, n, () => {
    code.get(sums).set(at).get(to).set(out).i32(eights).set(m);
    times(code, m, () => {
      halves.forEach((half, remainder) => {
        for (const offset of [0, 16]) {
          code.get(at).memory('v128.load', 8 * remainder * phase + offset).op('f32x4.demote_f64x2_zero');
        }
        code.shuffle([0, 1, 4, 5]).set(half);
      });
      code.get(out).get(halves[0]).get(halves[1]).shuffle([0, 4, 1, 5]).memory('v128.store');
      code.get(out).get(halves[0]).get(halves[1]).shuffle([2, 6, 3, 7]).memory('v128.store', 16);
      move(code, at, 32);
      move(code, out, 32);
    });
    for (let remainder = 0; remainder < stride; remainder++) {
      const left = Math.ceil((size[1] - 8 * eights - remainder) / stride);
      if (left <= 0) continue;
      const { one, place } = namedWords(code, 'one', 'place');
      code.get(at).i32(8 * remainder * phase).op('i32.add').set(one);
      code.get(out).i32(4 * remainder).op('i32.add').set(place).i32(left).set(m);
      times(code, m, () => {
        code.get(place).get(one).memory('f64.load').op('f32.demote_f64').memory('f32.store');
        move(code, one, 8);
        move(code, place, 4 * stride);
      });
    }
    move(code, sums, 8 * stride * phase);
    move(code, to, 4 * size[1]);
  });
}
