// `--html FILE` and `--markdown FILE`: what a command found, as a page that can be kept or sent. Shared by the commands
// that have pages; what is on them is theirs.

import type { Arguments, Options } from './arguments.ts';
import { demandFile, writeText } from './output.ts';

export const pageOptions = { html: { type: 'string' }, markdown: { type: 'string' } } as const satisfies Options;

/** Refuses pages that could not be written, before the work that fills them. */
export function demandPages(values: Arguments['values']): void {
  for (const kind of Object.keys(pageOptions)) if (typeof values[kind] === 'string') demandFile(values[kind]);
}

/** Writes the pages that were asked for; the files, in the order written. */
export function writePages(
  values: Arguments['values'], pages: Readonly<Record<keyof typeof pageOptions, () => string>>
): string[] {
  return (['html', 'markdown'] as const).flatMap((kind) => {
    const path = values[kind];
    if (typeof path !== 'string') return [];
    writeText(path, pages[kind]());
    return [path];
  });
}
