import { setTimeout as sleep } from 'node:timers/promises';
import { type ExpectedEvent, onPod } from '../judge/expected.ts';
import { onePod } from '../play/pods.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../play/scene.ts';
import { groupAt } from '../play/scripts.ts';
import { until } from '../play/until.ts';

const AGENT = ['daemonset/oom-recorder', '-n', 'oom-recorder'];
const SAYS =
  'Memory limit of container app (32Mi) reached: killed process sh (pid {pid}) and 1 other process of the container, anon-rss {size}';
const OUTAGE_MS = 120_000;
/** Between two kills: an agent on an emulated machine takes several of these to start. */
const PAUSE_MS = 3000;
/** The kubelet waits 10 s before it starts a container again, the next time 20. */
const BACK_LIMIT_MS = 120_000;
const ROLLOUT_LIMIT = '--timeout=300s';

/** While the kubelet is away nobody hears that the containers ended. */
export const kubeletRestart: Row = {
  name: 'kubelet-restart',
  play: (scene) => killsDuring(scene, () => scene.node.restartKubelet()),
};

/** The old agent ends, then the new one starts: the kills between them are read from the ring. */
export const rollout: Row = {
  name: 'rollout',
  replacesAgent: true,
  play: (scene) =>
    killsDuring(scene, async () => {
      await scene.node.kubectl(['rollout', 'restart', ...AGENT]);
      await scene.node.kubectl(['rollout', 'status', ...AGENT, ROLLOUT_LIMIT]);
    }),
};

/** Twice: while it reads, and again as soon as it is back. */
export const agentKilled: Row = {
  name: 'agent-sigkill',
  inShort: true,
  replacesAgent: true,
  play: (scene) =>
    killsDuring(scene, async () => {
      const first = await agentPid(scene);
      await scene.node.shell(`kill -KILL ${first}`);
      const second = await until('another agent', BACK_LIMIT_MS, async () => {
        const pid = await agentPid(scene);
        return pid === '' || pid === first ? undefined : pid;
      });
      await scene.node.shell(`kill -KILL ${second}`);
      await sleep(PAUSE_MS); // so long it may still be called ready
      await scene.node.kubectl(['rollout', 'status', ...AGENT, ROLLOUT_LIMIT]);
    }),
};

const agentPid = async ({ node }: Scene): Promise<string> =>
  (await node.shell("pgrep -f '^/nodejs/bin/node .*oom-recorder.js' || true")).trim();

/** Nothing can be posted, and no pod's status can be heard of. */
export const apiServerAway: Row = {
  name: 'api-server-away',
  play: (scene) =>
    killsDuring(scene, async () => {
      await scene.node.stopApiServer();
      await sleep(OUTAGE_MS);
      await scene.node.startApiServer();
    }),
};

/** One container is killed before, one as it begins, and the others a few seconds apart, while it goes on. */
async function killsDuring(
  scene: Scene,
  interruption: () => Promise<unknown>,
): Promise<readonly ExpectedEvent[]> {
  const names = ['before', 'at-once', 'soon', 'later', 'much-later'];
  const plan = (name: string) =>
    onePod(name, { script: groupAt(2, name), limit: '32Mi', processes: 2 });
  await scene.start(...names.map((name) => plan(name)));
  await scene.release('before');
  const rest = names.slice(1);
  await Promise.all([interruption(), releaseInTurn(scene, rest)]);
  return names.map((name) => onPod(name, SAYS));
}

async function releaseInTurn(scene: Scene, gates: readonly string[]): Promise<void> {
  for (const gate of gates) {
    await scene.release(gate);
    await sleep(PAUSE_MS);
  }
}
