import type { ApiClient } from '../kube/api-client.ts';
import { jsonLines } from '../kube/json-lines.ts';
import { COMPONENT } from '../recorder/make-event.ts';
import { toWatchEvent } from '../reflector/kube-pods.ts';
import type { WatchEvent } from '../reflector/list-and-watch.ts';
import { listObjects, type ObjectList, pathOf } from './list-objects.ts';
import type { Wanted } from './select-kills.ts';

/**
 * The API server has no watch cache for Events, so no bookmark comes every minute; it ends a watch itself
 * after `timeoutSeconds`, ten minutes at most. A peer that is gone is noticed by TCP keep-alive.
 */
const IDLE_MS = 11 * 60_000;

/** Whose Events; what is absent is not narrowed. */
type EventScope = Pick<Wanted, 'namespace' | 'pod'>;

/** The Events of oom-recorder, as the API server tells them. Both fail with an `ApiError`. */
export interface EventApi {
  list(signal: AbortSignal): Promise<ObjectList>;
  watch(
    resourceVersion: string,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent>;
}

/**
 * List and watch of `events`, selected by their source at the server: the kubelet's own `SystemOOM` is left
 * out, for oom-recorder has one of its own for it, and the kubelet repeats old ones when it restarts.
 */
export function kubeEvents(
  client: Pick<ApiClient, 'getJson' | 'getStream'>,
  scope: EventScope,
): EventApi {
  const path = pathOf('events', scope.namespace);
  const selected = { fieldSelector: selectorOf(scope) };
  return {
    list: (signal) => listObjects(client, path, selected, signal),
    async *watch(resourceVersion, timeoutSeconds, signal) {
      const watch = { watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds };
      const lines = await client.getStream(path, { ...selected, ...watch }, signal, IDLE_MS);
      yield { type: 'OPENED' };
      for await (const line of jsonLines(lines)) yield toWatchEvent(line, 'watch events');
    },
  };
}

/** @see pkg/registry/core/event/strategy.go ToSelectableFields */
function selectorOf({ pod }: EventScope): string {
  const ofPod =
    pod === undefined ? [] : ['involvedObject.kind=Pod', `involvedObject.name=${escape(pod)}`];
  return [`source=${COMPONENT}`, ...ofPod].join(',');
}

/** apimachinery fields.EscapeValue. */
function escape(value: string): string {
  return value.replace(/[\\,=]/g, String.raw`\$&`);
}
