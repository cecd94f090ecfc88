import { rm } from 'node:fs/promises';
import { startControlPlane } from './control-plane.ts';
import { clusterFile, type RunningCluster, startTimeOf, writeCluster } from './running-cluster.ts';

/** What the keeper tells the `make dev-cluster` that started it. */
export type KeeperMessage = { readonly running: RunningCluster } | { readonly failed: string };

/**
 * The whole life of the keeper, a process in a session of its own. A development cluster is tied to
 * it as a test's is to the test: one way to clean up, also when it is killed.
 */
export async function keepCluster(env: NodeJS.ProcessEnv): Promise<void> {
  process.once('disconnect', giveUp);
  const stopped = new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, resolve);
  });
  const file = clusterFile(env);
  try {
    await using cluster = await startControlPlane({ env });
    const { directory, kubeconfig, binaries } = cluster;
    const startTime = startTimeOf(process.pid) ?? '';
    const running = {
      pid: process.pid,
      startTime,
      directory,
      kubeconfig,
      binaries: binaries.directory,
    };
    await writeCluster(file, running);
    process.off('disconnect', giveUp);
    tell({ running });
    await stopped;
    await rm(file, { force: true });
  } catch (err) {
    tell({ failed: err instanceof Error ? err.message : String(err) });
  }
}

/** Ctrl-C at whoever started it, before it was ready. */
function giveUp(): void {
  process.exit(1);
}

function tell(message: KeeperMessage): void {
  if (process.connected) process.send?.(message);
}
