import type { CoreV1Event } from '@kubernetes/client-node';
import type { KernelLog } from '../look/kernel-log.ts';
import type { ContainerProcess } from '../look/processes.ts';
import type { Seen } from '../look/seen.ts';
import { pidIn, processesIn } from './expected.ts';
import { lineOf } from './wrong-events.ts';

type Words = Pick<Seen, 'events' | 'kernel' | 'processes'>;

/** What an Event says and the kernel, or the guest, knows better: nothing, or a line each. */
export function wrongWords(seen: Words): readonly string[] {
  return seen.events.flatMap((event) =>
    wrongIn(event, seen).map((what) => `${what}: ${lineOf(event)}`),
  );
}

function wrongIn(event: CoreV1Event, { kernel, processes }: Words): string[] {
  const { involvedObject: object, message = '' } = event;
  const wrong: string[] = [];
  const pid = pidIn(message);
  if (pid === undefined) return wrong;
  const kill = kernel.log.kills.get(pid);
  if (kill === undefined) wrong.push(`the kernel killed no ${pid}`);
  if (kill?.hasContext === true && message.includes('withheld')) wrong.push('not withheld');
  if (object.kind === 'Node') return wrong;
  const home = processes.find((process) => process.pid === pid);
  if (home !== undefined && !isAbout(event, home)) {
    wrong.push(`${pid} lived in ${home.pod}/${home.container}`);
  }
  const cgroup = home?.cgroup ?? kill?.cgroup;
  const wasGroup = kernel.log.groups.some((group) => isUnder(cgroup, group));
  if (message.includes('survived') && wasGroup) wrong.push('survived a group kill');
  const killed = killedWith(pid, kernel.log, processes);
  if (killed !== processesIn(message)) wrong.push(`the kernel killed ${killed} of them`);
  return wrong;
}

function isAbout({ involvedObject: object }: CoreV1Event, home: ContainerProcess): boolean {
  return object.name === home.pod && object.fieldPath?.endsWith(`{${home.container}}`) === true;
}

function isUnder(cgroup: string | undefined, group: string): boolean {
  return cgroup === group || cgroup?.startsWith(`${group}/`) === true;
}

/** How many were killed in the container of a process, itself included: none of ours is hit twice. */
function killedWith(
  pid: number,
  { kills }: KernelLog,
  processes: readonly ContainerProcess[],
): number {
  const homes = new Map(processes.map((process) => [process.pid, process.cgroup]));
  const containerOf = (one: number): string | undefined =>
    /[0-9a-f]{64}/.exec(homes.get(one) ?? kills.get(one)?.cgroup ?? '')?.[0];
  const container = containerOf(pid);
  if (container === undefined) return 1;
  return [...kills.keys()].filter((one) => containerOf(one) === container).length;
}
