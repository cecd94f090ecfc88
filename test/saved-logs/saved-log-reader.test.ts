import { expect, test } from 'vitest';
import { SavedLogReader } from '../../src/saved-logs/saved-log-reader.ts';

function read(lines: readonly string[], bootMs?: number) {
  const said: string[] = [];
  const reader = new SavedLogReader(bootMs, 0, {
    recognized: ({ form }) => said.push(form.name),
    malformed: () => said.push('malformed'),
  });
  const batches = [...reader.read(lines), ...reader.end()];
  const boots: string[][] = [[]];
  for (const { records, endsBoot } of batches) {
    boots.at(-1)?.push(...records.map(({ message }) => message));
    if (endsBoot) boots.push([]);
  }
  return { said, boots, reader };
}

test.each([
  [
    'where the kernel’s time goes back',
    ['[   90.000000] a', '[    0.000000] b', '[    0.100000] c'],
  ],
  [
    'where journalctl says so',
    [
      'Nov 26 08:06:22 n kernel: a',
      '-- Boot 0123456789abcdef0123456789abcdef --',
      'Nov 26 08:06:22 n kernel: b',
      'Nov 26 08:06:22 n kernel: c',
    ],
  ],
  [
    'where an older journalctl says so',
    [
      'Nov 26 08:06:22 n kernel: a',
      '-- Reboot --',
      'Nov 26 08:06:22 n kernel: b',
      'Nov 26 08:06:22 n kernel: c',
    ],
  ],
])('a log is cut into boots %s', (_, lines) => {
  const { boots, said } = read(lines);
  expect(boots).toEqual([['a'], ['b', 'c']]);
  expect(said).not.toContain('malformed');
});

test('what is no log stands before one for as long as it likes, and is counted', () => {
  const noise = Array<string>(450).fill('Reading package lists...');
  const { said, boots } = read([...noise, '[    1.000000] a']);
  expect(boots).toEqual([['a']]);
  expect(said.filter((word) => word === 'malformed')).toHaveLength(450);
  expect(said).toContain('dmesg');
});

test('lines of another form inside are counted, not believed', () => {
  const { said, boots } = read([
    '[    1.000000] a',
    'Killed process 7 (x) total-vm:9kB',
    '[    2.000000] b',
  ]);
  expect({ said, boots }).toEqual({ said: ['dmesg', 'malformed'], boots: [['a', 'b']] });
});

test('only journalctl’s remarks are an empty log', () => {
  const { said, reader } = read(['-- No entries --', '']);
  expect({ said, firstLine: reader.firstLine }).toEqual({ said: [], firstLine: undefined });
});

test('a record of another writer is not the kernel’s', () => {
  const said: number[] = [];
  const reader = new SavedLogReader(undefined, 0, {
    recognized: () => undefined,
    malformed: () => undefined,
  });
  const lines = [
    'Nov 26 08:06:22 n kernel: a',
    'Nov 26 08:06:22 n kerneld[7]: b',
    'Nov 26 08:06:22 n kernel[7]: c',
  ];
  for (const { records } of [...reader.read(lines), ...reader.end()]) {
    said.push(...records.map(({ facility }) => facility));
  }
  expect(said).toEqual([0, 1, 0]);
});
