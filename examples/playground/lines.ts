// The derivation of the selected sample, line by line: the quantity, its formula, its value, and what the loss's
// derivative by it is. Pointing at a line lights what it speaks of in the picture.

import type { Explanation, JsonNumber, Line } from 'marginalia/explain';
import { fitChildren, html, part, say } from './dom.ts';
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

  constructor(touch: (parts: readonly string[]) => void) {
    const of = (target: EventTarget | null): readonly string[] => {
      const row = (target as Element | null)?.closest<HTMLTableRowElement>('#lines tr') ?? null;
      const line = row === null ? undefined : this.#shown[row.sectionRowIndex];
      return this.#parts.get(line?.number ?? -1) ?? [];
    };
    for (const name of ['pointerover', 'focusin']) this.#body.addEventListener(name, (event) => touch(of(event.target)));
    // Where a finger or a mouse is gone, the line the keyboard is at goes on.
    this.#body.addEventListener('pointerleave', () => touch(of(document.activeElement)));
    this.#body.addEventListener('focusout', () => touch([]));
  }

  // On a phone a row takes two lines, for which it is laid out as no table; the roles keep it one.
  draw(explanation: Explanation): void {
    this.#parts = partsTouched(explanation);
    this.#shown = explanation.lines.filter((line) => line.main && line.dtype !== 'i32');
    const rows = fitChildren(this.#body, this.#shown.length, () => html('tr', { tabindex: 0, role: 'row' },
      html('th', { scope: 'row', role: 'rowheader' }), html('td', { class: 'formula', role: 'cell' }), html('td', { role: 'cell' }), html('td', { role: 'cell' }))) as HTMLTableRowElement[];
    this.#shown.forEach((line, i) => {
      const [name, formula, value, adjoint] = rows[i]!.cells;
      say(name!, line.name);
      say(formula!, line.expanded);
      say(value!, numbers(line.value.values));
      say(adjoint!, line.adjoint === null ? 'no path' : numbers(line.adjoint.value.values));
    });
  }
}
