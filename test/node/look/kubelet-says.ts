import type { CoreV1Event, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { statusesOf } from './processes.ts';

/** How the Pods' statuses tell of it: `13 OOMKilled, 7 Error`. */
export function statusesSay(pods: readonly V1Pod[]): string {
  return tally(pods.flatMap((pod) => statusesOf(pod)).map((status) => stateOf(status)));
}

/** What it says in Events of its own: `SystemOOM`. */
export function eventsSay(events: readonly CoreV1Event[]): string {
  return tally(events.map(({ reason = '', involvedObject }) => `${involvedObject.kind} ${reason}`));
}

function stateOf({ state, lastState, restartCount }: V1ContainerStatus): string {
  const now =
    state?.terminated?.reason ?? state?.waiting?.reason ?? (state?.running && 'running') ?? '?';
  const before = lastState?.terminated?.reason;
  return before === undefined ? now : `${now} after ${restartCount} x ${before}`;
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => (count === 1 ? word : `${count} ${word}`)).join(', ');
}
