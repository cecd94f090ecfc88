import { Command, CommanderError } from 'commander';
import { COMPLETE, complete } from './completion/complete.ts';
import type { Edge } from './edge.ts';
import { explainError, RecorderError } from './errors.ts';
import { FULL_VERSION } from './version.ts';

/** Exit codes that scripts can use. */
const FINE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

/** A program's root command: what it prints goes through the edge, and it never ends the process. */
export function newProgram(name: string, description: string, edge: Edge): Command {
  return new Command(name)
    .description(description)
    .version(FULL_VERSION)
    .configureOutput({ writeOut: edge.print, writeErr: edge.printError })
    .exitOverride();
}

/**
 * Parses the command line and runs the command; resolves to the exit code.
 *
 * @param argv as `process.argv`: the runtime, the script, then the arguments
 */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  { print, printError }: Edge,
): Promise<number> {
  const [, , first, ...words] = argv;
  if (first === COMPLETE) {
    print(complete(program, words));
    return FINE;
  }
  try {
    await program.parseAsync(argv, { from: 'node' });
    return FINE;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? FINE : WRONG_USAGE;
    printError(`${explainError(error)}\n`);
    return error instanceof RecorderError && error.isUsage ? WRONG_USAGE : FAILED;
  }
}
