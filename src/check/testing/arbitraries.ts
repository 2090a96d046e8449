// placeholder
export interface Source<T> { map<U>(f: (x: T) => U): Source<U>; }
export interface Generated<T> {
  generate(random: never, bias: never): never;
  canShrinkWithoutContext(value: unknown): value is T;
  shrink(value: T, context: unknown): never;
  filter(keep: (value: T) => boolean): Generated<T> & never;
  map<U>(f: (value: T) => U): Generated<U>;
  chain<U>(f: (value: T) => unknown): Generated<U>;
}
export interface FastCheck {
  integer(constraints: { min: number; max: number }): Source<number>;
  array<T>(item: Source<T>, constraints: { minLength: number; maxLength: number }): Source<T[]>;
  tuple<A, B>(a: Source<A>, b: Source<B>): Source<[A, B]>;
}
export function numbers(fc: FastCheck): Generated<number[]> { return fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 2 }) as unknown as Generated<number[]>; }
