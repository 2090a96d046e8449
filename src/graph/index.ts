// The program as data: values, tensors, steps, recorders, evaluation and text.

export { type Bindings, evaluate } from './evaluate.ts';
export { constant, input } from './intrinsics.ts';
export { type Fragment, Graph, type Origin, type Step } from './graph.ts';
export type {
  Algebra, ContractPrimitive, ControlPrimitive, Domain, IndexPrimitive, Kind, Laws, MapPrimitive, Params, Primitive,
  ReducePrimitive, Rule, RuleContext, Typed,
} from './primitive.ts';
export { apply, currentRecorder, type Engine, label, type Mode, record, Recorder, runPrimitive, scope, useEngine } from './recorder.ts';
export { demandTensor, filled, floatTypeOf, fromValue, isTensor, lift, type Nested, type Operand, Tensor, tensor, type TensorOptions } from './tensor.ts';
export { parseGraph, printGraph } from './text.ts';
export { flattenResult, floatTypeOfTrees, liftTrees, replay, type Trace, trace, type TraceOptions } from './trace.ts';
export { forEachRow, mergeAxes, type Storage, Value } from './value.ts';
