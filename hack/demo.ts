import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../test/node/play/until.ts';
import { createNode, createPod } from '../test/support/cluster-objects.ts';
import { makeKill } from '../test/support/oom-kills.ts';
import { type SpawnedAgent, spawnAgent } from '../test/support/spawn-agent.ts';
import { run } from './control-plane/commands.ts';
import { type ControlPlane, startControlPlane } from './control-plane/control-plane.ts';
import { installPlugin, pluginEnv } from './install-plugin.ts';

const NODE = 'demo-node';
const NAMESPACE = 'shop';
/** From the kernel's line to kubectl. */
const LIMIT_MS = 15_000;
/** What a shell reports for a process that a signal ended: 128 + SIGINT. */
const EXIT_BY_SIGNAL = 130;

const say = (text: string): void => console.log(text);

/** A real API server, two Pods, real kills in their cgroups, and what people see of them. */
async function demo(): Promise<void> {
  say('# a real etcd and kube-apiserver, a Node, and the agent on this machine’s kernel log');
  await using cluster = await startControlPlane();
  await createNode(cluster, NODE);
  await using agent = await startAgent(cluster);
  await killInPod(cluster, { pod: 'checkout', container: 'app', name: 'java' });
  await killInPod(cluster, { pod: 'worker', container: 'jobs', name: 'convert', child: true });
  await untilEvents(cluster, 2);
  using plugin = await openPlugin();
  const env = pluginEnv(plugin.directory, cluster.env);
  await show(env, 'get', 'events', '-n', NAMESPACE);
  await show(env, 'describe', 'pod', 'checkout', '-n', NAMESPACE);
  await show(env, 'oom', '-n', NAMESPACE);
  await show(env, 'oom', 'worker', '-n', NAMESPACE);
  if (process.stdin.isTTY && process.stdout.isTTY) await untilEnter(cluster, agent);
}

interface DemoAgent extends AsyncDisposable {
  readonly url: string;
}

async function startAgent(cluster: ControlPlane): Promise<DemoAgent> {
  const state = mkdtempSync(join(tmpdir(), 'oom-recorder-demo-'));
  const flags = ['--start-at=now', '--listen=127.0.0.1:0', `--state-dir=${state}`];
  const serving = Promise.withResolvers<number>();
  const agent: SpawnedAgent = spawnAgent({
    args: [`--kubeconfig=${cluster.kubeconfig}`, `--node-name=${NODE}`, ...flags],
    preloads: [],
    env: {},
    onLine: (line) => {
      const said: { readonly msg: string; readonly port: number; readonly level: string } =
        JSON.parse(line);
      if (said.msg === 'serving metrics and health') serving.resolve(said.port);
      if (said.level === 'error') console.error(line);
    },
  });
  const gone = agent.ended.then(() => Promise.reject(new Error('the agent did not start')));
  const port = await Promise.race([serving.promise, gone]);
  gone.catch(() => undefined);
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      agent.child.kill('SIGTERM');
      await agent.ended;
      rmSync(state, { recursive: true, force: true });
    },
  };
}

interface Kill {
  readonly pod: string;
  readonly container: string;
  /** The victim’s name. */
  readonly name: string;
  /** A child is killed, and the container goes on. */
  readonly child?: boolean;
}

async function killInPod(cluster: ControlPlane, { pod, container, name, child }: Kill) {
  const id = randomBytes(32).toString('hex');
  const containers = [{ name: container, id, memory: '16Mi' }];
  const uid = await createPod(cluster, { name: pod, namespace: NAMESPACE, node: NODE, containers });
  const { pid } = await makeKill({
    pod: uid,
    container: id,
    limit: '16M',
    name,
    ...(child === true && { child }),
  });
  say(`# the kernel killed ${name} (pid ${pid}) in container ${container} of pod ${pod}`);
}

async function untilEvents(cluster: ControlPlane, count: number): Promise<void> {
  await until(`${count} Events`, LIMIT_MS, async () => {
    const names = await cluster.kubectl(['get', 'events', '-n', NAMESPACE, '-o', 'name']);
    return names.split('\n').filter((line) => line !== '').length >= count ? true : undefined;
  });
}

/** `kubectl oom`, in a directory for the PATH. */
async function openPlugin(): Promise<Disposable & { readonly directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-demo-'));
  await installPlugin(directory);
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  return { directory, [Symbol.dispose]: remove };
}

async function show(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<void> {
  say(`\n$ kubectl ${args.join(' ')}\n${(await run('kubectl', args, { env })).trimEnd()}`);
}

async function untilEnter(cluster: ControlPlane, { url }: DemoAgent): Promise<void> {
  say(`\n# the agent’s page and metrics: ${url}, ${url}metrics`);
  say(`# in another terminal: export KUBECONFIG=${cluster.kubeconfig}`);
  say('# Enter ends it');
  await once(process.stdin, 'data');
  process.stdin.unref();
}

// The agent and the API server end with this process, however it ends.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(EXIT_BY_SIGNAL));
demo().catch((err: unknown) => {
  console.error(err instanceof Error ? err.message : String(err));
  process.exitCode = 1;
});
