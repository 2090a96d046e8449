// What a painted face is made of: the numbers of a person and of a scene, colours, and the few shapes they are painted with.
// Only + − · / and √ are used (a power may be rounded differently elsewhere), so every platform paints the same bytes.

/** Red, green, blue in [0, 1]. */
export type Colour = readonly [number, number, number];
export type Occlusion = 'none' | 'glasses' | 'sunglasses' | 'scarf' | 'hat' | 'hand';

type Numbers<Name extends string> = Readonly<Record<Name, number>>;

/** Who somebody is. Lengths are in half heights of the head. */
export interface Person {
  readonly skin: Colour;
  readonly hair: Colour;
  readonly iris: Colour;
  readonly lips: Colour;
  readonly head: Numbers<'width' | 'jaw' | 'ears'>;
  readonly locks: Numbers<'volume' | 'hairline' | 'slant' | 'temples' | 'length' | 'curls'>;
  readonly brows: Numbers<'height' | 'thickness' | 'tilt' | 'arch' | 'width'>;
  readonly eyes: Numbers<'y' | 'spacing' | 'width' | 'height' | 'tilt'>;
  readonly nose: Numbers<'y' | 'width' | 'bridge'>;
  readonly mouth: Numbers<'y' | 'width' | 'upper' | 'lower'>;
  readonly beard: Numbers<'full' | 'moustache'>;
  readonly lines: number;
  readonly mole: Numbers<'x' | 'y' | 'size'>;
}

/** How a picture was taken: pose in tangents and half heights, light from the side and from below, what the face does. */
export interface Scene
  extends Numbers<
    'yaw' | 'pitch' | 'roll' | 'x' | 'y' | 'scale' | 'brightness' | 'contrast' | 'backdrop' | 'noise'
    | 'smile' | 'open' | 'lids' | 'raise' | 'gaze' | 'place'
  > {
  readonly occlusion: Occlusion;
  readonly fabric: Colour;
  readonly light: readonly [number, number];
}

export function blend(a: Colour, b: Colour, t: number): Colour {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

export const square = (x: number): number => x * x;
export const clamp = (x: number): number => Math.min(1, Math.max(0, x));
export const black: Colour = [0, 0, 0];
export const darken = (c: Colour, amount: number): Colour => blend(c, black, amount);

/** 1 inside (d well below 0), 0 outside, smooth over a border of ± soft. */
export function cover(d: number, soft = 0.02): number {
  const t = clamp(0.5 - d / (2 * soft));
  return t * t * (3 - 2 * t);
}

/** Roughly the distance to an ellipse, negative inside. */
export function ellipse(x: number, y: number, rx: number, ry: number): number {
  return (Math.sqrt(square(x / rx) + square(y / ry)) - 1) * Math.min(rx, ry);
}

/** A triangle wave between 0 and 1 with period 1. */
export const wave = (t: number): number => Math.abs(2 * (t - Math.floor(t)) - 1);
