import type { ApiClient } from '../kube/api-client.ts';
import { classifyAnswer } from '../kube/classify-failure.ts';
import { TooLargeError } from '../kube/json-text.ts';
import { field, text } from '../kube/loose-json.ts';
import { jsonLines } from './json-lines.ts';
import { type PodApi, PodApiError, type WatchEvent } from './pod-api.ts';
import { toPodApiError } from './pod-failure.ts';
import { readPodList } from './pod-list.ts';

const PODS = '/api/v1/pods';

/**
 * The pods of one node at the API server: list and watch of `/api/v1/pods`, selected by
 * `spec.nodeName`. The one place that knows what a failure of either means to the reflector.
 */
export function kubePods(client: Pick<ApiClient, 'getStream'>, nodeName: string): PodApi {
  const node = { fieldSelector: `spec.nodeName=${nodeName}` };
  return {
    async list(resourceVersion, signal) {
      try {
        const query = { ...node, resourceVersion };
        return await readPodList(await client.getStream(PODS, query, signal));
      } catch (err) {
        throw toPodApiError('list pods', err);
      }
    },
    async *watch(resourceVersion, timeoutSeconds, signal) {
      const watch = { watch: 'true', allowWatchBookmarks: 'true' };
      const rest = { resourceVersion, timeoutSeconds: String(timeoutSeconds) };
      let isOpen = false;
      try {
        const lines = await client.getStream(PODS, { ...node, ...watch, ...rest }, signal);
        isOpen = true;
        yield { type: 'OPENED' };
        for await (const line of jsonLines(lines)) yield toWatchEvent(line);
      } catch (err) {
        throw toPodApiError('watch pods', err, isOpen);
      }
    },
  };
}

/** @throws {ApiError} for an ERROR event: its object is the Status an HTTP error would have carried. */
function toWatchEvent(line: unknown): WatchEvent {
  if (line instanceof TooLargeError) return { type: 'TOO_LARGE', err: line };
  const type = text(line, 'type');
  const object = field(line, 'object');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type, object };
    case 'ERROR': {
      const status = Number(field(object, 'code'));
      const body = JSON.stringify(object) ?? '';
      throw classifyAnswer('watch pods', { status, retryAfter: undefined, body });
    }
    case undefined:
    default:
      throw new PodApiError('unavailable', 'watch pods: an event of no known type');
  }
}
