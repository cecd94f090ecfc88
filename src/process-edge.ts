import type { Edge } from './edge.ts';
import { explainError, OutputError } from './errors.ts';

/** What a shell reports for a process that a signal ended: 128 + SIGINT. */
const EXIT_BY_SIGNAL = 130;
const EXIT_FINE = 0;
const EXIT_FAILED = 1;

/**
 * Runs a command line in this process, and ends it. (The bundle is CommonJS, which cannot await outside of a
 * function.)
 *
 * @param run resolves to the exit code
 */
export async function runProcess(
  process: NodeJS.Process,
  run: (argv: readonly string[], edge: Edge) => Promise<number>,
): Promise<void> {
  const edge = processEdge(process);
  const exitCode = await run(process.argv, edge);
  // An exit would cut what is not written yet.
  await edge.flush();
  process.exit(exitCode);
}

/**
 * The edge to this process. From here on the first SIGINT or SIGTERM aborts `signal`, a second one ends
 * the process at once, and so does whoever read stdout and has gone (`replay FILE | head`), which is no failure;
 * a disk that is full is one.
 */
function processEdge(process: NodeJS.Process): Edge {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(EXIT_BY_SIGNAL);
      stopping.abort();
    });
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_FINE);
    process.stderr.write(`${explainError(new OutputError(error))}\n`);
    process.exit(EXIT_FAILED);
  });
  // The Events are what counts: an agent whose log nobody takes goes on.
  process.stderr.on('error', () => undefined);
  return {
    env: process.env,
    stdin: process.stdin,
    print: (text) => process.stdout.write(text),
    // Behind what was written before; a write that failed is told by then.
    flush: () => new Promise((resolve) => process.stdout.write('', () => resolve())),
    printError: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    clock: {
      wallMs: () => Date.now(),
      monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    },
    onExit: (callback) => {
      process.on('exit', callback);
      return () => process.off('exit', callback);
    },
    runtime: process,
    signal: stopping.signal,
  };
}
