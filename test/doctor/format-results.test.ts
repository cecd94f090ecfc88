import { describe, expect, test } from 'vitest';
import type { Result } from '../../src/doctor/check.ts';
import { formatResults } from '../../src/doctor/format-results.ts';

const FINE: Result = { name: 'clock', status: 'ok', found: 'as it should be' };
const MISSING: Result = { name: 'kernel log', status: 'failed', found: 'none', fix: 'mount it' };
const UNCLEAR: Result = { name: 'Node', status: 'unknown', found: 'not visible' };

describe('what was found', () => {
  test('is a line for each check, and the fix below it', () => {
    expect(formatResults([FINE, MISSING, UNCLEAR], 'table')).toBe(
      [
        '✔ clock       as it should be',
        '✘ kernel log  none',
        '              → mount it',
        '– Node        not visible',
        '',
      ].join('\n'),
    );
  });

  test('cannot move a terminal’s cursor', () => {
    const hostile: Result = { name: 'x', status: 'failed', found: '\u001B[2J', fix: 'a\nb' };
    expect(formatResults([hostile], 'table')).toBe(
      String.raw`✘ x  \x1b[2J` + '\n' + String.raw`     → a\x0ab` + '\n',
    );
  });

  test('is JSON for scripts: ok unless something failed', () => {
    const parse = (results: readonly Result[]): unknown =>
      JSON.parse(formatResults(results, 'json'));
    expect(parse([FINE, UNCLEAR])).toEqual({ ok: true, checks: [FINE, UNCLEAR] });
    expect(parse([FINE, MISSING])).toEqual({ ok: false, checks: [FINE, MISSING] });
  });
});
