import { readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the next `make dev-cluster` and `make dev-cluster-stop` must know of the one that runs. */
export interface RunningCluster {
  /** The keeper's; etcd and the API server end with it. */
  readonly pid: number;
  /** Tells the keeper from a later process of the same pid. */
  readonly startTime: string;
  readonly directory: string;
  readonly kubeconfig: string;
  /** The directory its binaries are in: which version it is. */
  readonly binaries: string;
}

/** `$XDG_STATE_HOME/oom-recorder/dev-cluster.json`: a person has one development cluster. */
export function clusterFile(env: NodeJS.ProcessEnv): string {
  const states = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state');
  return join(states, 'oom-recorder', 'dev-cluster.json');
}

export async function readCluster(file: string): Promise<RunningCluster | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined; // none, or the machine crashed while it was written
  }
}

export async function writeCluster(file: string, cluster: RunningCluster): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(cluster));
  await rename(`${file}.new`, file);
}

export function isRunning(cluster: RunningCluster): boolean {
  return startTimeOf(cluster.pid) === cluster.startTime;
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
