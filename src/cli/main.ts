#!/usr/bin/env node
// The command line as a process: `marginalia <command>`. What a command does and what its exit codes mean is in
// dispatch.ts; here stand a reader that goes away, and Ctrl-C (130).

import { dispatch } from './dispatch.ts';
import { wasTaken } from './interrupt.ts';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe went away (`| head`): who has something to save does so, for others nothing is left to do.
    const isGone = error.code === 'EPIPE';
    if (!isGone && stream === process.stdout) process.stderr.write(
      `marginalia: the output cannot be written: ${error.message}\n`);
    if (!wasTaken()) process.exit(isGone ? 0 : 2);
  });
}
process.on('SIGINT', () => {
  if (wasTaken()) return;
  process.stderr.write('\ninterrupted\n');
  process.exit(130);
});

process.exitCode = await dispatch(process.argv.slice(2));
