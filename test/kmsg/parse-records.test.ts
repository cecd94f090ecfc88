import { concat, EMPTY, from, map, Subject, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import { parseRecords } from '../../src/kmsg/parse-records.ts';
import {
  type DeviceRead,
  type Drained,
  type KmsgRecord,
  type LogItem,
  parseRecord,
  type RawRecord,
} from '../../src/kmsg/record.ts';

const read = { readAtMs: 1_700_000_000_000, live: true };

function raw(text: string, { live } = read): RawRecord {
  return { kind: 'raw', bytes: Buffer.from(text), ...read, live };
}

function parsed(text: string): KmsgRecord | undefined {
  return parseRecord(Buffer.from(text), read);
}

describe('parsing what a device reads', () => {
  const drained: Drained = { kind: 'drained', atMs: 7 };

  test('records and drained pass in order, malformed bytes are counted and dropped', () => {
    const malformed: RawRecord[] = [];
    const items: LogItem[] = [];
    from([raw('6,1,2,-;a\n'), raw('?'), drained, raw('6,2,3,-;b\n')])
      .pipe(parseRecords((bad) => malformed.push(bad)))
      .subscribe((item) => items.push(item));
    expect(items).toEqual([parsed('6,1,2,-;a\n'), drained, parsed('6,2,3,-;b\n')]);
    expect(malformed).toEqual([raw('?')]);
  });

  test('passes on completion, errors and unsubscription', () => {
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run((at) => {
      const reads = { d: drained, r: raw('6,1,2,-;a\n'), x: raw('?') };
      const items = { d: drained, a: parsed('6,1,2,-;a\n') };
      const parsed$ = (marbles: string) =>
        at.cold<DeviceRead>(marbles, reads).pipe(parseRecords(() => undefined));
      at.expectObservable(parsed$('-rxd|')).toBe('-a-d|', items);
      at.expectObservable(parsed$('-r#')).toBe('-a#', items);
      at.expectObservable(parsed$('-rrr'), '^-!').toBe('-a', items);
    });
  });

  test('leaves its source when its subscriber leaves', () => {
    const source$ = new Subject<RawRecord>();
    source$
      .pipe(parseRecords(() => undefined))
      .subscribe()
      .unsubscribe();
    expect(source$.observed).toBe(false);
  });
});

describe('dismissing what says nothing', () => {
  /** What may say something is upper case. */
  const maySay = (bytes: Uint8Array, start: number): boolean => (bytes[start] ?? 0) < 0x61;

  /** `sequence skipped×message`, `live` where it was, `-` drained, and `|` or `✗` at the end. */
  function brief(reads: readonly (string | Drained)[], { isLive = false, fails = false } = {}) {
    const seen: string[] = [];
    const end$ = fails ? throwError(() => new Error('gone')) : EMPTY;
    const reads$ = from(reads).pipe(
      map((one) => (typeof one === 'string' ? raw(one, { ...read, live: isLive }) : one)),
    );
    concat(reads$, end$)
      .pipe(parseRecords(() => seen.push('malformed'), maySay))
      .subscribe({
        next: (item) => seen.push(item.kind === 'drained' ? '-' : written(item)),
        error: () => seen.push('✗'),
        complete: () => seen.push('|'),
      });
    return seen.join(' ');
  }

  function written({ facility, sequence, skippedUs = [], message }: KmsgRecord): string {
    const skipped = skippedUs.length === 0 ? '' : `(${skippedUs.join()})`;
    return `${facility}.${sequence}${skipped}${message}`;
  }

  const drained: Drained = { kind: 'drained', atMs: 7 };
  const [one, two, three] = ['6,1,10,-;a', '6,2,20,-;b', '6,3,30,-;c'] as const;

  test.each<[string, (string | Drained)[], string]>([
    ['the last of a run stands for it', [one, two, three], '0.1 0.3(20) |'],
    ['a run ends before what may say something', [one, two, '6,3,30,-;C'], '0.1 0.2 0.3C |'],
    ['and before the log is empty', [one, two, drained, three], '0.1 0.2 - 0.3 |'],
    ['it goes on behind what does', ['6,0,5,-;A', one, two], '0.0A 0.2(10) |'],
    ['a gap is told by the record behind it', [one, '6,5,50,-;d', '6,6,60,-;e'], '0.1 0.5 0.6 |'],
    ['so is a log that begins anew', [two, one], '0.2 0.1 |'],
    [
      'what a process wrote is a run of its own',
      [one, two, '14,3,3,-;c', '12,4,4,-;d'],
      '0.1 0.2 1.4(3) |',
    ],
    ['a fragment is never dismissed', [one, '4,2,20,c;b', '4,3,30,+;c'], '0.1 0.2b 0.3c |'],
    ['bytes that are no record change nothing', [one, two, '?', three], '0.1 malformed 0.3(20) |'],
  ])('%s', (_, reads, expected) => {
    expect(brief(reads)).toBe(expected);
  });

  test('what was skipped is told when the log fails', () => {
    expect(brief([one, two, three], { fails: true })).toBe('0.1 0.3(20) ✗');
  });

  test('each live record stands for itself, without its message', () => {
    expect(brief([one, two, '6,3,30,-;C'], { isLive: true })).toBe('0.1 0.2 0.3C |');
  });

  test('a run is as long as a turn of reading', () => {
    const reads = Array.from({ length: 600 }, (_, index) => `6,${index},0,-;a`);
    const runs = brief(reads).replaceAll(/\([^)]*\)/g, '');
    expect(runs).toBe('0.0 0.256 0.512 0.599 |');
  });
});
