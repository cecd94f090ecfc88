#!/usr/bin/env node
import { runCli } from './cli.ts';

/** What a shell reports for a process that a signal ended: 128 + SIGINT. */
const EXIT_BY_SIGNAL = 130;
const EXIT_FINE = 0;

const stopping = new AbortController();

/** The first signal stops the agent in an orderly way, a second one at once. */
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) process.exit(EXIT_BY_SIGNAL);
    stopping.abort();
  });
}

/** Whoever read our output has gone (`replay FILE | head`): that is no failure of ours. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_FINE);
  throw error;
});

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
