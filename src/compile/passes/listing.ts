// What the passes print: a schedule as text, one line per buffer, group and quantity, and a plan beside it. Written for
// people; nothing reads it back.

import { shapeText } from '../../base/shape.ts';
import { numberText } from '../../graph/literals.ts';
import type { Access, Axis, Buffer, Group, HostInput, Loop, Operand, Quantity, Schedule } from '../kernels/group.ts';

/** A schedule: the groups in the order they run. */
export function printSchedule(schedule: Schedule): string {
  const { buffers, groups, inputs, constants, outputs } = schedule;
  return [
    ...inputs.flatMap((buffer, i) => (buffer === undefined ? [] : [`input ${i}: ${bufferText(buffers[buffer]!)}`])),
    ...constants.map(({ buffer }) => `constant: ${bufferText(buffers[buffer]!)}`),
    ...groups.flatMap((group) => groupLines(group, buffers)),
    ...outputs.map((output, i) => `output ${i}: ${hostText(output)}`),
  ].join('\n');
}

export function bufferText({ id, dtype, size, step }: Buffer): string {
  return `b${id} ${dtype}[${size}]${step?.label === undefined ? '' : ` '${step.label}'`}`;
}

function groupLines(group: Group, buffers: readonly Buffer[]): string[] {
  const to = (buffer: number): string => bufferText(buffers[buffer]!);
  switch (group.kind) {
    case 'loop': return loopLines(group, to);
    case 'combine': return [`${to(group.to)} = combine b${group.from} [${group.outer}, ${group.count}, ${group.inner}]`];
    case 'columns':
      return [
        `${to(group.to)} = ${group.combine} of columns of b${group.from} [${group.outer}, ${group.length}, ${group.inner}]`,
      ];
    case 'product': return [`${to(group.out)} = product ${operandText(group.left)} · ${operandText(group.right)}`];
    case 'foldedProduct': {
      const planes = `planes ${shapeText(group.size)}, steps ${shapeText(group.stride)} and ${shapeText(group.dilation)}`;
      return [`${to(group.out)} = fold of product ${operandText(group.left)} · ${operandText(group.right)} into ${planes}`];
    }
    case 'fold': return [`${to(group.to)} = fold of ${accessText(group.from)} ${shapeText(group.space)}`];
    case 'host':
      return [`${to(group.out)} = ${group.step.primitive.name} on the host (${group.inputs.map(hostText).join(', ')})`];
  }
}

function loopLines({ space, quantities, stores }: Loop, to: (buffer: number) => string): string[] {
  return [
    `loop ${shapeText(space)}`,
    ...quantities.map((q, i) => `  q${i} = ${quantityText(q)}`),
    ...stores.map(({ quantity, as, access }) =>
      `  ${to(access.buffer)} ${stridesText(access)} = ${as === 'whole' ? '' : 'blocks of '}q${quantity}`),
  ];
}

function quantityText(q: Quantity): string {
  switch (q.op) {
    case 'load': return `${accessText(q.access)}`;
    case 'constant': return `${numberText(q.value, q.dtype)}${q.dtype === 'f32' ? '' : ' i32'}`;
    case 'iota': return `${q.dtype === 'f32' ? '' : 'i32 '}position along axis ${q.axis}`;
    case 'map': return q.primitive.print(q.inputs.map((i) => `q${i}`), q.params);
    case 'reduce': return `${q.combine} of q${q.input} over the row`;
    case 'element': return `${typeof q.of === 'number' ? `q${q.of}` : accessText(q.of)} at q${q.index}`;
  }
}

const stridesText = ({ offset, strides }: Access): string => `${offset === 0 ? '' : `+${offset} `}(${strides.join(' ')})`;
const accessText = (access: Access): string => `b${access.buffer} ${stridesText(access)}`;

function operandText({ buffer, offset, batch, free, sum, scale }: Operand): string {
  const axes = (name: string, list: readonly Axis[]): string[] =>
    (list.length === 0 ? [] : [`${name} ${list.map(({ size, stride }) => `${size}:${stride}`).join(' ')}`]);
  const own = [...axes('batch', batch), ...axes('free', free), ...axes('sum', sum)].join(', ');
  const factor = scale === undefined ? '' : ` times b${scale.access.buffer} along ${scale.along}`;
  return `b${buffer}${offset === 0 ? '' : `+${offset}`} (${own})${factor}`;
}

function hostText(input: HostInput): string {
  return 'access' in input ? `${accessText(input.access)} ${shapeText(input.shape)}` : `constant ${shapeText(input.shape)}`;
}
