// `--html FILE` and `--markdown FILE`: what a command found, as a page that can be kept or sent. Shared by the commands
// that have pages; what is on them is theirs.

import { type Arguments, type Options, UsageError } from './arguments.ts';
import { writeText } from './output.ts';

export const pageOptions = { html: { type: 'string' }, markdown: { type: 'string' } } as const satisfies Options;

/** Writes the pages that were asked for; the files, in the order written. */
export function writePages(values: Arguments['values'], pages: Readonly<Record<keyof typeof pageOptions, () => string>>): string[] {
  return (['html', 'markdown'] as const).flatMap((kind) => {
    const path = values[kind];
    if (typeof path !== 'string') return [];
    if (path === '') throw new UsageError(`--${kind}: a file is needed, such as --${kind} page.${kind === 'html' ? 'html' : 'md'}`);
    writeText(path, pages[kind]());
    return [path];
  });
}
