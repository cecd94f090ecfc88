import { from, Observable, Subject, type ObservableInput, type OperatorFunction } from 'rxjs';
import type { ReadGate } from '../kmsg/read-gate.ts';

/**
 * A Go channel of `capacity`: at most so many items wait, one more is being consumed,
 * nothing is dropped and the order is kept. RxJS cannot block a sender; instead the gate closes
 * when the buffer is full, and a producer that asks it before every read stops there.
 *
 *     in        --1--2--3--------------4---|
 *     consume     1---------|2---|3---|4--|
 *     waiting     0  1  2    1    0    0
 *
 * Unsubscribing drops what waits, as does an error of the consumer's.
 *
 * @see the kubelet's oomWatcher, pkg/kubelet/oom: `make(chan *oomparser.OomInstance, 10)`
 */
export class BoundedBuffer<T> {
  /** Closed while the buffer is full. The producer asks before it produces. */
  readonly gate: ReadGate;
  readonly capacity: number;
  readonly #opened$ = new Subject<void>();
  readonly #queue: T[] = [];
  #isConsuming = false;

  constructor(capacity: number) {
    this.capacity = capacity;
    const isOpen = (): boolean => this.#queue.length < capacity;
    this.gate = {
      get isOpen() {
        return isOpen();
      },
      opened$: this.#opened$,
    };
  }

  /** How many items wait now; the one that is being consumed is not among them. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Whether nothing waits, and nothing is being consumed. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#isConsuming;
  }

  /** Hands the items to `consume` one after the other, each after the last has completed. One drain at a time. */
  drainTo<R>(consume: (item: T) => ObservableInput<R>): OperatorFunction<T, R> {
    return (items$) =>
      new Observable((subscriber) => {
        let isLooping = false;
        let atEnd: (() => void) | undefined;
        const consumeOne = (item: T): void => {
          const consumed = from(consume(item)).subscribe({
            next: (result) => subscriber.next(result),
            error: (error: unknown) => subscriber.error(error),
            complete: () => {
              this.#isConsuming = false;
              proceed();
            },
          });
          subscriber.add(consumed);
        };
        // In a loop: items done at once must not grow the stack.
        const proceed = (): void => {
          if (isLooping) return;
          isLooping = true;
          while (!this.#isConsuming && !subscriber.closed) {
            const item = this.#take();
            if (item === undefined) break;
            consumeOne(item);
          }
          isLooping = false;
          if (!this.#isConsuming) atEnd?.();
        };
        // What was taken in before the producer ended is still consumed.
        const end = (how: () => void): void => {
          atEnd = how;
          proceed();
        };
        subscriber.add(() => this.#drop());
        subscriber.add(
          items$.subscribe({
            next: (item) => {
              this.#queue.push(item);
              proceed();
            },
            error: (error: unknown) => end(() => subscriber.error(error)),
            complete: () => end(() => subscriber.complete()),
          }),
        );
      });
  }

  /** What is taken is being consumed: who sees the gate open must not find it idle. */
  #take(): T | undefined {
    const item = this.#queue.shift();
    if (item === undefined) return undefined;
    this.#isConsuming = true;
    if (this.#queue.length === this.capacity - 1) this.#opened$.next();
    return item;
  }

  #drop(): void {
    this.#queue.splice(0);
    this.#isConsuming = false;
  }
}
