import { ApiError } from '../kube/api-errors.ts';
import type { ApiClient, Query } from '../kube/api-client.ts';
import { text } from '../kube/loose-json.ts';
import { listObjects, pathOf } from './list-objects.ts';
import type { OomKill } from './oom-kill.ts';

/** Which Pods carry the labels of a selector, as the API server judges it. A Pod that is gone has none. */
export class PodLabels {
  readonly #client: Pick<ApiClient, 'getJson'>;
  readonly #namespace: string | undefined;
  readonly #labelSelector: string;
  readonly #selected = new Set<string>();

  constructor(
    client: Pick<ApiClient, 'getJson'>,
    namespace: string | undefined,
    labelSelector: string,
  ) {
    this.#client = client;
    this.#namespace = namespace;
    this.#labelSelector = labelSelector;
  }

  /** Lists those that there are. @throws {ApiError} */
  async list(signal: AbortSignal): Promise<void> {
    await this.#ask(this.#namespace, {}, signal);
  }

  /** Those of them that are about a selected Pod. */
  select(kills: readonly OomKill[]): readonly OomKill[] {
    return kills.filter(({ namespace, pod }) => this.#selected.has(`${namespace}/${pod}`));
  }

  /**
   * Asks about Pods that may have come since.
   *
   * @returns the kills in those that could not be asked about; nothing is known of them yet
   */
  async lookAtAll(kills: readonly OomKill[], signal: AbortSignal): Promise<readonly OomKill[]> {
    const unanswered: OomKill[] = [];
    for (const kill of kills) {
      try {
        await this.#look(kill, signal);
      } catch (err) {
        if (!(err instanceof ApiError) || signal.aborted) throw err;
        unanswered.push(kill);
      }
    }
    return unanswered;
  }

  async #look({ namespace, pod }: OomKill, signal: AbortSignal): Promise<void> {
    if (pod === undefined || this.#selected.has(`${namespace}/${pod}`)) return;
    await this.#ask(namespace, { fieldSelector: `metadata.name=${pod}` }, signal);
  }

  async #ask(namespace: string | undefined, which: Query, signal: AbortSignal): Promise<void> {
    const query = { labelSelector: this.#labelSelector, ...which };
    const { objects } = await listObjects(this.#client, pathOf('pods', namespace), query, signal);
    for (const pod of objects)
      this.#selected.add(`${text(pod, 'metadata', 'namespace')}/${text(pod, 'metadata', 'name')}`);
  }
}
