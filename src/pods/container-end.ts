import { parseCgroupPath } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { ContainerEntry, PodEntry, Termination } from './pod-directory.ts';

/** metav1.Time has whole seconds. */
export const SECOND_MS = 1000;
/** 128 + SIGKILL, the OOM killer's signal. */
const SIGKILLED = 137;

/** Whether a container that started in that second had certainly done so by some moment. */
function hadStarted(startedAtMs: number | undefined, atMs: number): boolean {
  return startedAtMs !== undefined && startedAtMs + SECOND_MS <= atMs;
}

/**
 * Whether a container's main process was there at some moment, and ended by SIGKILL then or later, by
 * what the runtime noted. Cut to seconds, the start is taken to be as late and the end as late as it
 * can have been.
 */
export function wasKilledSince(end: Termination | undefined, atMs: number): boolean {
  const { exitCode, startedAtMs, finishedAtMs = -Infinity } = end ?? {};
  const isEndSince = finishedAtMs + SECOND_MS > atMs;
  return exitCode === SIGKILLED && hadStarted(startedAtMs, atMs) && isEndSince;
}

/**
 * Where the pod's counter alone moved: the container in which somebody can have been killed, if it is
 * the only one. In the others the counter stood still, and it is the one of a run that had begun by
 * then; or they cannot run any more: the status of one that ended may be older than its restart.
 */
export function onlyOneLeft(pod: PodEntry, { evidence, taskMemcg, atMs }: OomEpisode) {
  if (taskMemcg !== undefined || evidence?.source !== 'pod-counter') return undefined;
  const unmoved = new Set(
    (evidence.unmoved ?? []).map((cgroup) => parseCgroupPath(cgroup)?.containerId),
  );
  const isUntouched = (container: ContainerEntry): boolean =>
    container.ids.some((id) => unmoved.has(id) && hadStarted(startOf(container, id), atMs));
  const [left, ...others] = pod.containers.filter(
    (container) => !isUntouched(container) && !isDone(container, pod),
  );
  return others.length === 0 ? left : undefined;
}

/** When that run of the container began, as far as its status goes back. */
function startOf({ ids, runningSinceMs, lastTermination }: ContainerEntry, id: string) {
  if (lastTermination?.containerId === id) return lastTermination.startedAtMs;
  return id === ids[0] ? runningSinceMs : undefined;
}

/** An init container that completed, in a pod whose own containers have been started since. */
function isDone({ list, restarts, lastTermination }: ContainerEntry, { containers }: PodEntry) {
  const isInit = list === 'initContainers' && restarts !== true;
  const hasBegun = containers.some((other) => other.list === 'containers' && other.ids.length > 0);
  return isInit && hasBegun && lastTermination?.reason === 'Completed';
}
