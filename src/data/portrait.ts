// The painter: numbers of a person and of a scene become a picture, layer over layer from the backdrop to what covers the
// face. The head is a rounded relief: a depth z over the plane of the picture turns features with the pose and catches the
// light. x runs to the right and y down, in half heights of the head, with 0 in the middle of the face.

import { covered, featured } from './features.ts';
import type { Image } from './image.ts';
import { black, blend, clamp, type Colour, cover, ellipse, type Person, type Scene, square, wave } from './paint.ts';
import type { Stream } from './random.ts';

/** How much of the half height of a picture the head takes. */
const headShare = 0.76;
/** Samples per pixel and direction. */
const samples = 2;

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
  const nearest = width > 0 ? width : halfWidth(head, y < 0 ? -0.98 : 0.98);
  // Signed distance to the outline: across where the head is, to the tips above and below it.
  const outline = Math.max(Math.abs(x) - nearest, Math.abs(y) - 1);
  const z = Math.sqrt(Math.max(0, 1 - square(x / head.width) - 0.8 * y * y));
  // The features of the turned head: what is nearer moves further.
  const [fx, fy] = [x - scene.yaw * (z + 0.2), y - scene.pitch * z];
  const shade = lit(scene, width > 0 ? x / (width + 0.05) : 0, y, z);

  let colour: Colour = blend([scene.backdrop, scene.backdrop, scene.backdrop], black, 0.12 * clamp((y + 1.5) / 3));
  const strands = 1 - 0.22 * locks.curls * wave(3 * x + 2 * y) * wave(4 * y - 3 * x) - 0.08 * wave(7 * x + y);
  const hair: Colour = blend(black, person.hair, strands * (0.75 + 0.25 * shade));
  // Behind the head: long hair, shoulders, neck, ears.
  const fall =
    Math.abs(x + 0.3 * scene.yaw) - head.width * (locks.volume + 0.1 * clamp(y + 0.5)) - 0.03 * locks.curls * wave(5 * y);
  const tress = Math.max(fall, y - locks.length + 0.25 * x * x, -0.1 - y);
  if (locks.length > 0 && y > -0.2) colour = blend(colour, blend(black, hair, 0.85), cover(tress, 0.03));
  const skin = blend(black, person.skin, shade);
  colour = blend(colour, blend(black, skin, 0.78), cover(Math.max(Math.abs(x) - 0.62 * head.width, -(y - 0.3), y - 1.7)));
  colour = blend(colour, blend(black, scene.fabric, 0.75), cover(ellipse(x, y - 2, 1.55, 0.8)));
  for (const side of [-1, 1]) {
    const ear = ellipse(
      x - side * (head.width * 0.98) + 0.25 * scene.yaw,
      y - 0.02 - person.eyes.y,
      head.ears * 0.75,
      head.ears * 1.5,
    );
    colour = blend(colour, blend(black, skin, 0.86 - 0.2 * cover(ear + 0.05)), cover(ear));
  }
  // The crown of hair stands out from the head; the face is painted over its lower part.
  const crown =
    ellipse(x + 0.15 * scene.yaw, y + 0.08, head.width * locks.volume, 0.94 * locks.volume)
    - 0.04 * locks.curls * wave(2.5 * x) * wave(2.5 * y + 0.3);
  const crowned = locks.hairline > -1;
  if (crowned && y < 0.25) colour = blend(colour, hair, cover(Math.max(crown, y - 0.05)));
  const inside = cover(outline);
  if (inside > 0) colour = blend(colour, featured(person, scene, fx, fy, skin, shade, x / head.width), inside);
  // The fringe, which ends at the hairline and comes down at the temples.
  const side = fx / head.width;
  const hairline =
    locks.hairline
    + locks.slant * side * (1 - side * side)
    + locks.temples * side * side * side * side
    + 0.05 * locks.curls * wave(3 * fx);
  if (crowned) colour = blend(colour, hair, cover(Math.max(fy - hairline, crown), 0.03));
  return covered(person, scene, colour, x, y, fx, fy);
}

/** Ambient light and the light of a lamp on the relief. */
function lit({ light: [lx, ly] }: Scene, nx: number, ny: number, nz: number): number {
  const towards = (nx * lx + 0.6 * ny * ly + nz) / Math.sqrt(1 + lx * lx + ly * ly);
  return 0.45 + 0.6 * clamp(0.12 + 0.88 * towards);
}
