// Faces without photographs: the embedded data set. Who somebody is, is a set of numbers drawn from (seed, person); how a
// picture was taken — pose, light, expression, occlusion, noise — is drawn from (seed, person, image). There are as many
// people and pictures as anyone asks for, nobody real is among them, and the same seed gives the same bytes everywhere.
// How the numbers become a picture stands in `portrait.ts`.

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { grey, type Image, type Labelled } from './image.ts';
import { blend, type Colour, type Occlusion, type Person, type Scene } from './paint.ts';
import { paintPortrait } from './portrait.ts';
import { Stream } from './random.ts';

/** What varies between pictures of one person. */
export const nuisances = ['pose', 'light', 'expression', 'occlusion', 'noise'] as const;
export type Nuisance = (typeof nuisances)[number];

export interface FaceOptions {
  readonly seed?: number;
  /** Width and height in pixels. */
  readonly size?: number;
  readonly channels?: 1 | 3;
  /** How strong the nuisances are: 0 none, 1 as in everyday photographs; one number, or one for each. */
  readonly nuisance?: number | Partial<Readonly<Record<Nuisance, number>>>;
}

export interface FacesOptions extends FaceOptions {
  readonly people: number;
  /** Pictures of each person. */
  readonly images: number;
  /** The first person: ranges that do not meet have no person in common (open set). */
  readonly first?: number;
}

/**
 * Pictures of made-up people.
 *
 * Shapes    people · images pictures of size × size, those of a person side by side; 32 × 32 grey by default
 * Units     nuisance strengths are dimensionless, 0 … 2
 * Edges     picture i of person p depends on seed, p, i, size and the strengths only, never on how many are asked for
 * Throws    DomainError for counts, sizes or strengths that are none
 */
export function faces(given: FacesOptions): Labelled {
  demandSort('record', { options: given }, 'faces');
  const { people, images, first = 0, ...options } = given;
  if (![people, images, first].every((n) => Number.isInteger(n) && n >= 0)) {
    throw new DomainError(message(
      `faces: ${people} people from ${first}, ${images} images each`, 'Counts are whole numbers ≥ 0', 'Check the options'));
  }
  const list: Image[] = [];
  for (let p = 0; p < people; p++) for (let i = 0; i < images; i++) list.push(face(first + p, i, options));
  return {
    images: list,
    labels: Int32Array.from({ length: people * images }, (_, n) => Math.floor(n / images)),
    people: Array.from({ length: people }, (_, p) => `person ${first + p}`),
  };
}

/** One picture: image `image` of person `person`; see `faces`. */
export function face(
  person: number,
  image: number,
  options: FaceOptions = {},
): Image {
  demandSort('record', { options }, 'face');
  const { seed = 1, size = 32, channels = 1, nuisance = 1 } = options;
  const strength = (name: Nuisance): number => (typeof nuisance === 'number' ? nuisance : (nuisance[name] ?? 1));
  const wrong = nuisances.find((name) => !(strength(name) >= 0 && strength(name) <= 2));
  if (!Number.isInteger(size) || size < 8 || size > 1024 || wrong !== undefined) {
    throw new DomainError(
      message(
        `face: size ${size}${wrong === undefined ? '' : `, ${wrong} ${strength(wrong)}`}`,
        'The size is 8 … 1024 pixels and strengths are 0 … 2',
        'Check the options',
      ),
    );
  }
  const stream = new Stream(seed, 11, person, image);
  const picture = paintPortrait(somebody(new Stream(seed, 10, person)), someScene(stream, strength), size, stream);
  return channels === 1 ? grey(picture) : picture;
}

/** A colour between those of a list, by t in [0, 1]. */
function along(list: readonly Colour[], t: number): Colour {
  const at = t * (list.length - 1);
  const i = Math.min(list.length - 2, Math.floor(at));
  return blend(list[i]!, list[i + 1]!, at - i);
}

const skins: readonly Colour[] = [
  [0.98, 0.86, 0.77],
  [0.93, 0.76, 0.64],
  [0.84, 0.64, 0.49],
  [0.68, 0.47, 0.33],
  [0.5, 0.33, 0.23],
  [0.36, 0.23, 0.17],
];
const hairs: readonly Colour[] = [
  [0.07, 0.06, 0.06],
  [0.2, 0.13, 0.09],
  [0.36, 0.23, 0.14],
  [0.55, 0.3, 0.14],
  [0.76, 0.6, 0.36],
  [0.87, 0.77, 0.55],
];
const greyHair: Colour = [0.72, 0.72, 0.72];
const irises: readonly Colour[] = [[0.16, 0.1, 0.07], [0.32, 0.2, 0.1], [0.33, 0.4, 0.25], [0.3, 0.45, 0.6]];

/** The numbers of a person. */
function somebody(r: Stream): Person {
  const tone = r.uniform();
  const skin = along(skins, tone);
  // Light hair is rarer the darker the skin.
  const shade = r.uniform() * (1 - 0.75 * tone);
  const hair = r.uniform() < 0.15 ? blend(along(hairs, shade), greyHair, r.between(0.5, 1)) : along(hairs, shade);
  const volume = r.between(1.03, 1.22);
  const beardKind = r.uniform();
  const bearded = r.uniform() < 0.3;
  const bald = r.uniform() < 0.1;
  const long = r.uniform() < 0.4;
  return {
    skin,
    hair,
    iris: along(irises, r.uniform() * (1 - 0.7 * tone)),
    lips: blend(blend(skin, [0.72, 0.25, 0.25], r.between(0.25, 0.6)), [0, 0, 0], 0.08),
    head: { width: r.between(0.68, 0.86), jaw: r.between(0, 1), ears: r.between(0.1, 0.19) },
    locks: {
      volume,
      hairline: bald ? -1.4 : r.between(-0.72, -0.34),
      slant: r.between(-0.35, 0.35),
      temples: r.between(0.25, 0.8),
      length: long && !bald ? r.between(0.5, 1.5) : -0.2,
      curls: r.uniform() < 0.35 ? r.between(0.3, 1) : 0.05,
    },
    brows: {
      height: r.between(0.14, 0.25),
      thickness: r.between(0.022, 0.06),
      tilt: r.between(-0.25, 0.25),
      arch: r.between(0.1, 0.9),
      width: r.between(0.17, 0.25),
    },
    eyes: {
      y: r.between(-0.16, -0.02),
      spacing: r.between(0.27, 0.39),
      width: r.between(0.12, 0.18),
      height: r.between(0.05, 0.09),
      tilt: r.between(-0.2, 0.2),
    },
    nose: { y: r.between(0.24, 0.38), width: r.between(0.09, 0.18), bridge: r.between(0.03, 0.07) },
    mouth: {
      y: r.between(0.53, 0.64),
      width: r.between(0.2, 0.34),
      upper: r.between(0.025, 0.065),
      lower: r.between(0.035, 0.09),
    },
    beard: { full: bearded && beardKind < 0.6 ? r.between(0.4, 1) : 0, moustache: bearded ? r.between(0.5, 1) : 0 },
    lines: r.uniform() < 0.5 ? 0 : r.between(0.3, 1),
    mole: { x: r.between(-0.5, 0.5), y: r.between(0.1, 0.8), size: r.uniform() < 0.3 ? r.between(0.025, 0.04) : 0 },
  };
}

/** How one picture was taken. */
function someScene(r: Stream, strength: (name: Nuisance) => number): Scene {
  const [pose, light, expression] = [strength('pose'), strength('light'), strength('expression')];
  const covered = r.uniform() < 0.18 * strength('occlusion');
  const kinds: readonly Occlusion[] = ['glasses', 'glasses', 'sunglasses', 'scarf', 'hat', 'hand'];
  const occlusion = covered ? kinds[r.below(kinds.length)]! : 'none';
  return {
    occlusion,
    place: r.uniform(),
    fabric: [r.uniform(), r.uniform(), r.uniform()],
    yaw: pose * 0.1 * r.bell(),
    pitch: pose * 0.05 * r.bell(),
    roll: pose * 0.05 * r.bell(),
    x: pose * 0.03 * r.bell(),
    y: pose * 0.03 * r.bell(),
    scale: 1 + pose * 0.04 * r.bell(),
    light: [light * 0.35 * r.bell(), -0.3 + light * 0.25 * r.bell()],
    brightness: 1 + light * 0.1 * r.bell(),
    contrast: 1 + light * 0.1 * r.bell(),
    backdrop: light === 0 ? 0.6 : r.between(0.15, 0.9),
    smile: expression * 0.6 * r.bell() + 0.2,
    open: Math.max(0, expression * 0.5 * r.bell() - 0.2),
    lids: 1 - Math.min(0.95, Math.abs(expression * 0.2 * r.bell())),
    raise: expression * 0.03 * r.bell(),
    gaze: expression * 0.25 * r.bell(),
    noise: strength('noise') * r.between(0.005, 0.03),
  };
}
