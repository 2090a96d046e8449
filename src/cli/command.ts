// What a command is to the command line: a line for the list, a help text, and a function from arguments to an exit code.

export interface Command {
  readonly summary: string;
  readonly help: string;
  readonly run: (args: readonly string[]) => number | Promise<number>;
}
