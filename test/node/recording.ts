import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import type { NodeUnderTest } from './play/node-under-test.ts';
import { type ContainerProcess, statusesOf } from './look/processes.ts';
import type { Row } from './row.ts';
import type { Seen } from './look/seen.ts';

/**
 * Writes `node-<kernel>-<row>.kmsg`, the row's records, and `node-<kernel>-<row>.truth.json`: what the guest, its
 * counters and the containers' exit statuses say of the same deaths, none of it from the log.
 */
export async function recordRow(
  node: NodeUnderTest,
  row: Row,
  seen: Seen,
  directory: string,
): Promise<void> {
  const release = (await node.shell('uname -r')).trim();
  const [kernel = release] = /^\d+\.\d+/.exec(release) ?? [];
  const file = join(directory, `node-${kernel}-${row.name}`);
  const living = await livingOf(node, seen.processes);
  const truth = {
    kernel: release,
    singleProcessOomKill: seen.isSingleProcess,
    oomKillsCounted: seen.kernel.counted,
    pods: seen.pods.map((pod) => truthOf(pod, seen, living)),
  };
  await mkdir(directory, { recursive: true });
  await writeFile(`${file}.kmsg`, seen.kernel.records.map((record) => `${record}\n`).join(''));
  await writeFile(`${file}.truth.json`, `${JSON.stringify(truth, undefined, 2)}\n`);
  const logs = ['logs', 'daemonset/oom-recorder', '-n', 'oom-recorder'];
  await writeFile(`${file}.agent.ndjson`, await node.kubectl(logs));
}

function truthOf(pod: V1Pod, { processes }: Seen, living: ReadonlySet<number>): object {
  const { name, uid, annotations } = pod.metadata ?? {};
  const containers = statusesOf(pod).map((status) => {
    const inside = processes.filter(
      (process) => process.pod === name && process.container === status.name,
    );
    const { state, lastState, restartCount, containerID } = status;
    return {
      name: status.name,
      containerID,
      restartCount,
      terminated: state?.terminated ?? lastState?.terminated,
      processes: inside.map(({ pid, comm, cgroup }) => ({
        pid,
        comm,
        cgroup,
        lives: living.has(pid),
      })),
    };
  });
  return { name, uid, configHash: annotations?.['kubernetes.io/config.hash'], containers };
}

/** Those that are still there; a number is not given away again so soon. */
async function livingOf(
  node: NodeUnderTest,
  processes: readonly ContainerProcess[],
): Promise<ReadonlySet<number>> {
  const pids = processes.map(({ pid }) => pid);
  const text = await node.shell(
    `for pid in ${pids.join(' ')}; do [ -e /proc/$pid ] && echo $pid; done; true`,
  );
  return new Set(text.split('\n').filter(Boolean).map(Number));
}
