// Ctrl-C for a command that has something to save first. Such a command takes the first one and stops by itself; the
// second, and the first where nobody asked for it, end the process at once.

let taker: (() => void) | undefined;

/** Asks for the next Ctrl-C; gives a function that takes the request back. */
export function takeInterrupt(take: () => void): () => void {
  taker = take;
  return () => {
    taker = undefined;
  };
}

/** Hands a Ctrl-C to the command that asked for it; false where there is none. */
export function wasTaken(): boolean {
  const take = taker;
  taker = undefined;
  take?.();
  return take !== undefined;
}
