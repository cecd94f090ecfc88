import { readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the next `make` must know of what a keeper keeps running. */
export interface Kept {
  /** The keeper's; everything ends with it. */
  readonly pid: number;
  /** Tells the keeper from a later process of the same pid. */
  readonly startTime: string;
  /** Everything it has written. */
  readonly directory: string;
}

/** `$XDG_STATE_HOME/oom-recorder/NAME.json`: a person has one of each. */
export function keptFile(env: NodeJS.ProcessEnv, name: string): string {
  const states = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state');
  return join(states, 'oom-recorder', `${name}.json`);
}

export async function readKept<T extends Kept>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined; // none, or the machine crashed while it was written
  }
}

export async function writeKept(file: string, kept: Kept): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(kept));
  await rename(`${file}.new`, file);
}

export function isRunning(kept: Kept): boolean {
  return startTimeOf(kept.pid) === kept.startTime;
}

/**
 * Field 22 of /proc/PID/stat, counted from the state (field 3) because the name before it, in
 * parentheses, may contain anything. A zombie, whose parent is slow to reap it, has ended.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[22 - 3];
  } catch {
    return undefined;
  }
}
