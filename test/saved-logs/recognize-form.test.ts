import { describe, expect, test } from 'vitest';
import { recognizeForm } from '../../src/saved-logs/recognize-form.ts';

const KILL = 'Out of memory: Killed process 7 (a) total-vm:9kB, anon-rss:1kB, file-rss:0kB';

function recognize(...lines: readonly string[]) {
  const found = recognizeForm(lines, 0);
  return found && `${found.form.name}, ${found.matched} of ${found.sampled}`;
}

describe('a log is of the form that most of its lines are in', () => {
  test.each<[string, string[], string | undefined]>([
    ['one line of dmesg', [`[   22.731699] ${KILL}`], 'dmesg, 1 of 1'],
    [
      'a driver that looks like a host',
      [
        '[    1.1] x',
        '[    1.100000] usb 1-1: new',
        '[    1.200000] Tasks state (memory values in pages):',
      ],
      'dmesg, 2 of 3',
    ],
    [
      'a line that pretends to be journalctl’s',
      ['[    1.100000] h kernel: x', '[    1.200000] Tasks state (memory values in pages):'],
      'dmesg, 2 of 2',
    ],
    [
      'others beside the kernel',
      [`Nov 26 08:06:22 n kernel: ${KILL}`, 'Nov 26 08:06:22 n sshd[7]: hello'],
      'syslog, or journalctl -o short, 2 of 2',
    ],
    ['no host', [`Nov 26 08:06:22 kernel: ${KILL}`], 'syslog, or journalctl -o short, 1 of 1'],
    ['a banner before it', ['Welcome to node-1!', '', `[   22.731699] ${KILL}`], 'dmesg, 1 of 2'],
    [
      'messages alone, one of them of an OOM kill',
      ['hello', KILL],
      'dmesg -t, or journalctl -o cat, 1 of 2',
    ],
    ['raw records of which none is the kernel’s', ['12,1,1,-;hello'], 'raw /dev/kmsg, 1 of 1'],
    ['an indented line goes on', [`[   22.731699] a`, '               b'], 'dmesg, 2 of 2'],
    ['text', ['root:x:0:0:root:/root:/bin/bash'], undefined],
    ['a web page', ['<!DOCTYPE html>', '  <html>'], undefined],
    ['JSON', ['{', '  "name": "x"', '}'], undefined],
    ['nothing', [], undefined],
  ])('%s', (_, lines, form) => {
    expect(recognize(...lines)).toBe(form);
  });
});

test.each([
  ['in order', false, [1, 2, 3, 4]],
  ['of two boots', false, [1, 9, 2, 8]],
  ['with the newest first', true, [4, 3, 2, 1]],
  ['of one second', false, [1, 1, 1, 1]],
])('a log %s', (_, isNewestFirst, seconds) => {
  const lines = seconds.map((second) => `[    ${second}.000000] x`);
  expect(recognizeForm(lines, 0)).toMatchObject({ isNewestFirst });
});
