import { text } from './loose-json.ts';
import type { ApiClient } from './api-client.ts';

/** The Node an agent runs on, and its UID as soon as the API server has told it. */
export class NodeIdentity {
  readonly name: string;
  #uid: string | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Absent until it is learnt. */
  get uid(): string | undefined {
    return this.#uid;
  }

  /** Asks once; who fails may ask again. `kubectl describe node` finds Events by name as well. */
  async learn(client: Pick<ApiClient, 'getJson'>): Promise<void> {
    if (this.#uid !== undefined) return;
    this.#uid = text(await client.getJson(`/api/v1/nodes/${this.name}`), 'metadata', 'uid');
  }
}
