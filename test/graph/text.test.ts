// The listing of a graph: what it looks like, that it loses nothing, and that no text can make reading it go wrong in
// any other way than a FormatError that says where.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customGradient, grad } from '../../src/autodiff/index.ts';
import { FormatError, MarginaliaError } from '../../src/base/errors.ts';
import {
  evaluate, filled, Graph, label, parseGraph, printGraph, scope, tensor, type Tensor, trace, Value,
} from '../../src/graph/index.ts';
import { add, expand, mul, permute, primitives, primitivesByName, reshape, sqrt, sumAxes, sumTo } from '../../src/primitives/index.ts';
import { runs, thrown } from '../values.ts';
import { program, recipes, sameBits } from './programs.ts';

const read = (text: string) => parseGraph(text, primitivesByName);

describe('printGraph', () => {
  it('writes one line per step, with what explain needs behind #', () => {
    const norm = (x: Tensor): Tensor => label(scope('norm', () => sqrt(sumAxes(mul(x, x), [0]))), '‖x‖', { role: 'norm' });
    const slope = trace((x: Tensor) => grad((y: Tensor) => reshape(norm(y), []))(x), [tensor([3, 4])]);
    expect(printGraph(slope)).toMatchInlineSnapshot(`
      "graph (%0) -> (%14)
        %0: f32[2] = input [3, 4] {shape, dtype}
        %1: f32[2] = alias %0
        %2: f32[2] = mul %1 %1  # scope 'norm'
        %3: f32[1] = sum %2 {axes: [0]}  # scope 'norm'
        %4: f32[1] = sqrt %3  # label '‖x‖' role 'norm' scope 'norm'
        %5: f32[] = reshape %4 {shape}
        %6: f32[] = constant 1
        %7: f32[1] = reshape %6 {shape}  # origin %5.0
        %8: f32[] = constant 0.5
        %9: f32[1] = div %8 %4  # origin %4.0
        %10: f32[1] = chain %7 %9  # origin %4.0
        %11: f32[2] = expand %10 {shape}  # origin %3.0
        %12: f32[2] = chain %11 %1  # origin %2.0
        %13: f32[2] = chain %11 %1  # origin %2.1
        %14: f32[2] = add %12 %13"
    `);
  });

  it('indents the two programs of a custom step below it', () => {
    const twice = customGradient((x) => add(x, x), ({ grad: g }) => [mul(g, 2)]);
    expect(printGraph(trace(twice, [tensor([1, 2], { dtype: 'f64' })]))).toMatchInlineSnapshot(`
      "graph (%0) -> (%1)
        %0: f64[2] = input [1, 2] {shape, dtype}
        %1: f64[2] = custom %0
          forward (%0) -> (%1)
            %0: f64[2] = input {shape, dtype}
            %1: f64[2] = add %0 %0
          backward (%0, %1, %2) -> (%4)
            %0: f64[2] = input {shape, dtype}
            %1: f64[2] = input {shape, dtype}
            %2: f64[2] = input {shape, dtype}
            %3: f64[] = constant 2
            %4: f64[2] = mul %2 %3"
    `);
  });

  it.each([
    ['f32', [0.1, -0, NaN, -Infinity, 2 ** -149, 16777217], '[0.1, -0, NaN, -Infinity, 1e-45, 16777216]'],
    ['f64', [0.1, -0, Infinity, 5e-324, 0.1 + 0.2], '[0.1, -0, Infinity, 5e-324, 0.30000000000000004]'],
    ['i32', [0, -(2 ** 31), 2 ** 31 - 1], '[0, -2147483648, 2147483647]'],
  ] as const)('writes %s numbers with the fewest digits that read back to the same bits', (dtype, numbers, text) => {
    const listing = printGraph(trace((x: Tensor) => x, [tensor([...numbers], { dtype })]));
    expect(listing).toContain(`= input ${text} {`);
    const value = read(listing).graph.steps[0]!.params['value'] as Value;
    expect(sameBits(value.data(), tensor([...numbers], { dtype }).data)).toBe(true);
  });

  it('writes a strided view in row-major order and a repeated number once', () => {
    const view = permute(tensor([[1, 2], [3, 4]]), [1, 0]);
    const listing = printGraph(trace(() => add(view, filled(0.5, [2, 2], 'f32')), []));
    expect(listing).toContain('= constant [1, 3, 2, 4]\n');
    expect(listing).toContain('f32[2, 2] = constant 0.5\n');
  });

  it('writes tensors of rank 0 and without elements', () => {
    const listing = printGraph(trace((x: Tensor, y: Tensor) => [x, y], [tensor(7), tensor([], { shape: [0, 3] })]));
    expect(listing).toContain('f32[] = input 7 {');
    expect(listing).toContain('f32[0, 3] = input [] {');
    expect(printGraph(read(listing))).toBe(listing);
  });

  it.each([['a function', () => 0], ['a typed array', new Float32Array(2)], ['numbers of another type', tensor([1, 2]).read()]])(
    'refuses a parameter that is %s', (_, parameter) => {
      const graph = new Graph();
      graph.append(primitivesByName.get('iota')!, [], { value: parameter }, { shape: [2], dtype: 'i32' });
      expect(() => printGraph({ graph, inputs: [], outputs: [0] })).toThrow(/step %0 \(iota\) has the parameter value/);
    });
});

describe('parseGraph', () => {
  it('law: print, parse, print is the identity, and the program read has the same bits', () => {
    fc.assert(fc.property(recipes, (recipe) => {
      const written = program(recipe);
      const text = printGraph(written);
      const back = read(text);
      expect(printGraph(back)).toBe(text);
      const before = evaluate(written.graph, written.outputs);
      const after = evaluate(back.graph, back.outputs);
      for (const id of written.outputs) expect(sameBits(after[id]!.data(), before[id]!.data())).toBe(true);
    }), runs);
  });

  it('meets every primitive in those programs', () => {
    const once = fc.sample(recipes, { seed: 1, numRuns: 200 }).map((recipe) => ({ ...recipe, order: Math.min(recipe.order, 1) }));
    const steps = once.flatMap((recipe) => program(recipe).graph.steps);
    const met = new Set(steps.map((step) => step.primitive));
    expect(primitives.filter((primitive) => !met.has(primitive)).map(({ name }) => name)).toEqual([]);
  });

  it('law: any label, role and scope survives', () => {
    const awkward = fc.string({ unit: fc.constantFrom("'", '\\', '\n', '\ud800', '\u2028', 'θ', '}', '#') });
    fc.assert(fc.property(fc.string({ unit: 'binary' }), awkward, (name, part) => {
      const written = trace((x: Tensor) => scope(part, () => label(mul(x, x), name, { role: part })), [tensor(1)]);
      const step = read(printGraph(written)).graph.steps[1]!;
      expect(step).toMatchObject({ label: name, role: part, scope: part });
    }), runs);
  });

  it('reads what an evaluation at other numbers needs', () => {
    const written = trace((x: Tensor) => sumTo(mul(x, expand(tensor(3), [2])), []), [tensor([1, 2])]);
    const { graph, inputs, outputs } = read(printGraph(written));
    const values = evaluate(graph, outputs, new Map([[inputs[0]!, tensor([10, 20]).read()]]));
    expect(values[outputs[0]!]!.data()[0]).toBe(90);
  });

  it('skips blank lines and reads Windows line ends', () => {
    const text = 'graph (%0) -> (%1)\r\n\r\n  %0: f64[] = input 2 {shape, dtype}\r\n  %1: f64[] = neg %0\r\n\r\n';
    expect(printGraph(read(text))).toBe('graph (%0) -> (%1)\n  %0: f64[] = input 2 {shape, dtype}\n  %1: f64[] = neg %0');
  });

  const head = 'graph (%0) -> (%1)\n  %0: f64[2] = input [1, 2] {shape, dtype}\n';
  const forward = '\n    forward (%0) -> (%0)\n      %0: f64[2] = input {shape, dtype}';
  // ¦ marks the place that the message names.
  it.each([
    ['¦', /empty/],
    ['¦graf () -> ()', /'graf'/],
    ['¦graph (%0) -> (%0)', /%0 in a program of 0 steps/],
    ['graph (%0) ¦(%0)', /'->'/],
    [`${head}  ¦%2: f64[2] = neg %0`, /out of order/],
    [`${head}  %1: ¦f16[2] = neg %0`, /a type such as/],
    [`${head}  %1: ¦f64[-1] = neg %0`, /shape \[-1\]/],
    [`${head}  %1: ¦f64[65536, 65536] = neg %0`, /4294967296 elements/],
    [`${head}  %1: f64[2] = ¦nag %0`, /'nag'/],
    [`${head}  %1: f64[2] = ¦constructor %0`, /'constructor'/],
    [`${head}  %1: f64[2] = neg ¦%1`, /stand before it/],
    [`${head}  ¦%1: f64[2] = neg`, /0 of 1 inputs/],
    [`${head}  ¦%1: f64[2] = neg %0 %0`, /2 of 1 inputs/],
    [`${head}  ¦%1: f64[3] = neg %0`, /gives f64\[2\] here and not f64\[3\]/],
    [`${head}  ¦%1: f32[2] = neg %0`, /gives f64\[2\] here and not f32\[2\]/],
    [`${head}  ¦%1: f64[1] = sum %0`, /parameters that do not fit/],
    [`${head}  %1: f64[1] = sum %0 {axes: [0], ¦axes: [0]}`, /a second axes/],
    [`${head}  %1: f64[1] = sum %0 {axes¦}`, /':' and a value/],
    [`${head}  %1: f64[1] = sum %0 {axes: [0¦}`, /'\]'/],
    [`${head}  %1: f64[1] = sum %0 {axes: ${'['.repeat(65)}¦[`, /nest/],
    [`${head}  ¦%1: f64[4] = reshape %0 {shape}`, /number of elements/],
    [`${head}  %1: f64[2] = constant ¦[1]`, /1 numbers for f64\[2\]/],
    [`${head}  %1: f64[] = constant ¦1e999`, /beyond the largest/],
    [`${head}  %1: f32[] = constant ¦1e39`, /as f32/],
    [`${head}  %1: i32[] = constant ¦0.5`, /as i32/],
    [`${head}  %1: f64[] = ¦constant {value: 1}`, /behind its name/],
    [`${head}  %1: f64[2] = neg %0 # label 'a' ¦label 'b'`, /a second label/],
    [`${head}  %1: f64[2] = neg %0 # label 'a¦`, /closing '/],
    [`${head}  %1: f64[2] = neg %0 # label '\\u{110000}¦'`, /escape/],
    [`${head}  %1: f64[2] = neg %0 # ¦origin %0.0`, /the input 0 of %0/],
    [`${head}  %1: f64[2] = neg %0 # ¦colour 'a'`, /label, role/],
    [`${head}  %1: f64[2] = neg %0\n¦%2: f64[2] = neg %0`, /after the graph/],
    [`${head}  %1: f64[2] = neg %0\n   ¦%2: f64[2] = neg %0`, /indented by 3/],
    [`${head}  ¦%1: f64[2] = custom %0 {forward: {graph: {steps: []}}}`, /do not fit/],
    [`${head}  ¦%1: f64[2] = custom %0${forward}\n    backward () -> ()`, /programs of custom/],
  ])('refuses %j with the place and the reason', (marked, reason) => {
    const text = marked.replace('¦', '');
    const before = marked.slice(0, marked.indexOf('¦')).split('\n');
    expect(() => read(text)).toThrow(FormatError);
    expect(() => read(text)).toThrow(`line ${before.length}, column ${before.at(-1)!.length + 1}: `);
    expect(() => read(text)).toThrow(reason);
  });

  it('law: a damaged text is refused with a place, or is a graph that prints, reads and runs or says why not', () => {
    const words = ['\\u{d800}', '__proto__', 'constructor: 1', 'shape', 'null', '1e999', '99999999999'];
    const scraps = fc.constantFrom(...'%:[]{}()\'#,.-019 \n\t\0efiN', ...words);
    const damage = fc.record({ at: fc.nat(), cut: fc.nat(6), put: scraps });
    fc.assert(fc.property(recipes, fc.array(damage, { minLength: 1, maxLength: 3 }), (recipe, all) => {
      const text = all.reduce((left, { at, cut, put }) => {
        const from = at % (left.length + 1);
        return left.slice(0, from) + put + left.slice(from + cut);
      }, printGraph(program(recipe)));
      try {
        const damaged = read(text);
        const again = printGraph(damaged);
        expect(printGraph(read(again))).toBe(again);
        expect(thrown(() => evaluate(damaged.graph, damaged.outputs)) ?? new MarginaliaError('')).toBeInstanceOf(MarginaliaError);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        expect((error as Error).message).toMatch(/^line \d+, column \d+: /);
      }
    }), { ...runs, numRuns: runs.numRuns * 10 });
  });

  it('keeps __proto__ and constructor as names like any other, and no prototype changes', () => {
    const text = "graph () -> (%0)\n  %0: i32[2] = iota {size: 2, dtype, __proto__: {polluted: 1}, constructor: 'x'}";
    const { graph } = read(text);
    expect(printGraph(read(text))).toBe(text);
    expect(Object.keys(graph.steps[0]!.params)).toEqual(['size', 'dtype', '__proto__', 'constructor']);
    expect('polluted' in {}).toBe(false);
  });
});
