import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { tied } from '../../hack/control-plane/tied-process.ts';

/** An agent for somebody to kill. */
export interface SpawnedAgent {
  readonly child: ChildProcess;
  /** Resolves when it watches the log, or has ended before. */
  readonly reads: Promise<void>;
  readonly ended: Promise<unknown>;
}

export interface SpawnOptions {
  /** Of `run`. */
  readonly args: readonly string[];
  /** Files of this directory that are loaded before the agent. */
  readonly preloads: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** V8's. */
  readonly flags?: readonly string[];
  /** In place of its sources. */
  readonly program?: string;
  /** Told of each line it logs, JSON. */
  readonly onLine?: (line: string) => void;
}

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** The agent as a node runs it, from its sources unless told otherwise; it does not outlive this process. */
export function spawnAgent(options: SpawnOptions): SpawnedAgent {
  const { args, preloads, flags = [], program = MAIN, onLine = () => undefined } = options;
  const imports = preloads.flatMap((file) => ['--import', join(import.meta.dirname, file)]);
  const command = [...flags, ...imports, program, 'run', '--log-format=json', ...args];
  const [file, ...rest] = tied([process.execPath, ...command]);
  const env = { PATH: process.env['PATH'], ...options.env };
  const child = spawn(file, rest, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  const { promise: reads, resolve } = Promise.withResolvers<void>();
  void ended.then(() => resolve());
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.includes('watching the kernel log')) resolve();
    onLine(line);
  });
  return { child, reads, ended };
}
