// Tracing by context: what is recorded and what is not, what an abstract trace refuses, and what a name does.

import { afterEach, describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DTypeError, TraceError } from '../../src/base/errors.ts';
import {
  apply, currentRecorder, label, record, Recorder, scope, type Tensor, tensor, trace, useEngine, Value,
} from '../../src/graph/index.ts';
import { add, mul, neg, primitivesByName, sqrt } from '../../src/primitives/index.ts';
import { expectBits, f64, thrown } from '../values.ts';

const names = ({ graph }: { graph: { steps: readonly { primitive: { name: string } }[] } }): string[] =>
  graph.steps.map((step) => step.primitive.name);

describe('recording', () => {
  it('happens inside a trace and nowhere else', () => {
    const recorder = new Recorder('concrete');
    mul(2, 3);
    expect(currentRecorder()).toBeUndefined();
    record(recorder, () => mul(2, 3));
    neg(1);
    expect(names({ graph: recorder.graph })).toEqual(['constant', 'constant', 'mul']);
    expect(currentRecorder()).toBeUndefined();
  });

  it('records and computes in a concrete trace', () => {
    const traced = trace((x: Tensor) => mul(x, x), [f64([3])]);
    expect(names(traced)).toEqual(['input', 'mul']);
    expectBits(traced.result.leaves[0]!, [9]);
  });

  it('takes in a tensor from outside once, as a constant', () => {
    const outside = f64([2]);
    const traced = trace((x: Tensor) => add(mul(x, outside), outside), [f64([3])]);
    expect(names(traced)).toEqual(['input', 'constant', 'mul', 'add']);
    expectBits(traced.result.leaves[0]!, [8]);
  });

  it('closes the trace when the function throws', () => {
    expect(() => trace(() => { throw new Error('mine'); }, [])).toThrow('mine');
    expect(currentRecorder()).toBeUndefined();
  });

  it('refuses an async function', () => {
    const later = async (x: Tensor): Promise<Tensor> => x;
    for (const open of [() => trace(later, [f64([1])]), () => grad(later)(f64([1])), () => record(new Recorder('concrete'), () => later(f64([1])))]) {
      expect(thrown(open)).toBeInstanceOf(TraceError);
      expect(open).toThrow(/async\. A trace ends when the function returns/);
    }
  });

  it('refuses operands that are no tensors, naming the primitive', () => {
    expect(thrown(() => neg('3' as never))).toBeInstanceOf(DTypeError);
    expect(() => apply(primitivesByName.get('neg')!, [null as never])).toThrow('neg: an operand of type null');
    expect(() => add(f64([1]), undefined as never)).toThrow('add: an operand of type undefined');
  });

  it('refuses a result beyond 2^31 − 1 elements before computing it', () => {
    const wide = tensor(0, { dtype: 'f64' });
    const stretch = (shape: number[]) => apply(primitivesByName.get('expand')!, [wide], { shape });
    expect(() => add(stretch([1, 65536]), stretch([65536, 1]))).toThrow(/add: shape \[65536, 65536\] has 4294967296 elements/);
  });
});

describe('an abstract trace', () => {
  const abstract = (f: (x: Tensor) => unknown) => trace(f, [f64([1, 2])], { mode: 'abstract' });

  it('records shapes without computing anything', () => {
    const traced = abstract((x) => sqrt(neg(x)));
    expect(names(traced)).toEqual(['input', 'neg', 'sqrt']);
    expect(traced.graph.steps[2]).toMatchObject({ shape: [2], dtype: 'f64' });
    expect(traced.graph.steps[0]!.params).not.toHaveProperty('value');
  });

  it.each([
    ['data', (x: Tensor) => x.data],
    ['toArray()', (x: Tensor) => x.toArray()],
    ['read()', (x: Tensor) => x.read()],
  ])('throws at %s and names the step', (_, read) => {
    expect(() => abstract((x) => read(mul(x, x)))).toThrow(/^the value of %1 \(mul\) was read while the program is only being recorded/);
    expect(() => abstract((x) => read(label(mul(x, x), 'q')))).toThrow(/^the value of q \(mul\) was read/);
    expect(thrown(() => abstract(read))).toBeInstanceOf(TraceError);
  });

  it('refuses a tensor of the surrounding trace', () => {
    const error = thrown(() => trace((x: Tensor) => {
      record(new Recorder('abstract', { outer: currentRecorder() }), () => neg(x));
      return x;
    }, [f64([1])]));
    expect(error).toBeInstanceOf(TraceError);
    expect((error as Error).message).toMatch(/uses a tensor of the surrounding trace/);
  });
});

describe('names', () => {
  it('labels a step, and gives a second name to an alias so that both stay', () => {
    const { graph, outputs } = trace((x: Tensor) => label(label(neg(x), 'c', { role: 'target' }), 'cosθ'), [f64([1])]);
    expect(graph.steps.map((step) => [step.primitive.name, step.label, step.role])).toEqual([
      ['input', undefined, undefined], ['neg', 'c', 'target'], ['alias', 'cosθ', undefined],
    ]);
    expect(outputs).toEqual([2]);
    expect(graph.labelled('c')?.id).toBe(1);
    expect(graph.labelled('d')).toBeUndefined();
  });

  it('keeps one step for the same name twice', () => {
    expect(trace((x: Tensor) => label(label(neg(x), 'c'), 'c', { role: 'r' }), [f64([1])]).graph.steps).toHaveLength(2);
  });

  it('passes a tensor on where no trace is open', () => {
    const x = f64([1]);
    expect(label(x, 'c')).toBe(x);
    expect(scope('part', () => 7)).toBe(7);
  });

  it('nests scopes, and leaves one when its body throws', () => {
    const { graph } = trace((x: Tensor) => {
      const y = scope('a', () => scope('b', () => neg(x)));
      expect(() => scope('c', () => { throw new Error('mine'); })).toThrow('mine');
      return neg(y);
    }, [f64([1])]);
    expect(graph.steps.map((step) => step.scope)).toEqual([undefined, 'a/b', undefined]);
  });

  it('remembers the line of the caller when asked to, and not otherwise', () => {
    const f = (x: Tensor): Tensor => neg(x);
    expect(trace(f, [f64([1])]).graph.steps[1]!.source).toBeUndefined();
    expect(trace(f, [f64([1])], { positions: true }).graph.steps[1]!.source).toMatch(/test\/graph\/recorder\.test\.ts:\d+$/);
  });
});

describe('an engine', () => {
  afterEach(() => useEngine(undefined));

  it('may take over a primitive and leaves the others to the reference', () => {
    useEngine((primitive, [x]) => (primitive.kind === 'map' && x!.shape[0] === 2 ? new Value('f64', [2], Float64Array.of(7, 7)) : undefined));
    expectBits(neg(f64([1, 2])), [7, 7]);
    expectBits(neg(f64([1])), [-1]);
    useEngine(undefined);
    expectBits(neg(f64([1, 2])), [-1, -2]);
  });
});
