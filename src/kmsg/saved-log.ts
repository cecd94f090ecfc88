import type { Readable } from 'node:stream';
import { catchError, firstValueFrom, from, Observable, Subject, takeUntil, throwError } from 'rxjs';
import type { Time } from '../clock.ts';
import { SavedLogError } from './kmsg-errors.ts';
import { READ_BUFFER_BYTES } from './kmsg-file.ts';
import type { ReadGate } from './read-gate.ts';
import type { RawRecord } from './record.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;

/** As from the kernel itself. What is longer is cut: it is no record, and must not fill the memory. */
const MAX_RECORD_BYTES = READ_BUFFER_BYTES;

/**
 * The records of a saved `/dev/kmsg`: a regular file, stdin, anything readable. Completes at the
 * end; a last line without a newline is still a record. The gate is asked before every record.
 * Good for one subscription, as the readable is; unsubscribing destroys it.
 */
export function savedRecords$(
  readable: Readable,
  gate: ReadGate,
  clock: Pick<Time, 'wallMs'>,
): Observable<RawRecord> {
  return new Observable((subscriber) => {
    const closed$ = new Subject<void>();
    subscriber.add(() => {
      closed$.next();
      readable.destroy();
    });
    const opened$ = gate.opened$.pipe(takeUntil(closed$));
    async function* gated(): AsyncGenerator<RawRecord> {
      for await (const bytes of recordsOf(readable)) {
        while (!gate.isOpen && !subscriber.closed)
          await firstValueFrom(opened$, { defaultValue: undefined });
        yield { kind: 'raw', bytes, readAtMs: clock.wallMs(), live: false };
      }
    }
    from(gated())
      .pipe(catchError((cause: unknown) => throwError(() => new SavedLogError(cause))))
      .subscribe(subscriber);
  });
}

async function* recordsOf(readable: Readable): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  const chunks: AsyncIterable<Buffer | string> = readable;
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const { records, rest } = splitRecords(Buffer.concat([held, bytes]));
    yield* records;
    held = rest;
  }
  const last = held.at(-1) === NEWLINE ? held.subarray(0, -1) : held;
  if (last.length > 0) yield cut(last);
}

/**
 * Splits at every newline that is known to end a record: a line that begins with a space goes on
 * with the record before it, so the last newline waits in `rest` for what follows.
 */
export function splitRecords(bytes: Buffer): { readonly records: Buffer[]; readonly rest: Buffer } {
  const records: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, end + 1)) {
    const next = bytes[end + 1];
    if (next === undefined || next === SPACE) continue;
    if (end > start) records.push(cut(bytes.subarray(start, end)));
    start = end + 1;
  }
  return { records, rest: shorten(bytes.subarray(start)) };
}

function cut(record: Buffer): Buffer {
  return record.subarray(0, MAX_RECORD_BYTES);
}

/** Bounds what is held of an endless line; its last byte stays, for it may be the newline that ends it. */
function shorten(rest: Buffer): Buffer {
  return rest.length > MAX_RECORD_BYTES ? Buffer.concat([cut(rest), rest.subarray(-1)]) : rest;
}
