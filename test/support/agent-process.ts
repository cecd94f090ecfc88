import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { vi } from 'vitest';

/** `oom-recorder run` as a process of its own, as a node runs it. */
export interface AgentProcess extends AsyncDisposable {
  /** What it has printed on stdout and stderr so far, line by line. */
  readonly output: readonly string[];
  readonly log: readonly string[];
  readonly child: ChildProcess;
  /** Where it serves metrics and health, once it does. */
  port(): Promise<number>;
  /** Ends it with a signal; resolves to its exit code, or the signal's name. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** A second where nobody else wants the processor. */
const READY_MS = 50_000;

/**
 * Starts `oom-recorder run` with `args` and waits until it watches the log. V8 gets its own `flags`.
 *
 * @param under a command that runs another, as setpriv(1) does
 */
export async function startAgent(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  program = MAIN,
  flags: readonly string[] = [],
  under: readonly string[] = [],
): Promise<AgentProcess> {
  const agent = [process.execPath, ...flags, program, 'run', '--log-format=json', ...args];
  const [command = '', ...rest] = [...under, ...agent];
  const child = spawn(command, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, log] = [child.stdout, child.stderr].map((input) => {
    const lines: string[] = [];
    createInterface({ input }).on('line', (line) => lines.push(line));
    return lines;
  }) as [string[], string[]];
  const ended = once(child, 'exit');
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
    child.kill(signal);
    const [code, by] = (await ended) as [number | null, string | null];
    return code ?? by ?? 'unknown';
  };
  const isReady = (): boolean =>
    log.some((line) => /watching the (?:kernel log|tracepoint)/.test(line));
  await vi.waitUntil(() => isReady() || child.exitCode !== null, { timeout: READY_MS });
  if (!isReady()) throw new Error(`oom-recorder run did not start:\n${log.join('\n')}`);
  const port = async (): Promise<number> => {
    const serves = (): string | undefined => log.find((line) => line.includes('serving metrics'));
    const line = await vi.waitUntil(serves, { timeout: READY_MS });
    return (JSON.parse(line) as { port: number }).port;
  };
  return {
    output,
    log,
    child,
    port,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop('SIGKILL')),
  };
}
