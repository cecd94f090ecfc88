import type { StreamAnswer } from '../kube/api-client.ts';
import type { ApiError } from '../kube/api-errors.ts';
import { classifyAnswer } from '../kube/classify-failure.ts';
import { jsonLines } from './json-lines.ts';
import { field, text } from '../kube/loose-json.ts';
import { type PodApi, PodApiError, type PodList, type WatchEvent } from './pod-api.ts';
import { toPodApiError } from './pod-failure.ts';

/** What this needs of the API client. */
export interface PodTransport {
  getJson(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<unknown>;
  getStream(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<StreamAnswer>;
}

const PODS = '/api/v1/pods';
/** An error page is quoted, not kept. */
const MAX_ERROR_BYTES = 16 * 1024;

/**
 * The pods of one node at the API server: list and watch of `/api/v1/pods`, selected by
 * `spec.nodeName`. The one place that knows what a failure of either means to the reflector.
 */
export function kubePods(transport: PodTransport, nodeName: string): PodApi {
  const query = { fieldSelector: `spec.nodeName=${nodeName}` };
  return {
    async list(resourceVersion, signal) {
      try {
        return toPodList(await transport.getJson(PODS, { ...query, resourceVersion }, signal));
      } catch (err) {
        throw toPodApiError('list pods', err);
      }
    },
    async *watch(resourceVersion, timeoutSeconds, signal) {
      const watch = { watch: 'true', allowWatchBookmarks: 'true' };
      const rest = { resourceVersion, timeoutSeconds: String(timeoutSeconds) };
      let open = false;
      try {
        const answer = await transport.getStream(PODS, { ...query, ...watch, ...rest }, signal);
        if (answer.status !== 200) throw await refusal(answer);
        if (!isJson(answer)) throw new PodApiError('unavailable', 'watch pods: not JSON');
        open = true;
        yield { type: 'OPENED' };
        for await (const line of jsonLines(answer.body)) yield toWatchEvent(line);
      } catch (err) {
        throw toPodApiError('watch pods', err, open);
      }
    },
  };
}

function toPodList(answer: unknown): PodList {
  const resourceVersion = text(answer, 'metadata', 'resourceVersion');
  const items = field(answer, 'items');
  // An empty list may be written as null.
  if (resourceVersion === undefined || !(Array.isArray(items) || items === null)) {
    throw new PodApiError('unavailable', 'list pods: the answer is not a PodList');
  }
  return { items: items ?? [], resourceVersion };
}

/** @throws {ApiError} for an ERROR event: its object is the Status an HTTP error would have carried. */
function toWatchEvent(line: unknown): WatchEvent {
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

/** A proxy's page is a 200 as well, and must not count as an open watch. */
function isJson({ headers }: StreamAnswer): boolean {
  return headers['content-type']?.startsWith('application/json') === true;
}

async function refusal({ status, headers, body }: StreamAnswer): Promise<ApiError> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ERROR_BYTES) break;
  }
  return classifyAnswer('watch pods', {
    status,
    retryAfter: headers['retry-after'],
    body: Buffer.concat(chunks).toString('utf8'),
  });
}
