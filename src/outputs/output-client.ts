/** What goes to an output at once: an Event, or a batch of episodes. */
export interface Delivery {
  /** Its own among all that wait. */
  readonly id: number;
  /** When the oldest of it entered the store, ms since the epoch. */
  readonly enteredAtMs: number;
  /** How many things it is; one where absent. */
  readonly size?: number;
}

/**
 * What a failure means, for this delivery and for the others:
 *
 * - `away`: any other would have failed as well. One asks for all until there is an answer.
 * - `busy`: the server is there, and this one may pass later. What must come behind it waits with it.
 * - `denied`: turned away by a rule that may change, or by what stands before the server; it tells
 *   nothing about the others, not even that the server is there. It is set aside.
 * - `final`: it never passes. It is dropped; a batch is halved until the one to blame is alone.
 */
export type Failure =
  | {
      readonly means: 'away' | 'busy' | 'denied';
      /** How long the server asked us to stay away. */
      readonly retryAfterMs?: number | undefined;
    }
  | {
      readonly means: 'final';
      /** In the nature of things: nobody needs to look. */
      readonly isQuiet?: boolean;
    };

/** Where deliveries go: what one is, and which failures mean what. All else is the `Output`'s. */
export interface OutputClient<D extends Delivery, O extends string> {
  /**
   * Delivers all of it or fails. After a crash it may be asked to once more.
   *
   * @returns how it got there
   */
  deliver(delivery: D): Promise<O>;
  /** @param err what `deliver` failed with, whatever that was */
  classify(err: unknown): Failure;
}

/** What waits for an output. It is in the store until it is removed, whatever crashes. */
export interface DeliveryQueue<D extends Delivery> {
  /** Says that more may have come. */
  refresh(): void;
  /**
   * Takes the next one that need not wait for another. What must come behind it is not taken before
   * it was released, set aside, split or removed.
   *
   * @throws what the store throws
   */
  take(): D | undefined;
  /** Puts it back, where it was. */
  release(delivery: D): void;
  /** Lets others pass it, where that is possible. @returns what lets it come again */
  setAside(delivery: D): () => void;
  /** Lets less of it come the next time. @returns false if it is one thing */
  split(delivery: D): boolean;
  /** It was delivered, or never will be. @throws what the store throws */
  remove(delivery: D, isDelivered: boolean): void;
}
