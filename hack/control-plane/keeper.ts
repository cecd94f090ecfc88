import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './commands.ts';
import { isRunning, type Kept, readKept, startTimeOf, writeKept } from './kept.ts';
import { withLock } from './lock.ts';

/** What the keeper tells the process that started it. */
type KeeperMessage<T> =
  | { readonly progress: string }
  | { readonly running: T }
  | { readonly failed: string };

const STOP_LIMIT_MS = 10_000;
const POLL_MS = 20;

export interface Wanted<T extends Kept> {
  readonly file: string;
  /** The program that becomes the keeper when its only argument is `keep`. */
  readonly main: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Whether one that runs will do; throws where somebody must decide. */
  readonly suits: (running: T) => Promise<boolean>;
}

/** The one that runs, else a new one that stays when this process ends. */
export async function findOrStart<T extends Kept>(wanted: Wanted<T>): Promise<T> {
  const { file, log, suits } = wanted;
  await mkdir(dirname(file), { recursive: true });
  return withLock(`${file}.lock`, log, async () => {
    const running = await readKept<T>(file);
    if (running && isRunning(running) && (await suits(running))) return running;
    if (running) await end(running, file);
    return startKeeper(wanted);
  });
}

/** Whether there was one to stop. */
export async function stopKept(file: string, log: Log): Promise<boolean> {
  if (!existsSync(file)) return false;
  return withLock(`${file}.lock`, log, async () => {
    const running = await readKept(file);
    if (running) await end(running, file);
    return running !== undefined;
  });
}

/** What a keeper keeps, and what others must know of it. */
export interface Keepable<T extends Kept> extends AsyncDisposable {
  readonly facts: Omit<T, keyof Kept>;
  readonly directory: string;
}

/**
 * The whole life of the keeper, a process in a session of its own. What it keeps is tied to it as a
 * test's is to the test: one way to clean up, also when it is killed.
 */
export async function keep<T extends Kept>(
  file: string,
  start: (log: Log) => Promise<Keepable<T>>,
): Promise<void> {
  process.once('disconnect', giveUp);
  const stopped = new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, resolve);
  });
  try {
    await using kept = await start((progress) => tell({ progress }));
    const { facts, directory } = kept;
    const startTime = startTimeOf(process.pid) ?? '';
    const running = { pid: process.pid, startTime, directory, ...facts };
    await writeKept(file, running);
    process.off('disconnect', giveUp);
    tell({ running });
    await stopped;
    await rm(file, { force: true });
  } catch (err) {
    tell({ failed: err instanceof Error ? err.message : String(err) });
  }
}

async function startKeeper<T extends Kept>({ main, env, log }: Wanted<T>): Promise<T> {
  const keeper = fork(main, ['keep'], {
    cwd: '/',
    detached: true,
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'], // `$(make dev-cluster)` waits for our stdout to close
  });
  const running = await new Promise<T>((resolve, reject) => {
    keeper.on('message', (message: KeeperMessage<T>) => {
      if ('progress' in message) log(message.progress);
      else if ('running' in message) resolve(message.running);
      else reject(new Error(message.failed));
    });
    keeper.once('error', reject);
    keeper.once('exit', (code, signal) => {
      reject(new Error(`the keeper ended (${signal ?? `exit code ${code}`})`));
    });
  });
  keeper.disconnect();
  keeper.unref();
  return running;
}

/** Asks the keeper to end, which takes everything with it; insists after a while. */
async function end(kept: Kept, file: string): Promise<void> {
  const gone = () => !isRunning(kept) && !existsSync(kept.directory);
  const limit = performance.now() + STOP_LIMIT_MS;
  if (isRunning(kept)) process.kill(kept.pid, 'SIGTERM');
  while (!gone() && performance.now() < limit) await sleep(POLL_MS);
  if (isRunning(kept)) process.kill(kept.pid, 'SIGKILL');
  await rm(kept.directory, { recursive: true, force: true });
  await rm(file, { force: true });
}

/** Ctrl-C at whoever started it, before it was ready. */
function giveUp(): void {
  process.exit(1);
}

function tell<T>(message: KeeperMessage<T>): void {
  if (process.connected) process.send?.(message);
}
