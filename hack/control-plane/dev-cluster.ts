import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { resolveBinaries } from './binaries.ts';
import { type Log, run } from './commands.ts';
import type { KeeperMessage } from './keep-cluster.ts';
import { withLock } from './lock.ts';
import { clusterFile, isRunning, readCluster, type RunningCluster } from './running-cluster.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const STOP_LIMIT_MS = 10_000;
const POLL_MS = 20;

/** The cluster that runs, else a new one that stays when this process ends. */
export async function startDevCluster(env: NodeJS.ProcessEnv, log: Log): Promise<RunningCluster> {
  const file = clusterFile(env);
  const binaries = await resolveBinaries({ env, log });
  await mkdir(dirname(file), { recursive: true });
  return withLock(`${file}.lock`, log, async () => {
    const running = await readCluster(file);
    if (running && (await answers(running))) {
      if (running.binaries === binaries.directory) return running;
      throw new Error(`another one runs, of ${running.binaries}: make dev-cluster-stop ends it`);
    }
    if (running) await end(running, file);
    return startKeeper(env);
  });
}

/** Whether there was one to stop. */
export async function stopDevCluster(env: NodeJS.ProcessEnv, log: Log): Promise<boolean> {
  const file = clusterFile(env);
  if (!existsSync(file)) return false;
  return withLock(`${file}.lock`, log, async () => {
    const running = await readCluster(file);
    if (running) await end(running, file);
    return running !== undefined;
  });
}

async function answers(cluster: RunningCluster): Promise<boolean> {
  if (!isRunning(cluster)) return false;
  const question = ['get', '--raw=/readyz', '--request-timeout=5s'];
  return run(`${cluster.binaries}/kubectl`, ['--kubeconfig', cluster.kubeconfig, ...question]).then(
    () => true,
    () => false,
  );
}

async function startKeeper(env: NodeJS.ProcessEnv): Promise<RunningCluster> {
  const keeper = fork(MAIN, ['keep'], {
    cwd: '/',
    detached: true,
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'], // `$(make dev-cluster)` waits for our stdout to close
  });
  const message = await new Promise<KeeperMessage>((resolve, reject) => {
    keeper.once('message', (message: KeeperMessage) => resolve(message));
    keeper.once('error', reject);
    keeper.once('exit', (code, signal) => {
      reject(new Error(`the cluster's keeper ended (${signal ?? `exit code ${code}`})`));
    });
  });
  if ('failed' in message) throw new Error(message.failed);
  keeper.disconnect();
  keeper.unref();
  return message.running;
}

/** Asks the keeper to end, which takes everything with it; insists after a while. */
async function end(cluster: RunningCluster, file: string): Promise<void> {
  const gone = () => !isRunning(cluster) && !existsSync(cluster.directory);
  const limit = performance.now() + STOP_LIMIT_MS;
  if (isRunning(cluster)) process.kill(cluster.pid, 'SIGTERM');
  while (!gone() && performance.now() < limit) await sleep(POLL_MS);
  if (isRunning(cluster)) process.kill(cluster.pid, 'SIGKILL');
  await rm(cluster.directory, { recursive: true, force: true });
  await rm(file, { force: true });
}
