#!/usr/bin/env node
import { runCli } from './cli.ts';
import { explainError, OutputError } from './errors.ts';

/** What a shell reports for a process that a signal ended: 128 + SIGINT. */
const EXIT_BY_SIGNAL = 130;
const EXIT_FINE = 0;
const EXIT_FAILED = 1;

/** What is recorded tells of every tenant's processes: the state is this user's alone. */
const OWN_FILES_ONLY = 0o077;

process.umask(OWN_FILES_ONLY);
const stopping = new AbortController();

/** The first signal stops the agent in an orderly way, a second one at once. */
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) process.exit(EXIT_BY_SIGNAL);
    stopping.abort();
  });
}

/** Whoever read our output has gone (`replay FILE | head`): that is no failure of ours; a full disk is. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_FINE);
  process.stderr.write(`${explainError(new OutputError(error))}\n`);
  process.exit(EXIT_FAILED);
});

/** The Events are what counts: an agent whose log nobody takes goes on. */
process.stderr.on('error', () => undefined);

/** Behind what was written before; a write that failed is told by then. */
function flush(): Promise<void> {
  return new Promise((resolve) => process.stdout.write('', () => resolve()));
}

const exitCode = await runCli(process.argv, {
  env: process.env,
  stdin: process.stdin,
  print: (text) => process.stdout.write(text),
  flush,
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
});

// An exit would cut what is not written yet.
await flush();
process.exit(exitCode);
