import type { Outbox } from '../../src/outputs/event-output.ts';
import type { OutboxRow, UnreadableRow } from '../../src/store/outbox-table.ts';
import type { Names } from '../../src/store/outbox-table.ts';
import type { EventPatch } from '../../src/correlator/event-patch.ts';
import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';

/** The store's table in memory. */
export class FakeOutbox implements Outbox {
  readonly rows: OutboxRow[] = [];
  /** While set, the disk fails. */
  broken: Error | undefined;
  /** Rows that say nothing any more, by their ids. */
  readonly unreadable = new Set<number>();
  /** How often it was asked for any row. */
  asked = 0;
  #lastId = 0;

  next(objects: Names, events: Names): OutboxRow | UnreadableRow | undefined {
    this.asked += 1;
    return this.#find((objectKey) => !objects.has(objectKey), events);
  }

  nextOf(objectKey: string, events: Names): OutboxRow | UnreadableRow | undefined {
    return this.#find((key) => key === objectKey, events);
  }

  #find(
    isMeant: (objectKey: string) => boolean,
    events: Names,
  ): OutboxRow | UnreadableRow | undefined {
    this.#check();
    const row = this.rows.find(
      ({ objectKey, event }) => isMeant(objectKey) && !events.has(event.metadata.name),
    );
    if (row === undefined || !this.unreadable.has(row.id)) return row;
    return { verb: 'unreadable', id: row.id, err: new SyntaxError('not JSON') };
  }

  delete(id: number): void {
    this.#check();
    this.rows.splice(
      this.rows.findIndex((row) => row.id === id),
      1,
    );
  }

  addCreate(event: RecordedEvent, enteredAtMs: number): void {
    this.rows.push({ ...this.#entry(event, enteredAtMs), verb: 'create' });
  }

  addPatch(event: RecordedEvent, enteredAtMs: number): void {
    this.rows.push({ ...this.#entry(event, enteredAtMs), verb: 'patch', patch: patchOf(event) });
  }

  #entry(event: RecordedEvent, enteredAtMs: number): Omit<OutboxRow, 'verb'> {
    this.#lastId += 1;
    return { id: this.#lastId, event, enteredAtMs, objectKey: event.involvedObject.name ?? '' };
  }

  #check(): void {
    if (this.broken !== undefined) throw this.broken;
  }
}

const AT = new Date('2024-01-01T00:00:00Z');

export function makeEvent(object: string, episode = 1, count = 1): RecordedEvent {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${object}.${episode.toString(16).padStart(16, '0')}`, namespace: 'shop' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: object },
    reason: 'OOMKilling',
    message: `Memory limit of container app (64Mi) reached: killed process java (pid ${episode})`,
    type: 'Warning',
    count,
    firstTimestamp: AT,
    lastTimestamp: AT,
  };
}

function patchOf({ count, message }: RecordedEvent): EventPatch {
  return { count, message, lastTimestamp: '2024-01-01T00:00:00Z' };
}
