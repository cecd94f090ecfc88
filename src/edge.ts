import type { Readable } from 'node:stream';
import type { Clock } from './clock.ts';
import type { OnExit } from './kmsg/poll.ts';
import type { ProcessLike } from './telemetry/process-metrics.ts';

/** What a command needs of the process it runs in; `main.ts` gives it, tests give their own. */
export interface Edge {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  /** Results go to stdout. */
  readonly print: (text: string) => void;
  /** Resolves when what was printed is written: a pipe whose reader is slow takes its time. */
  readonly flush: () => Promise<void>;
  /** Logs, summaries and errors go to stderr. */
  readonly printError: (text: string) => void;
  readonly isTerminal: boolean;
  /** How wide stdout is, where it is a terminal. */
  readonly columns?: number | undefined;
  readonly clock: Clock;
  readonly onExit: OnExit;
  /** Of the process itself: its version and its own figures. */
  readonly runtime: ProcessLike;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}
