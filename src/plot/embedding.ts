// Features where a reader can see them: on the circle for two dimensions, on the sphere for three. Class weights are spokes
// or large marks. On the sphere the far side is drawn smaller and paler, the near side over it.

import { demandMade, demandSort } from '../base/demand.ts';
import { DomainError, message, ShapeError } from '../base/errors.ts';
import { element, label, marker, num, pathOf, picture, type PictureOptions, strokeOf, textWidth } from './svg.ts';

export interface EmbeddingOptions extends Partial<PictureOptions> {
  /** [N, 2] or [N, 3], row by row; the length of a row does not matter. */
  readonly features: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  /** [C, 2] or [C, 3]: the weight of class c in row c. */
  readonly weights?: ArrayLike<number>;
  readonly names?: readonly string[];
  readonly size?: number;
}

interface Dot {
  readonly label: number;
  readonly at: readonly number[];
}

function unitRows(values: ArrayLike<number>, dims: number, who: string): number[][] {
  if (values.length % dims !== 0) throw new ShapeError(message(
    `${who}: ${values.length} values as rows of ${dims}`, `Rows have ${dims} numbers`, 'Check the dimension of the features'));
  return Array.from({ length: values.length / dims }, (_, n) => {
    const row = Array.from({ length: dims }, (_, d) => values[n * dims + d]!);
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    if (!(length > 0 && length < Infinity)) throw new DomainError(message(
      `${who}: row ${n} has length ${length}`, 'A direction is needed', 'Leave such rows out'));
    return row.map((x) => x / length);
  });
}

function dotsOf(options: EmbeddingOptions, dims: number, who: string): Dot[] {
  demandMade(options, ['features', 'labels'], who, 'options with features and labels');
  const { features, labels } = options;
  demandSort('list', { features, labels }, who);
  const rows = unitRows(features, dims, who);
  if (rows.length !== labels.length) throw new ShapeError(message(
    `${who}: ${labels.length} labels for ${rows.length} rows`, 'Every row has a label', 'Check the lists'));
  return rows.map((at, n) => {
    if (!Number.isInteger(labels[n]) || labels[n]! < 0) throw new DomainError(message(
      `${who}: label ${labels[n]} of row ${n}`, 'Labels are whole numbers ≥ 0', 'Check the labels'));
    return { label: labels[n]!, at };
  });
}

function frame(
  options: EmbeddingOptions,
  kind: string,
  dots: readonly Dot[],
  draw: (cx: number, cy: number, r: number) => string,
): string {
  const { title = `Features on the ${kind}`, theme, names = [], size = 440 } = options;
  const classes = [...new Set(dots.map((dot) => dot.label))].sort((a, b) => a - b);
  const nameOf = (c: number): string => names[c] ?? `class ${c}`;
  const counts = classes.map((c) => `${nameOf(c)}, ${dots.filter((dot) => dot.label === c).length}`).join('; ');
  const desc = options.desc ?? `${dots.length} features of ${classes.length} classes as directions on the ${kind}: ${counts}.`;
  // Names that fit the height are listed; the description has them all.
  const listed = classes.slice(0, Math.max(1, Math.floor((size - 40) / 20)));
  const legend = 44 + Math.max(0, ...listed.map((c) => textWidth(nameOf(c))));
  return picture(
    { title, desc, width: size + legend, height: size, ...(theme && { theme }) },
    (top) =>
      draw(size / 2, top + size / 2, size / 2 - 34)
      + listed
        .map((c, i) => marker(c, size + 8, top + 30 + i * 20 - 4, 5) + label(nameOf(c), size + 20, top + 30 + i * 20))
        .join('')
      + (listed.length < classes.length
        ? label(`and ${classes.length - listed.length} more`, size + 20, top + 30 + listed.length * 20, { tone: 'quiet' })
        : ''),
  );
}

/**
 * Directions of two-dimensional features on the unit circle; every class has a ring of its own just inside, so that classes
 * that share directions do not hide each other.
 *
 * Shapes    features [N, 2], labels [N], weights [C, 2]
 * Throws    ShapeError for lists that do not fit, DomainError for rows without a direction
 */
export function circlePlot(options: EmbeddingOptions): string {
  const dots = dotsOf(options, 2, 'circlePlot');
  const weights = unitRows(options.weights ?? [], 2, 'circlePlot');
  const ring = new Map([...new Set(dots.map((dot) => dot.label))].sort((a, b) => a - b).map((c, i) => [c, i]));
  const step = Math.min(14, 90 / Math.max(1, ring.size));
  return frame(options, 'circle', dots, (cx, cy, r) =>
    [
      element('circle', { class: 'axis', cx, cy, r }),
      ...(
        [
          [0, '0'],
          [0.5, 'π/2'],
          [1, 'π'],
          [1.5, '−π/2'],
        ] as const
      ).map(([turn, text]) => {
        const [x, y] = [cx + (r + 20) * Math.cos(turn * Math.PI), cy - (r + 20) * Math.sin(turn * Math.PI)];
        return label(text, x, y + 4, { anchor: 'middle', tone: 'quiet' });
      }),
      element('path', { class: 'grid', d: `M${num(cx - r)} ${num(cy)}h${num(2 * r)}M${num(cx)} ${num(cy - r)}v${num(2 * r)}` }),
      ...weights.map(([x, y], c) =>
        element('path', {
          ...strokeOf(c),
          d: pathOf([
            [cx, cy],
            [cx + r * x!, cy - r * y!],
          ]),
        }),
      ),
      ...dots.map(({ label: c, at: [x, y] }) =>
        marker(c, cx + (r - 8 - step * ring.get(c)!) * x!, cy - (r - 8 - step * ring.get(c)!) * y!, 3.5, 0.8),
      ),
    ].join(''),
  );
}

/** The turn of the sphere towards the reader: about the vertical, then tipped forward. */
const [turn, tip] = [0.5, 0.35];

function viewed([x, y, z]: readonly number[]): readonly [number, number, number] {
  const [a, depth] = [x! * Math.cos(turn) + z! * Math.sin(turn), z! * Math.cos(turn) - x! * Math.sin(turn)];
  return [a, y! * Math.cos(tip) - depth * Math.sin(tip), y! * Math.sin(tip) + depth * Math.cos(tip)];
}

/**
 * Directions of three-dimensional features on the unit sphere, seen from a fixed side.
 *
 * Shapes    features [N, 3], labels [N], weights [C, 3]
 * Throws    ShapeError for lists that do not fit, DomainError for rows without a direction
 */
export function spherePlot(options: EmbeddingOptions): string {
  const dots = dotsOf(options, 3, 'spherePlot');
  const weights = unitRows(options.weights ?? [], 3, 'spherePlot').map((at, c): Dot & { weight: true } => ({
    label: c,
    at,
    weight: true,
  }));
  const seen = [...dots, ...weights].map((dot) => ({ dot, at: viewed(dot.at) })).sort((a, b) => a.at[2] - b.at[2]);
  return frame(options, 'sphere', dots, (cx, cy, r) =>
    [
      ...meridians().map(({ points, far }) =>
        element('path', {
          class: 'grid',
          ...(far && { 'stroke-dasharray': '2 3' }),
          d: pathOf(points.map(([x, y]) => [cx + r * x, cy - r * y])),
        }),
      ),
      element('circle', { class: 'axis', cx, cy, r }),
      ...seen.map(({ dot, at: [x, y, z] }) => {
        const near = (z + 1) / 2;
        const mark = marker(dot.label, cx + r * x, cy - r * y, ('weight' in dot ? 8 : 2.5) + 1.5 * near, 0.3 + 0.65 * near);
        return 'weight' in dot
          ? element('path', {
              ...strokeOf(dot.label),
              opacity: 0.3 + 0.65 * near,
              d: pathOf([
                [cx, cy],
                [cx + r * x, cy - r * y],
              ]),
            }) + mark
          : mark;
      }),
    ].join(''),
  );
}

/** Circles of latitude and longitude in pieces that lie on one side, far ones first. */
function meridians(): { points: (readonly [number, number])[]; far: boolean }[] {
  const circles = [-60, -30, 0, 30, 60].map((latitude) => (t: number) => {
    const [c, s] = [Math.cos((latitude * Math.PI) / 180), Math.sin((latitude * Math.PI) / 180)];
    return [c * Math.cos(t), s, c * Math.sin(t)];
  }).concat([0, 30, 60, 90, 120, 150].map((longitude) => (t: number) => {
    const [c, s] = [Math.cos((longitude * Math.PI) / 180), Math.sin((longitude * Math.PI) / 180)];
    return [c * Math.cos(t), Math.sin(t), s * Math.cos(t)];
  }));
  const pieces = circles.flatMap((circle) => {
    const parts: { points: (readonly [number, number])[]; far: boolean }[] = [];
    for (let k = 0; k <= 96; k++) {
      const [x, y, z] = viewed(circle((k / 96) * 2 * Math.PI));
      const last = parts.at(-1);
      if (last === undefined || last.far !== z < 0) {
        last?.points.push([x, y]);
        parts.push({ points: [[x, y]], far: z < 0 });
      } else last.points.push([x, y]);
    }
    return parts;
  });
  return pieces.sort((a, b) => Number(b.far) - Number(a.far));
}
