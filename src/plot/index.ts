// Pictures as SVG text: charts, the curves of recognition, features on circle and sphere, grids of images, figures of the
// paper. Plain arrays in, a text out; every picture has a title, a description, and colours for light and dark.

export { type ChartOptions, type Guide, lineChart, type Mark, type PanelOptions, panels, type Series } from './chart.ts';
export { angleHistogram, cmcPlot, detPlot, type RateCurve, rocPlot } from './curves.ts';
export { circlePlot, type EmbeddingOptions, spherePlot } from './embedding.ts';
export { figure2, figure6, type SweepPoint } from './figures.ts';
export { encodePng, type GridOptions, imageGrid, type Pixels } from './images.ts';
export { type Interval, type IntervalOptions, intervalPlot } from './intervals.ts';
export type { AxisOptions } from './scale.ts';
export type { PictureOptions, Theme } from './svg.ts';
