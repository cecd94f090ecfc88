import {
  finalize,
  from,
  Observable,
  Subject,
  type ObservableInput,
  type OperatorFunction,
  type Subscriber,
} from 'rxjs';
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
  /** Of one that is done the end comes when the next has begun. */
  #consuming = 0;

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
    return this.#queue.length === 0 && this.#consuming === 0;
  }

  /** Hands the items to `consume` one after the other, each after the last has completed. */
  drainTo<R>(consume: (item: T) => ObservableInput<R>): OperatorFunction<T, R> {
    return (items$) =>
      new Observable((subscriber) => {
        const consumer = new SerialConsumer(subscriber, this.#held(consume), () => this.#take());
        subscriber.add(() => this.#queue.splice(0));
        subscriber.add(
          items$.subscribe({
            next: (item) => {
              this.#queue.push(item);
              consumer.proceed();
            },
            error: (error: unknown) => consumer.end(() => subscriber.error(error)),
            complete: () => consumer.end(() => subscriber.complete()),
          }),
        );
      });
  }

  /** Notes while an item is being consumed. */
  #held<R>(consume: (item: T) => ObservableInput<R>): (item: T) => Observable<R> {
    return (item) => {
      this.#consuming += 1;
      return from(consume(item)).pipe(finalize(() => (this.#consuming -= 1)));
    };
  }

  #take(): { readonly item: T } | undefined {
    const [item] = this.#queue;
    if (item === undefined) return undefined;
    this.#queue.shift();
    if (this.#queue.length === this.capacity - 1) this.#opened$.next();
    return { item };
  }
}

/** Takes the next item when the last is done, in a loop: items done at once must not grow the stack. */
class SerialConsumer<T, R> {
  readonly #subscriber: Subscriber<R>;
  readonly #consume: (item: T) => ObservableInput<R>;
  readonly #take: () => { readonly item: T } | undefined;
  #isBusy = false;
  #isLooping = false;
  #atEnd: (() => void) | undefined;

  constructor(
    subscriber: Subscriber<R>,
    consume: (item: T) => ObservableInput<R>,
    take: () => { readonly item: T } | undefined,
  ) {
    this.#subscriber = subscriber;
    this.#consume = consume;
    this.#take = take;
  }

  /** What was taken in before the producer ended is still consumed; then `atEnd`. */
  end(atEnd: () => void): void {
    this.#atEnd = atEnd;
    this.proceed();
  }

  proceed(): void {
    if (this.#isLooping) return;
    this.#isLooping = true;
    while (!this.#isBusy && !this.#subscriber.closed) {
      const next = this.#take();
      if (next === undefined) break;
      this.#consumeOne(next.item);
    }
    this.#isLooping = false;
    if (!this.#isBusy) this.#atEnd?.();
  }

  #consumeOne(item: T): void {
    this.#isBusy = true;
    const held = from(this.#consume(item)).subscribe({
      next: (result) => this.#subscriber.next(result),
      error: (error: unknown) => this.#subscriber.error(error),
      complete: () => {
        this.#isBusy = false;
        this.proceed();
      },
    });
    this.#subscriber.add(held);
  }
}
