import type { Decision } from '../../src/correlator/decision.ts';
import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';

/**
 * An API server that believes everything but what cannot be: a name taken twice, a patch of nothing,
 * a count or a time that goes backwards.
 */
export class EventServer {
  readonly events = new Map<string, RecordedEvent>();

  apply(decision: Decision): void {
    if (decision.verb === 'skip') return;
    const { verb, event } = decision;
    const { name } = event.metadata;
    const before = this.events.get(name);
    if (verb === 'create' && before !== undefined) throw new Error(`${name} exists already`);
    if (verb === 'patch') this.#check(event, before);
    this.events.set(name, verb === 'patch' && before ? { ...before, ...event } : event);
  }

  /** The counts of all Events. */
  sum(): number {
    return [...this.events.values()].reduce((sum, { count }) => sum + count, 0);
  }

  #check(event: RecordedEvent, before: RecordedEvent | undefined): void {
    const { name } = event.metadata;
    if (before === undefined) throw new Error(`${name} does not exist`);
    if (event.count <= before.count) throw new Error(`${name} counts backwards`);
    if (event.firstTimestamp.getTime() !== before.firstTimestamp.getTime()) {
      throw new Error(`${name} began at another time`);
    }
    if (event.lastTimestamp < event.firstTimestamp) throw new Error(`${name} ends too early`);
  }
}
