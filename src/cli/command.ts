// What a command is to the command line: a help text, and a function from arguments to an exit code. Its line in the list
// of commands stands in main.ts, which reads a command's file only when it is asked for.

export interface Command {
  readonly help: string;
  readonly run: (args: readonly string[]) => number | Promise<number>;
}
