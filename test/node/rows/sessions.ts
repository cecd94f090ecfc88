import { type ExpectedEvent, onPod } from '../judge/expected.ts';
import { onePod } from '../play/pods.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../play/scene.ts';
import { EAT, groupAt } from '../play/scripts.ts';

const REACHED = 'Memory limit of container app (32Mi) reached: killed process sh (pid {pid})';
const LIVE = { script: 'exec sleep 3600', limit: '32Mi' };
const SURVIVED = ", the container's main process survived";

/** What `kubectl exec` starts is charged to the container, and is no child of its main process. */
export const execSession: Row = {
  name: 'exec-session',
  play: (scene) =>
    playExec(scene, `${REACHED} and 1 other process of the container, anon-rss {size}`),
};

export const singleExecSession: Row = {
  name: 'single-exec-session',
  singleProcess: true,
  play: (scene) => playExec(scene, `${REACHED}, anon-rss {size}${SURVIVED}`),
};

async function playExec(scene: Scene, says: string): Promise<readonly ExpectedEvent[]> {
  await scene.start(onePod('visited', LIVE));
  await expectKilled(scene.kubectl('exec', 'visited', '--', 'sh', '-c', EAT));
  return [onPod('visited', says)];
}

/** As a shell says it of a child that got SIGKILL. */
async function expectKilled(session: Promise<unknown>): Promise<void> {
  const how = await session.then(
    () => 'its end',
    (err: unknown) => String(err),
  );
  if (!how.includes('137')) throw new Error(`the session was not killed: ${how}`);
}

/**
 * A container may divide its own cgroup, as systemd or a build does: its processes then die in a
 * cgroup below it. Done from outside, since `/sys/fs/cgroup` is read-only in a container.
 */
export const ownCgroup: Row = {
  name: 'own-cgroup',
  play: async (scene) => {
    await scene.start(
      onePod('divided', { script: groupAt(2), limit: '32Mi', processes: 2 }),
      onePod('limited', { script: groupAt(2), limit: '32Mi', processes: 2 }),
    );
    await divide(scene, 'divided');
    const limited = await divide(scene, 'limited');
    await scene.node.shell(`echo 16M >${limited}/memory.max`);
    await scene.release();
    return [
      onPod('divided', `${REACHED} and 1 other process of the container, anon-rss {size}`),
      onPod(
        'limited',
        `Memory limit of a cgroup inside container app (16Mi) reached: killed process sh (pid {pid}), anon-rss {size}${SURVIVED}`,
      ),
    ];
  },
};

/** Puts the main process into one half of a container's cgroup and the rest into another: its path. */
async function divide(scene: Scene, pod: string): Promise<string> {
  const [main, ...others] = scene.processes
    .filter((process) => process.pod === pod)
    .toSorted((a, b) => a.pid - b.pid);
  const scope = `/sys/fs/cgroup${main?.cgroup}`;
  await scene.node.shell(
    [
      `mkdir ${scope}/main ${scope}/work`,
      `echo ${main?.pid} >${scope}/main/cgroup.procs`,
      ...others.map(({ pid }) => `echo ${pid} >${scope}/work/cgroup.procs`),
      `echo +memory >${scope}/cgroup.subtree_control`,
    ].join(' && '),
  );
  return `${scope}/work`;
}
