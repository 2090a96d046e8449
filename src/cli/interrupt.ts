// What asks a process to end (Ctrl-C and other signals, a reader that goes away), for a command that has something to
// save first. Such a command takes the first one and stops by itself; the second, and the first where nobody asked for
// it, end the process at once.

const signals = ['SIGTERM', 'SIGHUP'] as const;
let taker: (() => void) | undefined;

/** Asks for the next request to end; gives a function that takes the request back. */
export function takeInterrupt(take: () => void): () => void {
  taker = take;
  const giveBack = (): void => {
    taker = undefined;
    for (const signal of signals) process.off(signal, end);
  };
  const end = (): void => {
    wasTaken();
    giveBack();
  };
  // Listened to only now: a process that is busy and listens would not end.
  for (const signal of signals) process.on(signal, end);
  return giveBack;
}

/** Hands a request to end to the command that asked for it; false where there is none. */
export function wasTaken(): boolean {
  const take = taker;
  taker = undefined;
  take?.();
  return take !== undefined;
}
