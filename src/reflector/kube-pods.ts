import type { ApiClient } from '../kube/api-client.ts';
import { ApiError } from '../kube/api-errors.ts';
import { classifyAnswer, garbled } from '../kube/classify-failure.ts';
import { jsonLines } from '../kube/json-lines.ts';
import { TooLargeError } from '../kube/json-text.ts';
import { ListSplitter } from '../kube/list-splitter.ts';
import { field, text } from '../kube/loose-json.ts';
import type { PodEntry } from '../pods/pod-directory.ts';
import { toPodEntry } from '../pods/pod-entry.ts';
import type { PodApi, PodList, WatchEvent } from './list-and-watch.ts';

const PODS = '/api/v1/pods';

/**
 * The pods of one node at the API server: list and watch of `/api/v1/pods`, selected by
 * `spec.nodeName`.
 */
export function kubePods(client: Pick<ApiClient, 'getStream'>, nodeName: string): PodApi {
  const node = { fieldSelector: `spec.nodeName=${nodeName}` };
  return {
    async list(resourceVersion, signal) {
      return readPodList(await client.getStream(PODS, { ...node, resourceVersion }, signal));
    },
    async *watch(resourceVersion, timeoutSeconds, signal) {
      const watch = { watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds };
      const lines = await client.getStream(PODS, { ...node, ...watch }, signal);
      yield { type: 'OPENED' };
      for await (const line of jsonLines(lines)) yield toWatchEvent(line, 'watch pods');
    },
  };
}

/**
 * One line of a watch.
 *
 * @param doing for the error's message
 * @throws {ApiError} for an ERROR event: its object is the Status an HTTP error would have carried.
 */
export function toWatchEvent(line: unknown, doing: string): WatchEvent {
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
      throw classifyAnswer(doing, { status, retryAfter: undefined, body });
    }
    case undefined:
    default:
      throw garbled(`${doing}: an event of no known type`);
  }
}

/**
 * Reads a PodList as it arrives; of each pod its entry is kept. A pod that is too large is passed over and
 * told, and nothing but a whole list is a list.
 *
 * @throws {ApiError}
 */
export async function readPodList(
  chunks: AsyncIterable<Uint8Array>,
  maxPodBytes?: number,
): Promise<PodList> {
  const pods: (PodEntry | undefined)[] = [];
  const skipped: TooLargeError[] = [];
  const splitter = new ListSplitter((pod) => {
    if (pod instanceof TooLargeError) skipped.push(pod);
    else pods.push(toPodEntry(JSON.parse(pod)));
  }, maxPodBytes);
  try {
    for await (const chunk of chunks) splitter.push(chunk);
    return {
      resourceVersion: versionOf(splitter.remainder(), pods.length + skipped.length),
      pods: pods.filter((pod) => pod !== undefined),
      skipped,
    };
  } catch (err) {
    throw err instanceof ApiError
      ? err
      : garbled('list pods: the answer is not a whole PodList', err);
  }
}

/** Fails unless these are all items, and of a list that ends here. */
function versionOf(remainder: string | TooLargeError, items: number): string {
  if (remainder instanceof TooLargeError) throw remainder;
  const list: unknown = JSON.parse(remainder);
  const version = text(list, 'metadata', 'resourceVersion');
  // An empty list may be written as null.
  const found = field(list, 'items') ?? [];
  const isWhole = Array.isArray(found) && found.length === items;
  if (version === undefined || !isWhole || text(list, 'metadata', 'continue') !== undefined) {
    throw new Error('items or the version are missing, or it continues elsewhere');
  }
  return version;
}
