import { fileURLToPath } from 'node:url';
import { resolveBinaries } from './binaries.ts';
import { type Log, run } from './commands.ts';
import { startControlPlane } from './control-plane.ts';
import { findOrStart, keep, stopKept } from './keeper.ts';
import { type Kept, keptFile } from './kept.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const NAME = 'dev-cluster';

/** What the next `make dev-cluster` and `make dev-cluster-stop` must know of the one that runs. */
export interface RunningCluster extends Kept {
  readonly kubeconfig: string;
  /** The directory its binaries are in: which version it is. */
  readonly binaries: string;
}

/** The cluster that runs, else a new one that stays when this process ends. */
export async function startDevCluster(env: NodeJS.ProcessEnv, log: Log): Promise<RunningCluster> {
  const binaries = await resolveBinaries({ env, log });
  const suits = async (running: RunningCluster) => {
    if (!(await answers(running))) return false;
    if (running.binaries === binaries.directory) return true;
    throw new Error(`another one runs, of ${running.binaries}: make dev-cluster-stop ends it`);
  };
  return findOrStart({ file: keptFile(env, NAME), main: MAIN, env, log, suits });
}

/** Whether there was one to stop. */
export async function stopDevCluster(env: NodeJS.ProcessEnv, log: Log): Promise<boolean> {
  return stopKept(keptFile(env, NAME), log);
}

/** The keeper's part. */
export async function keepDevCluster(env: NodeJS.ProcessEnv): Promise<void> {
  await keep<RunningCluster>(keptFile(env, NAME), async () => {
    const cluster = await startControlPlane({ env });
    const { directory, kubeconfig, binaries } = cluster;
    const facts = { kubeconfig, binaries: binaries.directory };
    return { directory, facts, [Symbol.asyncDispose]: () => cluster.stop() };
  });
}

async function answers(cluster: RunningCluster): Promise<boolean> {
  const question = ['get', '--raw=/readyz', '--request-timeout=5s'];
  return run(`${cluster.binaries}/kubectl`, ['--kubeconfig', cluster.kubeconfig, ...question]).then(
    () => true,
    () => false,
  );
}
