// What the page shows, as data, and its text in the address: opening a copied address shows the same picture.
// Angles are kept in tenths of a degree and lengths in hundredths, so that text and state are the same thing.

export interface Sample {
  readonly angle: number;
  readonly length: number;
  readonly label: number;
}

/** The formulas in the boxes, as they are typed. */
export interface OwnFormulas {
  /** The target's modified cosine, of c[y]. */
  readonly f: string;
  /** The modified cosine of another class, of c[k] and f. */
  readonly h: string;
  /** The factor of a sample, of ℓ and p[y]. */
  readonly g: string;
  /** A claim, such as d(L, c[k]) = s * p[k] where k != y. */
  readonly line: string;
}

export const svFormulas: OwnFormulas = {
  f: 'c[y] - m', h: 't * c[k] + t - 1 if c[k] > f else c[k]', g: '1', line: 'd(L, c[k]) = s * p[k] * (t if c[k] > f else 1) where k != y',
};

export interface State {
  readonly loss: string;
  /** The loss's parameters by its own letters; `s` among them. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Angles of the class weights, in degrees. */
  readonly weights: readonly number[];
  readonly samples: readonly Sample[];
  readonly selected: number;
  readonly formulas: OwnFormulas;
}

export const classLimit = 10;
export const sampleLimit = 200;
/** A longer sample would lie outside the picture, where no hand can reach it. */
const lengthLimit = 1.3;

/** Numbers in [0, 1) that follow from a seed. */
function* fractions(seed: number): Generator<number, never> {
  let state = seed >>> 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

const tenth = (degrees: number): number => (((Math.round(degrees * 10) % 3600) + 3600) % 3600) / 10;
const hundredth = (length: number): number => Math.min(lengthLimit, Math.max(0.05, Math.round(length * 100) / 100));

/** Classes evenly around the circle, samples scattered about their own class: some of them on the wrong side. */
export function scattered(classes: number, perClass: number, seed = 1): Pick<State, 'weights' | 'samples'> {
  const draw = fractions(seed);
  const bell = (): number => draw.next().value + draw.next().value + draw.next().value - 1.5;
  const weights = Array.from({ length: classes }, (_, k) => tenth((360 * k) / classes + 25));
  const samples = Array.from({ length: classes * perClass }, (_, n): Sample => {
    const label = n % classes;
    return { angle: tenth(weights[label]! + (220 / classes) * bell()), length: hundredth(0.75 + 0.2 * bell()), label };
  });
  return { weights, samples };
}

/** A sample that another class beats, so that the first picture has a support vector to show. */
export const initial: State = {
  loss: 'sv-am-softmax', parameters: { s: 16, t: 1.2, m: 0.2 }, ...scattered(4, 8), selected: 24, formulas: svFormulas,
};

const formulaNames = ['f', 'h', 'g', 'line'] as const;
const formulaLimit = 500;

const digit = (n: number, width: number): string => n.toString(36).padStart(width, '0');

/** The state as the part of an address after #. */
export function toHash(state: State): string {
  const angle = (degrees: number): string => digit(Math.round(tenth(degrees) * 10), 3);
  const fields = {
    loss: state.loss,
    ...Object.fromEntries(Object.entries(state.parameters).map(([name, value]) => [`p.${name}`, String(value)])),
    w: state.weights.map(angle).join(''),
    x: state.samples.map((x) => digit(x.label, 1) + angle(x.angle) + digit(Math.round(x.length * 100), 2)).join(''),
    n: String(state.selected),
    // Formulas are long; those that nobody has touched stay out of the address.
    ...Object.fromEntries(formulaNames.filter((name) => state.formulas[name] !== svFormulas[name]).map((name) => [`o.${name}`, state.formulas[name]])),
  };
  return new URLSearchParams(fields).toString();
}

const chunks = (text: string, size: number): string[] => text.match(new RegExp(`.{${size}}`, 'g')) ?? [];

/** A number as text, and nothing else that Number would take for one: not the empty text, for which it says 0. */
const numberOf = (text: string): number => (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(text) : NaN);

/**
 * Reads an address; undefined for a text that is none of ours, and for one whose loss cannot have these parameters: a
 * picture of other values would not be what the address says.
 */
export function fromHash(hash: string, canHave: (loss: string, parameters: State['parameters']) => boolean): State | undefined {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const loss = fields.get('loss');
  const [w, x] = [fields.get('w') ?? '', fields.get('x') ?? ''];
  if (loss === null || !/^[0-9a-z]+$/.test(w + x) || w.length % 3 !== 0 || x.length % 6 !== 0) return undefined;
  const weights = chunks(w, 3).map((part) => parseInt(part, 36) / 10);
  const samples = chunks(x, 6).map((part): Sample => ({
    label: parseInt(part[0]!, 36), angle: parseInt(part.slice(1, 4), 36) / 10, length: parseInt(part.slice(4), 36) / 100,
  }));
  const selected = numberOf(fields.get('n') ?? '0');
  const parameters = Object.fromEntries([...fields].filter(([name]) => name.startsWith('p.')).map(([name, value]) => [name.slice(2), numberOf(value)]));
  const formulas = Object.fromEntries(formulaNames.map((name) => [name, fields.get(`o.${name}`) ?? svFormulas[name]])) as unknown as OwnFormulas;
  const fits = weights.length >= 2 && weights.length <= classLimit && samples.length >= 1 && samples.length <= sampleLimit
    && weights.every((a) => a < 360)
    && samples.every(({ label, angle, length }) => label < weights.length && angle < 360 && length > 0 && length <= lengthLimit)
    && Number.isInteger(selected) && selected >= 0 && selected < samples.length
    && canHave(loss, parameters)
    && Object.values(formulas).every((text: string) => text.length <= formulaLimit);
  return fits ? { loss, parameters, weights, samples, selected, formulas } : undefined;
}

/** Moves one weight or sample; angle in degrees, the length of a weight is always drawn as 1. */
export function withWeight(state: State, k: number, angle: number): State {
  return { ...state, weights: state.weights.with(k, tenth(angle)) };
}

export function withSample(state: State, n: number, place: { angle?: number; length?: number; label?: number }): State {
  const before = state.samples[n]!;
  const after = {
    angle: tenth(place.angle ?? before.angle), length: hundredth(place.length ?? before.length), label: place.label ?? before.label,
  };
  return { ...state, samples: state.samples.with(n, after) };
}

/** Another number of classes or samples: as many as there were are kept, the others are scattered anew. */
export function resized(state: State, classes: number, perClass: number): State {
  return { ...state, ...scattered(classes, perClass), selected: 0 };
}
