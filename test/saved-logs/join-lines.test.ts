import { describe, expect, test } from 'vitest';
import { LineJoiner } from '../../src/saved-logs/join-lines.ts';
import type { SavedRecord } from '../../src/saved-logs/log-form.ts';

const KILL = ['Killed process 7 (a', 'b', 'c) total-vm:9kB, anon-rss:1kB, file-rss:0kB'];

function joined(put: (joiner: LineJoiner) => void): readonly string[] {
  const messages: string[] = [];
  const joiner = new LineJoiner(({ message }: SavedRecord) => messages.push(message));
  put(joiner);
  joiner.flush();
  return messages;
}

describe('an indented line', () => {
  test.each([
    ['goes on with its record', '    b', 'a\nb'],
    ['keeps the spaces that are its own', '      b', 'a\n  b'],
    ['goes on also where a tool took some', ' b', 'a\nb'],
    ['goes on without its CR', '    b\r', 'a\nb'],
  ])('%s', (_, line, message) => {
    expect(
      joined((joiner) => {
        joiner.add({ message: 'a', indent: 4 });
        expect(joiner.goOn(line)).toBe(true);
      }),
    ).toEqual([message]);
  });

  test('is dropped where they have no end', () => {
    const [message] = joined((joiner) => {
      joiner.add({ message: 'a', indent: 4 });
      for (let line = 0; line < 100_000; line += 1) joiner.goOn(`    ${'x'.repeat(99)}`);
    });
    expect(message?.length).toBeLessThan(8192 + 102);
  });

  test('is of nothing before the first record, or where a form does not indent', () => {
    const joiner = new LineJoiner(() => undefined);
    expect(joiner.goOn('  b')).toBe(false);
    joiner.add({ message: 'a' });
    expect(joiner.goOn('  b')).toBe(false);
    expect(joiner.goOn('b')).toBe(false);
  });
});

describe('records of the same microsecond', () => {
  test('are one where their messages are one line of the OOM path', () => {
    const messages = joined((joiner) => {
      joiner.add({ message: 'usb 1-1: new', monotonicUs: 5 });
      for (const message of KILL) joiner.add({ message, monotonicUs: 5 });
      joiner.add({ message: 'next', monotonicUs: 5 });
    });
    expect(messages).toEqual(['usb 1-1: new', KILL.join('\n'), 'next']);
  });

  test('are what they are where they are none, and where time went on', () => {
    const apart = KILL.map((message, at) => ({ message, monotonicUs: at }));
    expect(joined((joiner) => apart.forEach((record) => joiner.add(record)))).toEqual(KILL);
    const lines = ['Killed process 7 (a', ...Array<string>(40).fill('x')];
    const strangers = lines.map((message) => ({ message, monotonicUs: 5 }));
    expect(joined((joiner) => strangers.forEach((record) => joiner.add(record)))).toEqual(lines);
  });

  test('are not joined where the form told which are pieces', () => {
    const raw = KILL.map((message) => ({ message, monotonicUs: 5, flag: '-' }));
    expect(joined((joiner) => raw.forEach((record) => joiner.add(record)))).toEqual(KILL);
  });
});
