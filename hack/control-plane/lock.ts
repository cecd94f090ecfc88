import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Log, needCommands } from './commands.ts';

/** Long enough for a process to give the lock back; after that somebody wants to know. */
const SAY_SO_AFTER_MS = 1_000;

/**
 * Does some work while holding a file's exclusive lock. It is the kernel's lock (flock(2)), held by
 * a child that ends with its stdin: however this process goes, the lock goes too; none is ever stale.
 */
export async function withLock<T>(file: string, log: Log, work: () => Promise<T>): Promise<T> {
  await needCommands({ flock: 'util-linux' });
  const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(holder, 'exit');
  const said = setTimeout(() => log(`waiting for another run that holds ${file}`), SAY_SO_AFTER_MS);
  await Promise.race([once(holder.stdout, 'data'), exited]);
  clearTimeout(said);
  if (holder.exitCode !== null) throw new Error(`flock ${file}: exit code ${holder.exitCode}`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await exited;
  }
}
