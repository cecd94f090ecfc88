import type { ApiError } from '../../src/kube/api-errors.ts';
import { classifyAnswer } from '../../src/kube/classify-failure.ts';
import type { EventPatch } from '../../src/correlator/event-patch.ts';
import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';
import { KubeSink } from '../../src/outputs/kube-sink.ts';

export interface SinkCall {
  readonly verb: 'create' | 'patch';
  readonly name: string;
}

/** Decides whether a call fails, and how, before the state is looked at. */
export type Refusal = (call: SinkCall) => Error | undefined;

/** Keeps Events as the API server does: a create may find one, a patch may miss one, all expire. */
export class FakeSink extends KubeSink {
  readonly events = new Map<string, RecordedEvent>();
  readonly calls: SinkCall[] = [];
  refuse: Refusal = () => undefined;
  /** While set, calls wait for it; state changes when they go on. */
  gate: Promise<unknown> = Promise.resolve();
  mostInFlight = 0;
  #inFlight = 0;

  constructor() {
    super({ write: () => Promise.reject(new Error('a fake writes nothing')) });
  }

  override async create(event: RecordedEvent): Promise<void> {
    await this.#call('create', event, (key) => {
      if (this.events.has(key)) throw refusal(409, { reason: 'AlreadyExists' });
      this.events.set(key, structuredClone(event));
    });
  }

  override async patch(event: RecordedEvent, body: EventPatch): Promise<void> {
    await this.#call('patch', event, (key) => {
      const stored = this.events.get(key);
      if (stored === undefined) throw refusal(404, { details: { kind: 'events' } });
      const { metadata, ...fields } = body;
      Object.assign(stored, fields);
      stored.metadata.annotations = { ...stored.metadata.annotations, ...metadata?.annotations };
    });
  }

  /** What etcd's lease does to an Event nobody wrote for an hour. */
  expire(name: string): void {
    for (const [key, { metadata }] of this.events)
      if (metadata.name === name) this.events.delete(key);
  }

  async #call(
    verb: SinkCall['verb'],
    event: RecordedEvent,
    apply: (key: string) => void,
  ): Promise<void> {
    const { name, namespace } = event.metadata;
    this.calls.push({ verb, name });
    this.#inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    try {
      await this.gate;
      const err = this.refuse({ verb, name });
      if (err !== undefined) throw err;
      apply(`${namespace}/${name}`);
    } finally {
      this.#inFlight -= 1;
    }
  }
}

/** The error that something between us and the API server makes: an answer in HTML, without a Status. */
export function proxyRefusal(status: number): ApiError {
  const body = `<html><head><title>${status}</title></head><body>nginx</body></html>`;
  return classifyAnswer('a call of the test', { status, retryAfter: undefined, body });
}

/** The error an answer of the API server becomes. */
export function refusal(
  status: number,
  said: Readonly<Record<string, unknown>> = {},
  retryAfter?: string,
): ApiError {
  const body = JSON.stringify({ kind: 'Status', status: 'Failure', code: status, ...said });
  return classifyAnswer('a call of the test', { status, retryAfter, body });
}
