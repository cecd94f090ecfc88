import { TooLargeError } from '../kube/json-text.ts';
import { field, text } from '../kube/loose-json.ts';
import { ListSplitter } from './list-splitter.ts';
import { PodApiError, type PodList } from './pod-api.ts';
import type { PodEntry } from './pod-directory.ts';
import { toPodEntry } from './pod-entry.ts';

/**
 * Reads a PodList as it arrives; of each pod its entry is kept. A pod that is too large is passed over and
 * told, and nothing but a whole list is a list.
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
  for await (const chunk of chunks) splitter.push(chunk);
  return {
    resourceVersion: versionOf(splitter.remainder(), pods.length + skipped.length),
    pods: pods.filter((pod) => pod !== undefined),
    skipped,
  };
}

/** @throws {PodApiError} unless these are all items, and of a list that ends here */
function versionOf(remainder: string | TooLargeError, items: number): string {
  if (remainder instanceof TooLargeError) throw remainder;
  const list: unknown = JSON.parse(remainder);
  const version = text(list, 'metadata', 'resourceVersion');
  // An empty list may be written as null.
  const found = field(list, 'items') ?? [];
  const isWhole = Array.isArray(found) && found.length === items;
  if (version === undefined || !isWhole || text(list, 'metadata', 'continue') !== undefined) {
    throw new PodApiError('unavailable', 'list pods: the answer is not a whole PodList');
  }
  return version;
}
