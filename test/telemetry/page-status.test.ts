import { expect, test } from 'vitest';
import { type PageStatus, renderStatus } from '../../src/telemetry/page-status.ts';

const CLEAN = { counted: 8, recorded: 2, beforeStart: 6, lost: 0, unexplained: 0 };
const FINE: PageStatus = { problems: [], fine: ['the log is read'], audit: CLEAN, pending: 0 };

const rendered = (status: Partial<PageStatus>): string =>
  renderStatus({ ...FINE, ...status }).text.replaceAll(/<[^>]*>/g, '');

test('says what is well', () => {
  expect(rendered({})).toContain('Healthy: the log is read.');
  expect(rendered({})).toContain('No kill waits for its pod.');
});

test('says what is not, and that kills wait', () => {
  const page = rendered({ problems: ['the pods are not listed yet', '<b>'], pending: 1 });
  expect(page).toContain('Not healthy: the pods are not listed yet; &lt;b&gt;.');
  expect(page).not.toContain('the log is read');
  expect(page).toContain('1 kill waiting: ');
});

test.for<[PageStatus['audit'], RegExp]>([
  [CLEAN, /Clean: of 8 kills since boot .* 2 were read and 6 came before/],
  [{ ...CLEAN, lost: 1 }, /Not clean: .* 1 went with records/],
  [{ ...CLEAN, unexplained: 3 }, /Not clean: .* 3 are in no line/],
  ['unknown', /Nothing is proved/],
  [undefined, /None: a saved log/],
])('says of an audit like %j %s', ([audit, words]) => {
  expect(rendered({ audit })).toMatch(words);
});
