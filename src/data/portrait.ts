// The painter: numbers of a person and of a scene become a picture, layer over layer from the backdrop to what covers the
// face. The head is a rounded relief: a depth z over the plane of the picture turns features with the pose and catches the
// light. Only + − · / and √ are used, so every platform paints the same bytes.
// x runs to the right and y down, in half heights of the head, with 0 in the middle of the face.

import type { Image } from './image.ts';
import type { Stream } from './random.ts';

/** Red, green, blue in [0, 1]. */
export type Colour = readonly [number, number, number];
export type Occlusion = 'none' | 'glasses' | 'sunglasses' | 'scarf' | 'hat' | 'hand';

export interface Person {
  readonly skin: Colour;
  readonly hair: Colour;
  readonly iris: Colour;
  readonly lips: Colour;
  readonly head: { readonly width: number; readonly jaw: number; readonly ears: number };
  readonly locks: {
    readonly volume: number; readonly hairline: number; readonly slant: number; readonly temples: number; readonly length: number; readonly curls: number;
  };
  readonly brows: { readonly height: number; readonly thickness: number; readonly tilt: number; readonly arch: number; readonly width: number };
  readonly eyes: { readonly y: number; readonly spacing: number; readonly width: number; readonly height: number; readonly tilt: number };
  readonly nose: { readonly y: number; readonly width: number; readonly bridge: number };
  readonly mouth: { readonly y: number; readonly width: number; readonly upper: number; readonly lower: number };
  readonly beard: { readonly full: number; readonly moustache: number };
  readonly lines: number;
  readonly mole: { readonly x: number; readonly y: number; readonly size: number };
}

export interface Scene {
  readonly occlusion: Occlusion;
  readonly place: number;
  readonly fabric: Colour;
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly light: readonly [number, number];
  readonly brightness: number;
  readonly contrast: number;
  readonly backdrop: number;
  readonly smile: number;
  readonly open: number;
  readonly lids: number;
  readonly raise: number;
  readonly gaze: number;
  readonly noise: number;
}

/** How much of the half height of a picture the head takes. */
const headShare = 0.76;
/** Samples per pixel and direction. */
const samples = 2;

export function blend(a: Colour, b: Colour, t: number): Colour {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

const clamp = (x: number): number => Math.min(1, Math.max(0, x));
const black: Colour = [0, 0, 0];
const darken = (c: Colour, amount: number): Colour => blend(c, black, amount);

/** 1 inside (d well below 0), 0 outside, smooth over a border of ± soft. */
function cover(d: number, soft = 0.02): number {
  const t = clamp(0.5 - d / (2 * soft));
  return t * t * (3 - 2 * t);
}

/** Roughly the distance to an ellipse, negative inside. */
function ellipse(x: number, y: number, rx: number, ry: number): number {
  return (Math.sqrt((x / rx) ** 2 + (y / ry) ** 2) - 1) * Math.min(rx, ry);
}

/** A triangle wave between 0 and 1 with period 1. */
const wave = (t: number): number => Math.abs(2 * (t - Math.floor(t)) - 1);

/** The half width of the head at a height: an ellipse above, a narrower or squarer one below. */
function halfWidth({ width, jaw }: Person['head'], y: number): number {
  if (y <= -1 || y >= 1) return 0;
  const round = Math.sqrt(1 - y * y);
  if (y <= 0) return width * round;
  return width * ((1 - jaw) * round * (1 - 0.14 * y) + jaw * Math.sqrt(1 - y * y * y * y) * (1 - 0.2 * y));
}

/** The picture of a person in a scene. */
export function paintPortrait(person: Person, scene: Scene, size: number, noise: Stream): Image {
  const pixels = new Uint8Array(size * size * 3);
  // A rotation by angles whose half has the tangent roll / 2: exact without sines.
  const half = scene.roll / 2;
  const [cos, sin] = [(1 - half * half) / (1 + half * half), (2 * half) / (1 + half * half)];
  const zoom = 1 / (headShare * scene.scale);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let sum: Colour = black;
      for (let k = 0; k < samples * samples; k++) {
        const u = (2 * (column + ((k % samples) + 0.5) / samples)) / size - 1 - scene.x;
        const v = (2 * (row + (Math.floor(k / samples) + 0.5) / samples)) / size - 1 - scene.y;
        const colour = sample(person, scene, (u * cos + v * sin) * zoom, (v * cos - u * sin) * zoom + 0.02);
        sum = [sum[0] + colour[0], sum[1] + colour[1], sum[2] + colour[2]];
      }
      const grain = scene.noise * 1.7 * (noise.uniform() + noise.uniform() + noise.uniform() + noise.uniform() - 2);
      for (let c = 0; c < 3; c++) {
        const value = ((sum[c]! / (samples * samples) - 0.5) * scene.contrast + 0.5) * scene.brightness + grain;
        pixels[(row * size + column) * 3 + c] = Math.round(255 * clamp(value));
      }
    }
  }
  return { width: size, height: size, channels: 3, pixels };
}

/** The colour at one point. */
function sample(person: Person, scene: Scene, x: number, y: number): Colour {
  const { head, locks } = person;
  const width = halfWidth(head, y);
  const nearest = halfWidth(head, Math.min(0.98, Math.max(-0.98, y)));
  // Signed distance to the outline: across where the head is, to the tips above and below it.
  const outline = width > 0 ? Math.max(Math.abs(x) - width, Math.abs(y) - 1) : Math.max(Math.abs(x) - nearest, Math.abs(y) - 1);
  const z = Math.sqrt(Math.max(0, 1 - (x / head.width) ** 2 - 0.8 * y * y));
  // The features of the turned head: what is nearer moves further.
  const [fx, fy] = [x - scene.yaw * (z + 0.2), y - scene.pitch * z];
  const shade = lit(scene, width > 0 ? x / (width + 0.05) : 0, y, z);

  let colour: Colour = blend([scene.backdrop, scene.backdrop, scene.backdrop], black, 0.12 * clamp((y + 1.5) / 3));
  const strands = 1 - 0.22 * locks.curls * wave(3 * x + 2 * y) * wave(4 * y - 3 * x) - 0.08 * wave(7 * x + y);
  const hair: Colour = blend(black, person.hair, strands * (0.75 + 0.25 * shade));
  // Behind the head: long hair, shoulders, neck, ears.
  const fall = Math.abs(x + 0.3 * scene.yaw) - head.width * (locks.volume + 0.1 * clamp(y + 0.5)) - 0.03 * locks.curls * wave(5 * y);
  const tress = Math.max(fall, y - locks.length + 0.25 * x * x, -0.1 - y);
  if (locks.length > 0 && y > -0.2) colour = blend(colour, blend(black, hair, 0.85), cover(tress, 0.03));
  const skin = blend(black, person.skin, shade);
  colour = blend(colour, blend(black, skin, 0.78), cover(Math.max(Math.abs(x) - 0.62 * head.width, -(y - 0.3), y - 1.7)));
  colour = blend(colour, blend(black, scene.fabric, 0.75), cover(ellipse(x, y - 2, 1.55, 0.8)));
  for (const side of [-1, 1]) {
    const ear = ellipse(x - side * (head.width * 0.98) + 0.25 * scene.yaw, y - 0.02 - person.eyes.y, head.ears * 0.75, head.ears * 1.5);
    colour = blend(colour, blend(black, skin, 0.86 - 0.2 * cover(ear + 0.05)), cover(ear));
  }
  // The crown of hair stands out from the head; the face is painted over its lower part.
  const crown = ellipse(x + 0.15 * scene.yaw, y + 0.08, head.width * locks.volume, 0.94 * locks.volume) - 0.04 * locks.curls * wave(2.5 * x) * wave(2.5 * y + 0.3);
  const crowned = locks.hairline > -1;
  if (crowned && y < 0.25) colour = blend(colour, hair, cover(Math.max(crown, y - 0.05)));
  const inside = cover(outline);
  if (inside > 0) colour = blend(colour, featured(person, scene, fx, fy, skin, shade, x / head.width), inside);
  // The fringe, which ends at the hairline and comes down at the temples.
  const side = fx / head.width;
  const hairline = locks.hairline + locks.slant * side * (1 - side * side) + locks.temples * side * side * side * side + 0.05 * locks.curls * wave(3 * fx);
  if (crowned) colour = blend(colour, hair, cover(Math.max(fy - hairline, crown), 0.03));
  return covered(person, scene, colour, x, y, fx, fy);
}

/** Ambient light and the light of a lamp on the relief. */
function lit({ light: [lx, ly] }: Scene, nx: number, ny: number, nz: number): number {
  const towards = (nx * lx + 0.6 * ny * ly + nz) / Math.sqrt(1 + lx * lx + ly * ly);
  return 0.45 + 0.6 * clamp(0.12 + 0.88 * towards);
}

/** The face at feature coordinates (x, y): skin and nose, then what is above or below the cheeks. */
function featured(person: Person, scene: Scene, x: number, y: number, skin: Colour, shade: number, side: number): Colour {
  const { eyes, nose, brows } = person;
  const a = Math.abs(x);
  const shaded = (c: Colour): Colour => blend(black, c, shade);
  // Cheeks, eye sockets, lines beside the mouth.
  let colour = blend(skin, shaded([0.85, 0.42, 0.38]), 0.13 * cover(ellipse(a - 0.38, y - 0.3, 0.22, 0.18), 0.12));
  colour = darken(colour, 0.16 * cover(ellipse(a - eyes.spacing, y - eyes.y + 0.03, eyes.width * 1.35, 0.15), 0.08));
  colour = darken(colour, 0.28 * person.lines * cover(Math.abs(a - nose.width - 0.04 - 0.45 * (y - nose.y)) - 0.008, 0.03) * cover(Math.abs(y - nose.y - 0.14) - 0.14, 0.05));
  if (person.mole.size > 0) colour = darken(colour, 0.5 * cover(ellipse(x - person.mole.x, y - person.mole.y, person.mole.size, person.mole.size), 0.012));

  // Nose: one side of the bridge in shadow, the tip lit, wings and nostrils.
  const lee = scene.light[0] >= 0 ? -1 : 1;
  const taper = nose.bridge + (nose.width - nose.bridge) * clamp((y - eyes.y) / (nose.y - eyes.y)) ** 2;
  const along = cover(Math.max(eyes.y - y, y - nose.y), 0.06);
  colour = darken(colour, 0.2 * along * cover(Math.abs(x - lee * taper) - 0.02, 0.05));
  colour = blend(colour, shaded([1, 1, 1]), 0.12 * along * cover(a - 0.02, 0.05));
  colour = darken(colour, 0.3 * cover(ellipse(x, y - nose.y - 0.035, nose.width, 0.035), 0.035));
  colour = darken(colour, 0.22 * cover(Math.abs(ellipse(a - nose.width * 0.75, y - nose.y + 0.03, nose.width * 0.42, 0.07)) - 0.006, 0.02) * cover(nose.width * 0.8 - a, 0.03));
  colour = darken(colour, 0.6 * cover(ellipse(a - nose.width * 0.5, y - nose.y - 0.02, nose.width * 0.26, 0.022), 0.015));

  if (y > 0.15) return bearded(person, scene, colour, x, y, side, shaded);
  // Brows and eyes, one side like the other; a tilt lifts the outer end.
  const dx = a - eyes.spacing;
  const browY = eyes.y - brows.height - scene.raise - brows.tilt * dx + (brows.arch * dx * dx) / 0.25;
  const thickness = brows.thickness * (1 - 0.45 * clamp((dx + brows.width) / (2 * brows.width)));
  colour = blend(colour, shaded(darken(person.hair, 0.25)), 0.88 * cover(Math.max(Math.abs(y - browY) - thickness, Math.abs(dx) - brows.width), 0.018));
  return looking(person, scene, colour, x, dx, y - eyes.y + eyes.tilt * dx, shaded);
}

/** The lower face: beard, then the mouth in it. */
function bearded(person: Person, scene: Scene, bare: Colour, x: number, y: number, side: number, shaded: (c: Colour) => Colour): Colour {
  const { nose, mouth, beard } = person;
  const a = Math.abs(x);
  let colour = bare;
  const bend = (x / mouth.width) ** 2;
  const line = mouth.y - 0.09 * scene.smile * (bend - 0.35);
  const chin = cover(0.5 - (y + 0.3 * side * side - 0.02), 0.12) * cover(-ellipse(x, y - line, mouth.width * 0.95, 0.09), 0.03);
  const lip = cover(Math.abs(y - (nose.y + line) / 2 - 0.03) - (line - nose.y) * 0.28, 0.03) * cover(a - mouth.width * 1.1, 0.05);
  const whiskers = shaded(darken(person.hair, 0.1));
  colour = blend(colour, whiskers, 0.85 * beard.full * chin);
  colour = blend(colour, whiskers, 0.85 * beard.moustache * lip);
  const arc = Math.max(0, 1 - bend);
  const gap = 0.1 * scene.open * arc;
  if (bend < 1.1) {
    const upper = y - line + (mouth.upper * arc * (1 - 0.35 * cover(a - 0.03, 0.04)) + 0.004);
    const lower = y - line - gap - mouth.lower * arc - 0.004;
    colour = blend(colour, shaded(person.lips), cover(Math.max(-upper, lower, a - mouth.width), 0.015));
    colour = blend(colour, darken(shaded(person.lips), 0.65), cover(Math.abs(y - line - gap / 2) - 0.012 - gap / 2, 0.012) * cover(a - mouth.width * 0.97));
    if (gap > 0.02) colour = blend(colour, shaded([0.93, 0.91, 0.86]), cover(Math.max(line + 0.008 - y, y - line - gap * 0.55), 0.01) * cover(a - mouth.width * 0.75));
  }
  return darken(colour, 0.14 * cover(ellipse(x, y - mouth.y - mouth.lower - gap - 0.06, mouth.width * 0.5, 0.025), 0.03));
}

/** An almond between two parabolas, with iris, pupil, a glint and the line of the upper lid. */
function looking({ eyes, iris, skin }: Person, { lids, gaze }: Scene, colour: Colour, x: number, dx: number, dy: number, shaded: (c: Colour) => Colour): Colour {
  const arc = 1 - (dx / eyes.width) ** 2;
  if (arc < -0.5) return colour;
  const [up, down] = [eyes.height * lids * arc, eyes.height * 0.7 * Math.min(1, lids) * arc];
  const within = cover(Math.max(-dy - up, dy - down), 0.012);
  // Both irises look the same way, so the direction is mirrored back for the left eye.
  const ix = dx - (x >= 0 ? 1 : -1) * gaze * eyes.width * 0.5;
  const radius = eyes.height * 0.95;
  let ball = blend(shaded([0.95, 0.94, 0.92]), shaded(iris), cover(ellipse(ix, dy, radius, radius), 0.012));
  ball = blend(ball, black, 0.9 * cover(ellipse(ix, dy, radius * 0.45, radius * 0.45), 0.012));
  ball = blend(ball, [1, 1, 1], 0.9 * cover(ellipse(ix + 0.015, dy + radius * 0.35, 0.014, 0.014), 0.008));
  const open = blend(colour, ball, within);
  const lid = cover(Math.abs(dy + up) - 0.012, 0.012) * cover(Math.abs(dx) - eyes.width * 1.02);
  const crease = cover(Math.abs(dy + up + 0.05) - 0.006, 0.016) * cover(Math.abs(dx) - eyes.width * 0.85);
  return blend(blend(open, blend(black, skin, 0.12), 0.85 * lid), blend(black, skin, 0.35), 0.35 * crease);
}

/** What stands before the face: glasses, a scarf over the mouth, a hat, a hand. */
function covered({ eyes, head, skin }: Person, { occlusion, fabric, place }: Scene, colour: Colour, x: number, y: number, fx: number, fy: number): Colour {
  const cloth = blend(black, fabric, 0.7 + 0.3 * wave(4 * y + x));
  if (occlusion === 'glasses' || occlusion === 'sunglasses') {
    const ring = ellipse(Math.abs(fx) - eyes.spacing, fy - eyes.y, 0.235, 0.19);
    const bridge = Math.max(Math.abs(fy - eyes.y + 0.02) - 0.022, Math.abs(fx) - eyes.spacing + 0.2);
    const arms = Math.max(Math.abs(fy - eyes.y + 0.02) - 0.022, eyes.spacing + 0.2 - Math.abs(fx), Math.abs(x) - head.width * 1.02);
    const glass = occlusion === 'sunglasses' ? blend(colour, [0.06, 0.06, 0.08], 0.93 * cover(ring)) : blend(colour, [1, 1, 1], 0.06 * cover(ring));
    return blend(glass, [0.1, 0.09, 0.09], cover(Math.min(Math.abs(ring) - 0.022, bridge, arms), 0.012));
  }
  if (occlusion === 'scarf') return blend(colour, cloth, cover(Math.max(0.42 - 0.25 * fx * fx - fy, Math.abs(x) - head.width - 0.02 - 0.3 * Math.max(0, y - 0.8), y - 1.6)));
  if (occlusion === 'hat') return blend(colour, cloth, cover(Math.max(ellipse(x, y + 0.45, head.width * 1.22, 0.75), y + 0.42 - 0.12 * x * x)));
  if (occlusion === 'hand') {
    const [hx, hy] = [x - (place < 0.5 ? -0.55 : 0.55), y - 0.2 - place * 0.6];
    const palm = ellipse(hx, hy, 0.3, 0.36) - 0.05 * wave(5 * hx) * clamp(-hy * 3);
    return blend(colour, blend(black, skin, 0.8 - 0.15 * wave(5 * hx) * clamp(-hy * 3)), cover(palm));
  }
  return colour;
}
