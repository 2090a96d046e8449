// The line of source that asked for a step, found in the stack: the reader's own file, or where a loss of this package was
// written. The machinery between (ops, primitives, recorders) is passed over. A stack is taken only when somebody wants
// to show it; a user's file is named by its whole path, one of this package from the name of the package.

/** The folder of this package's modules: that of `graph/`, or of the one file the build puts them into. */
const own = import.meta.url.replace(/(graph\/)?[^/]*$/, '');
/** Losses lie deep below their caller, and ten frames, what an engine keeps by itself, may end before it. */
const frames = 100;

/** `/home/me/mine.ts:12`, or `marginalia/src/losses/classes.ts:52`; undefined where neither is in the stack. */
export function callerPosition(): string | undefined {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = frames;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = before;
  return positionIn(stack, own);
}

/** The same for a stack and an address at hand. */
export function positionIn(stack: string, folder: string): string | undefined {
  const top = /[^/]+\/$/.exec(folder)![0];
  for (const frame of stack.split('\n')) {
    const [, place, line] = /(?:^|[\s(@])((?:[a-z]+:\/)?\/.*?):(\d+):\d+\)?$/.exec(frame) ?? [];
    if (place === undefined) continue;
    // Some loaders name a file by its path, the others by an address, in which a space is %20.
    const url = place.includes('://') ? place : `file://${encodeURI(place)}`;
    if (url.startsWith(folder)) {
      const inside = url.slice(folder.length);
      if (inside.startsWith('losses/')) return `marginalia/${top}${inside}:${line!}`;
    } else if (!url.includes('/node_modules/')) return `${decodeURI(url).replace(/^file:\/\//, '')}:${line!}`;
  }
  return undefined;
}
