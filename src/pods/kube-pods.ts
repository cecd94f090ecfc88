import type { StreamAnswer } from '../kube/api-client.ts';
import type { ApiError } from '../kube/api-errors.ts';
import { classifyAnswer } from '../kube/classify-failure.ts';
import { TooLargeError } from '../kube/json-text.ts';
import { field, text } from '../kube/loose-json.ts';
import { jsonLines } from './json-lines.ts';
import { type PodApi, PodApiError, type WatchEvent } from './pod-api.ts';
import { toPodApiError } from './pod-failure.ts';
import { readPodList } from './pod-list.ts';

/** What this needs of the API client. */
export interface PodTransport {
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
  const node = { fieldSelector: `spec.nodeName=${nodeName}` };
  return {
    async list(resourceVersion, signal) {
      try {
        const query = { ...node, resourceVersion };
        return await readPodList(await open(transport, 'list pods', query, signal));
      } catch (err) {
        throw toPodApiError('list pods', err);
      }
    },
    async *watch(resourceVersion, timeoutSeconds, signal) {
      const watch = { watch: 'true', allowWatchBookmarks: 'true' };
      const rest = { resourceVersion, timeoutSeconds: String(timeoutSeconds) };
      let isOpen = false;
      try {
        const lines = await open(transport, 'watch pods', { ...node, ...watch, ...rest }, signal);
        isOpen = true;
        yield { type: 'OPENED' };
        for await (const line of jsonLines(lines)) yield toWatchEvent(line);
      } catch (err) {
        throw toPodApiError('watch pods', err, isOpen);
      }
    },
  };
}

/** The body of an answer that is what was asked for. A proxy's page is a 200 as well. */
async function open(
  transport: PodTransport,
  doing: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const answer = await transport.getStream(PODS, query, signal);
  if (answer.status !== 200) throw await refusal(doing, answer);
  if (answer.headers['content-type']?.startsWith('application/json') !== true) {
    throw new PodApiError('unavailable', `${doing}: not JSON`);
  }
  return answer.body;
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

async function refusal(doing: string, { status, headers, body }: StreamAnswer): Promise<ApiError> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ERROR_BYTES) break;
  }
  return classifyAnswer(doing, {
    status,
    retryAfter: headers['retry-after'],
    body: Buffer.concat(chunks).toString('utf8'),
  });
}
