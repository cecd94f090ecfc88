import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { NodeUnderTest } from '../play/node-under-test.ts';

/** A process of a container, as the guest's own cgroup files list it. */
export interface ContainerProcess {
  readonly pid: number;
  readonly comm: string;
  /** From the root of the hierarchy, as the kernel names it. */
  readonly cgroup: string;
  readonly pod: string;
  readonly container: string;
}

const ROOT = '/sys/fs/cgroup';

/** `pid cgroup comm`, a line for each process of any pod. Builtins of the shell: no forks for each. */
const LIST = `find ${ROOT} -path '*kubepods*' -name cgroup.procs | while read -r file; do
  while read -r pid; do
    read -r comm </proc/$pid/comm && echo "$pid \${file%/cgroup.procs} $comm"
  done <"$file"
done 2>/dev/null; true`;

const LINE = /^(?<pid>\d+) (?<directory>\S+) (?<comm>.*)$/;

/** Who lives in the containers of some pods. Not the pause processes: no status names theirs. */
export async function listProcesses(
  node: Pick<NodeUnderTest, 'shell'>,
  pods: readonly V1Pod[],
): Promise<readonly ContainerProcess[]> {
  const owners = containersById(pods);
  const text = await node.shell(LIST);
  return text.split('\n').flatMap((line) => {
    const { pid, directory = '', comm = '' } = LINE.exec(line)?.groups ?? {};
    const id = /[0-9a-f]{64}/.exec(directory)?.[0] ?? '';
    const owner = owners.get(id);
    if (owner === undefined) return [];
    return [{ pid: Number(pid), comm, cgroup: directory.slice(ROOT.length), ...owner }];
  });
}

type Owner = Pick<ContainerProcess, 'pod' | 'container'>;

function containersById(pods: readonly V1Pod[]): ReadonlyMap<string, Owner> {
  return new Map(
    pods.flatMap((pod) =>
      statusesOf(pod).map(({ containerID = '', name }) => [
        containerID.replace(/^\w+:\/\//, ''),
        { pod: pod.metadata?.name ?? '', container: name },
      ]),
    ),
  );
}

/** Of all its kinds of container. */
export function statusesOf({ status }: V1Pod): readonly V1ContainerStatus[] {
  return [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
}
