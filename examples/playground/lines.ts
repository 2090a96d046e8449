// The derivation of the selected sample, line by line: the quantity, its formula, its value, and what the loss's
// derivative by it is. Pointing at a line lights what it speaks of in the picture.

import type { Explanation, JsonNumber, Line } from 'marginalia/explain';
import { fitChildren, html, part, say, set } from './dom.ts';
import { partsTouched } from './touched.ts';
import { short } from './words.ts';

const numbers = (values: readonly JsonNumber[] | undefined): string => {
  if (values === undefined) return '…';
  const shown = values.map((v) => short(Number(v)));
  return shown.length > 8 ? `${shown.slice(0, 8).join(', ')}, …` : shown.join(', ');
};

export class Lines {
  readonly #body = part<HTMLTableSectionElement>('lines');
  #shown: readonly Line[] = [];
  #parts: ReadonlyMap<number, readonly string[]> = new Map();
  #rows: readonly Element[] = [];
  /** The one row Tab stops at; arrows go from it to the others. */
  #stop = 0;

  constructor(touch: (parts: readonly string[]) => void) {
    const of = (target: EventTarget | null): readonly string[] => {
      const row = (target as Element | null)?.closest<HTMLTableRowElement>('#lines tr') ?? null;
      const line = row === null ? undefined : this.#shown[row.sectionRowIndex];
      return this.#parts.get(line?.number ?? -1) ?? [];
    };
    for (const name of ['pointerover', 'focusin']) this.#body.addEventListener(name, (event) => touch(of(event.target)));
    this.#body.addEventListener('focusin', (event) => this.#stopAt(this.#rows.indexOf((event.target as Element).closest('tr')!)));
    this.#body.addEventListener('keydown', (event) => {
      const to = { ArrowDown: this.#stop + 1, ArrowUp: this.#stop - 1, Home: 0, End: this.#rows.length - 1 }[event.key];
      if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      (this.#rows[to] as HTMLElement | undefined)?.focus();
      event.preventDefault();
    });
    // Where a finger or a mouse is gone, the line the keyboard is at goes on.
    this.#body.addEventListener('pointerleave', () => touch(of(document.activeElement)));
    this.#body.addEventListener('focusout', () => touch([]));
  }

  #stopAt(i: number): void {
    this.#stop = Math.max(0, Math.min(i, this.#rows.length - 1));
    this.#rows.forEach((row, n) => set(row, { tabindex: n === this.#stop ? 0 : -1 }));
  }

  // On a phone a row takes two lines, for which it is laid out as no table; the roles keep it one.
  draw(explanation: Explanation): void {
    this.#parts = partsTouched(explanation);
    this.#shown = explanation.lines.filter((line) => line.main && line.dtype !== 'i32');
    const rows = fitChildren(this.#body, this.#shown.length, () => html('tr', { role: 'row' },
      html('th', { scope: 'row', role: 'rowheader' }), html('td', { class: 'formula', role: 'cell' }), html('td', { role: 'cell' }), html('td', { role: 'cell' }))) as HTMLTableRowElement[];
    if (rows !== this.#rows) {
      this.#rows = rows;
      this.#stopAt(this.#stop);
    }
    this.#shown.forEach((line, i) => {
      const [name, formula, value, adjoint] = rows[i]!.cells;
      say(name!, line.name);
      say(formula!, line.expanded);
      say(value!, numbers(line.value.values));
      say(adjoint!, line.adjoint === null ? 'no path' : numbers(line.adjoint.value.values));
    });
  }
}
