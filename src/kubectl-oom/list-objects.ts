import type { ApiClient, Query } from '../kube/api-client.ts';
import { ApiError } from '../kube/api-errors.ts';
import { garbled } from '../kube/classify-failure.ts';
import { field, items, text } from '../kube/loose-json.ts';

/** A fifth of kubectl's `--chunk-size`: a page is one answer, which has a limit of its own, and a Pod has 20 kB. */
const PAGE_SIZE = 100;
/** A list that takes longer than etcd keeps its version is begun anew; so often. */
const MAX_TRIES = 3;

/** All objects of a collection at one moment. Nothing in them is believed before it is looked at. */
export interface ObjectList {
  readonly objects: readonly unknown[];
  readonly resourceVersion: string;
}

/** Where a core/v1 resource is found: in a namespace, or in all of them. */
export function pathOf(resource: string, namespace: string | undefined): string {
  const inside = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/api/v1${inside}/${resource}`;
}

/** Lists a collection page by page, as it is now. @throws {ApiError} */
export async function listObjects(
  client: Pick<ApiClient, 'getJson'>,
  path: string,
  query: Query,
  signal: AbortSignal,
): Promise<ObjectList> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await listPages(client, path, query, signal);
    } catch (err) {
      const isTooOld = err instanceof ApiError && err.code === 'E_API_GONE';
      if (!isTooOld || tries === MAX_TRIES) throw err;
    }
  }
}

async function listPages(
  client: Pick<ApiClient, 'getJson'>,
  path: string,
  query: Query,
  signal: AbortSignal,
): Promise<ObjectList> {
  const objects: unknown[] = [];
  let next: string | undefined;
  for (;;) {
    const page = await client.getJson(path, { ...query, limit: PAGE_SIZE, continue: next }, signal);
    const resourceVersion = text(page, 'metadata', 'resourceVersion');
    if (resourceVersion === undefined || field(page, 'items') === undefined)
      throw garbled(`GET ${path}: the answer is no list`);
    objects.push(...items(page, 'items'));
    next = text(page, 'metadata', 'continue');
    if (next === undefined) return { objects, resourceVersion };
  }
}
