// What `train` shows while it runs: a bar that is drawn over itself on a terminal, and a line per epoch everywhere.

import type { EpochRecord, StepReport } from '../train/index.ts';
import { progress } from './output.ts';

/** 0:07, 12:34, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const thousands = (n: number): string => Math.round(n).toLocaleString('en');

/** A bar of so many columns, filled to a share. */
export function bar(share: number, columns: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * columns);
  return '━'.repeat(full) + '─'.repeat(columns - full);
}

/** A list behind its heading, in lines of at most 80 columns. */
export function listLines(heading: string, items: readonly string[]): string {
  const lines = [heading];
  for (const item of items) {
    const longer = `${lines.at(-1)!}  ${item}`;
    if (longer.length <= 80) lines[lines.length - 1] = longer;
    else lines.push(`  ${item}`);
  }
  return lines.join('\n');
}

/** What both the bar and the lines say. */
function measures({ loss, accuracy, support }: Pick<EpochRecord, 'loss' | 'accuracy' | 'support'>, classifies: boolean): string {
  return [
    `loss ${loss.toFixed(loss < 10 ? 3 : 2)}`,
    ...(classifies ? [`right ${percent(accuracy)}`, `support ${percent(support)}`] : [])
  ].join('  ');
}

/** The line of a finished epoch. */
export function epochLine(record: EpochRecord, epochs: number, classifies: boolean, imagesPerSecond: number): string {
  const count = `epoch ${String(record.epoch).padStart(String(epochs).length)}/${epochs}`;
  // The speed of the first steps is not known yet.
  const speed = imagesPerSecond > 0 ? `  ${thousands(imagesPerSecond)} images/s` : '';
  return `${count}  ${measures(record, classifies)}  rate ${record.rate.toPrecision(2)}${speed}`;
}

/** How fast a run goes, and the bar that says so: the speed is that of the last seconds. */
export class Speed {
  #shown = -Infinity;
  readonly #marks: { readonly at: number; readonly images: number; readonly step: number }[] = [];
  #images = 0;

  /** Takes note of a step at a time in ms. */
  note({ images, position }: StepReport, now: number): void {
    this.#images += images;
    const last = this.#marks.at(-1);
    if (last !== undefined && now - last.at < 100) return;
    this.#marks.push({ at: now, images: this.#images, step: position.step });
    if (this.#marks.length > 50) this.#marks.shift();
  }

  #between(measure: (mark: { readonly images: number; readonly step: number }) => number): number {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    return first === undefined || last === undefined || last.at === first.at ? 0
      : (1000 * (measure(last) - measure(first))) / (last.at - first.at);
  }

  imagesPerSecond(): number {
    return this.#between(({ images }) => images);
  }

  /** Draws the bar, ten times a second at most. */
  show(
    report: StepReport, total: { readonly steps: number; readonly epochs: number; readonly classifies: boolean }, now: number
  ): void {
    if (now - this.#shown < 100) return;
    this.#shown = now;
    const { step, epoch } = report.position;
    const rate = this.#between((mark) => mark.step);
    const words = [
      `${Math.min(epoch + 1, total.epochs)}/${total.epochs}`, measures(report, total.classifies),
      ...(rate > 0 ? [`${thousands(this.imagesPerSecond())} images/s`, `${clock((total.steps - step) / rate)} left`] : []),
    ].join('  ');
    const columns = process.stderr.columns ?? 80;
    const room = columns - words.length - 2;
    progress(room < 4 ? words.slice(0, columns - 1) : `${bar(step / total.steps, Math.min(30, room))} ${words}`);
  }
}
