import { expect, test } from 'vitest';
import { formatKb } from '../../src/recorder/format-kb.ts';

test.each([
  [0, '0Ki'],
  [1, '1Ki'],
  [1000, '1000Ki'],
  [1024, '1Mi'],
  [4096, '4Mi'],
  [6012, '6012Ki'],
  [20_484, '20Mi'],
  [509_952, '498Mi'],
  [524_288, '512Mi'],
  [1_048_576, '1Gi'],
  [1_572_864, '1536Mi'],
  [16_777_216, '16Gi'],
  [2 ** 30, '1Ti'],
  [2 ** 40, '1024Ti'],
])('%d kB is %s', (kb, words) => {
  expect(formatKb(kb)).toBe(words);
});
