import { safeText } from '../safe-text.ts';
import type { Result } from './check.ts';

/** How findings are printed. */
export type ResultFormat = 'table' | 'json';
export const RESULT_FORMATS = ['table', 'json'] as const;

const MARKS: Readonly<Record<Result['status'], string>> = { ok: '✔', failed: '✘', unknown: '–' };

/** What was found, for a person: a line for each check, and below it the fix. */
export function formatResults(results: readonly Result[], format: ResultFormat): string {
  if (format === 'json') return `${JSON.stringify(document(results), undefined, 2)}\n`;
  const width = Math.max(...results.map(({ name }) => name.length));
  return results.map((result) => row(result, width)).join('');
}

/** The contract of `-o json`, docs/doctor.md. */
function document(checks: readonly Result[]): object {
  return { ok: checks.every(({ status }) => status !== 'failed'), checks };
}

/** Processes, pods and servers chose some of the words. */
function row(result: Result, width: number): string {
  const { name, status, found } = result;
  const line = `${MARKS[status]} ${name.padEnd(width)}  ${safeText(found)}\n`;
  const { fix } = { fix: undefined, ...result };
  return fix === undefined ? line : `${line}${' '.repeat(width + 4)}→ ${safeText(fix)}\n`;
}
