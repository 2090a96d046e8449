// Derivatives of functions: the engine's `gradient` over recorded steps, and the transforms users call.

export { customGradient, type CustomRule } from './custom.ts';
export { gradient, type GradientOptions, ruleOf, type Seed, zerosLike } from './gradient.ts';
export {
  type Differentiable, grad, type GradientOf, type GradientTree, type GradOptions, hessian, hvp, jacobian, jvp, type TensorTree,
  valueAndGrad, vjp,
} from './transforms.ts';
