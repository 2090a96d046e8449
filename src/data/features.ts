// The features of a painted face, in coordinates that turn with the head: skin, nose, brows and eyes, mouth and beard, and
// what may stand before them. Each layer is blended over the one before.

import { black, blend, clamp, type Colour, cover, darken, ellipse, type Person, type Scene, square, wave } from './paint.ts';

/** The face at feature coordinates (x, y): skin and nose, then what is above or below the cheeks. */
export function featured(person: Person, scene: Scene, x: number, y: number, skin: Colour, shade: number, side: number): Colour {
  const { eyes, nose, brows } = person;
  const a = Math.abs(x);
  const shaded = (c: Colour): Colour => blend(black, c, shade);
  // Cheeks, eye sockets, lines beside the mouth.
  let colour = blend(skin, shaded([0.85, 0.42, 0.38]), 0.13 * cover(ellipse(a - 0.38, y - 0.3, 0.22, 0.18), 0.12));
  colour = darken(colour, 0.16 * cover(ellipse(a - eyes.spacing, y - eyes.y + 0.03, eyes.width * 1.35, 0.15), 0.08));
  colour = darken(
    colour,
    0.28
      * person.lines
      * cover(Math.abs(a - nose.width - 0.04 - 0.45 * (y - nose.y)) - 0.008, 0.03)
      * cover(Math.abs(y - nose.y - 0.14) - 0.14, 0.05),
  );
  if (person.mole.size > 0) {
    colour = darken(
      colour,
      0.5 * cover(ellipse(x - person.mole.x, y - person.mole.y, person.mole.size, person.mole.size), 0.012),
    );
  }

  // Nose: one side of the bridge in shadow, the tip lit, wings and nostrils.
  const lee = scene.light[0] >= 0 ? -1 : 1;
  const taper = nose.bridge + (nose.width - nose.bridge) * square(clamp((y - eyes.y) / (nose.y - eyes.y)));
  const along = cover(Math.max(eyes.y - y, y - nose.y), 0.06);
  colour = darken(colour, 0.2 * along * cover(Math.abs(x - lee * taper) - 0.02, 0.05));
  colour = blend(colour, shaded([1, 1, 1]), 0.12 * along * cover(a - 0.02, 0.05));
  colour = darken(colour, 0.3 * cover(ellipse(x, y - nose.y - 0.035, nose.width, 0.035), 0.035));
  colour = darken(
    colour,
    0.22
      * cover(Math.abs(ellipse(a - nose.width * 0.75, y - nose.y + 0.03, nose.width * 0.42, 0.07)) - 0.006, 0.02)
      * cover(nose.width * 0.8 - a, 0.03),
  );
  colour = darken(colour, 0.6 * cover(ellipse(a - nose.width * 0.5, y - nose.y - 0.02, nose.width * 0.26, 0.022), 0.015));

  if (y > 0.15) return bearded(person, scene, colour, x, y, side, shaded);
  // Brows and eyes, one side like the other; a tilt lifts the outer end.
  const dx = a - eyes.spacing;
  const browY = eyes.y - brows.height - scene.raise - brows.tilt * dx + (brows.arch * dx * dx) / 0.25;
  const thickness = brows.thickness * (1 - 0.45 * clamp((dx + brows.width) / (2 * brows.width)));
  colour = blend(
    colour,
    shaded(darken(person.hair, 0.25)),
    0.88 * cover(Math.max(Math.abs(y - browY) - thickness, Math.abs(dx) - brows.width), 0.018),
  );
  return looking(person, scene, colour, x, dx, y - eyes.y + eyes.tilt * dx, shaded);
}

/** The lower face: beard, then the mouth in it. */
function bearded(
  person: Person,
  scene: Scene,
  bare: Colour,
  x: number,
  y: number,
  side: number,
  shaded: (c: Colour) => Colour,
): Colour {
  const { nose, mouth, beard } = person;
  const a = Math.abs(x);
  let colour = bare;
  const bend = square(x / mouth.width);
  const line = mouth.y - 0.09 * scene.smile * (bend - 0.35);
  const chin = cover(0.5 - (y + 0.3 * side * side - 0.02), 0.12) * cover(-ellipse(x, y - line, mouth.width * 0.95, 0.09), 0.03);
  const lip =
    cover(Math.abs(y - (nose.y + line) / 2 - 0.03) - (line - nose.y) * 0.28, 0.03) * cover(a - mouth.width * 1.1, 0.05);
  const whiskers = shaded(darken(person.hair, 0.1));
  colour = blend(colour, whiskers, 0.85 * beard.full * chin);
  colour = blend(colour, whiskers, 0.85 * beard.moustache * lip);
  const arc = Math.max(0, 1 - bend);
  const gap = 0.1 * scene.open * arc;
  if (bend < 1.1) {
    const upper = y - line + (mouth.upper * arc * (1 - 0.35 * cover(a - 0.03, 0.04)) + 0.004);
    const lower = y - line - gap - mouth.lower * arc - 0.004;
    colour = blend(colour, shaded(person.lips), cover(Math.max(-upper, lower, a - mouth.width), 0.015));
    colour = blend(
      colour,
      darken(shaded(person.lips), 0.65),
      cover(Math.abs(y - line - gap / 2) - 0.012 - gap / 2, 0.012) * cover(a - mouth.width * 0.97),
    );
    if (gap > 0.02) {
      colour = blend(
        colour,
        shaded([0.93, 0.91, 0.86]),
        cover(Math.max(line + 0.008 - y, y - line - gap * 0.55), 0.01) * cover(a - mouth.width * 0.75),
      );
    }
  }
  return darken(colour, 0.14 * cover(ellipse(x, y - mouth.y - mouth.lower - gap - 0.06, mouth.width * 0.5, 0.025), 0.03));
}

/** An almond between two parabolas, with iris, pupil, a glint and the line of the upper lid. */
function looking(
  { eyes, iris, skin }: Person,
  { lids, gaze }: Scene,
  colour: Colour,
  x: number,
  dx: number,
  dy: number,
  shaded: (c: Colour) => Colour,
): Colour {
  const arc = 1 - square(dx / eyes.width);
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
export function covered(
  { eyes, head, skin }: Person,
  { occlusion, fabric, place }: Scene,
  colour: Colour,
  x: number,
  y: number,
  fx: number,
  fy: number,
): Colour {
  const cloth = blend(black, fabric, 0.7 + 0.3 * wave(4 * y + x));
  if (occlusion === 'glasses' || occlusion === 'sunglasses') {
    const ring = ellipse(Math.abs(fx) - eyes.spacing, fy - eyes.y, 0.235, 0.19);
    const bridge = Math.max(Math.abs(fy - eyes.y + 0.02) - 0.022, Math.abs(fx) - eyes.spacing + 0.2);
    const arms = Math.max(
      Math.abs(fy - eyes.y + 0.02) - 0.022,
      eyes.spacing + 0.2 - Math.abs(fx),
      Math.abs(x) - head.width * 1.02,
    );
    const glass =
      occlusion === 'sunglasses'
        ? blend(colour, [0.06, 0.06, 0.08], 0.93 * cover(ring))
        : blend(colour, [1, 1, 1], 0.06 * cover(ring));
    return blend(glass, [0.1, 0.09, 0.09], cover(Math.min(Math.abs(ring) - 0.022, bridge, arms), 0.012));
  }
  if (occlusion === 'scarf') {
    return blend(
      colour,
      cloth,
      cover(Math.max(0.42 - 0.25 * fx * fx - fy, Math.abs(x) - head.width - 0.02 - 0.3 * Math.max(0, y - 0.8), y - 1.6)),
    );
  }
  if (occlusion === 'hat') {
    return blend(colour, cloth, cover(Math.max(ellipse(x, y + 0.45, head.width * 1.22, 0.75), y + 0.42 - 0.12 * x * x)));
  }
  if (occlusion === 'hand') {
    const [hx, hy] = [x - (place < 0.5 ? -0.55 : 0.55), y - 0.2 - place * 0.6];
    const palm = ellipse(hx, hy, 0.3, 0.36) - 0.05 * wave(5 * hx) * clamp(-hy * 3);
    return blend(colour, blend(black, skin, 0.8 - 0.15 * wave(5 * hx) * clamp(-hy * 3)), cover(palm));
  }
  return colour;
}
