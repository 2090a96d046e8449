// The compiled engine: kernels assembled at run time from the bodies of the primitives.

export { compiledEngine, type CompiledEngine, engineStatus, makeEngine, type Thresholds } from './engine.ts';
export { compile, type Compiled, type CompiledProgram } from './compile.ts';
export type { CompileOptions } from './options.ts';
export { defaultThreads } from './pool.ts';
export { useWideKernels } from './wide.ts';
