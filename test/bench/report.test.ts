import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../support/temp-directory.ts';
import { BenchReport } from './report.ts';

function reported() {
  const lines: string[] = [];
  const report = new BenchReport((line) => lines.push(line));
  report.begin('parse');
  const row = report.table('of a core', [
    { title: 'ours', unit: 'ms', digits: 1 },
    'theirs',
    { title: 'ratio', against: 'theirs' },
    'goal',
  ]);
  row('quiet', 1.25, 3, 2.4, 'at most 2');
  row({ title: 'heap', unit: 'MB', digits: 0 }, undefined, 17.4, undefined);
  row({ title: 'speed', against: 'read(2) alone' }, '', 0.84);
  return { report, lines };
}

test('what is measured is printed as a table', () => {
  const { lines } = reported();
  expect(lines.map((line) => line.trimEnd().replaceAll(/ {2,}/g, ' | '))).toEqual([
    '\nparse',
    'of a core | ours, ms | theirs | ratio | goal',
    'quiet | 1.3 | 3.00 | 2.40× | at most 2',
    'heap, MB | 17',
    'speed | 0.84×',
  ]);
});

test('each printed figure is kept with its unit, a ratio with what it is to; what is no figure is not', () => {
  expect(reported().report.figures).toEqual([
    { bench: 'parse', name: 'quiet, ours', value: 1.25, unit: 'ms' },
    { bench: 'parse', name: 'quiet, theirs', value: 3 },
    { bench: 'parse', name: 'quiet, ratio', ratio: 2.4, against: 'theirs' },
    { bench: 'parse', name: 'heap, theirs', value: 17.4, unit: 'MB' },
    { bench: 'parse', name: 'speed, theirs', ratio: 0.84, against: 'read(2) alone' },
  ]);
});

test('the file says of which machine, day and commit they are', () => {
  const path = join(tempDirectory(), 'bench.json');
  const { report } = reported();
  report.write(path);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
    date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    version: expect.any(String),
    commit: expect.stringMatching(/^[0-9a-f]{40}(?:-dirty)?$/),
    machine: {
      cpu: expect.any(String),
      cores: expect.any(Number),
      memoryBytes: expect.any(Number),
      kernel: expect.any(String),
      node: process.version,
    },
    figures: report.figures,
  });
});
