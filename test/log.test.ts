import { expect, test } from 'vitest';
import { openLog } from '../src/log.ts';
import { StateUnwritableError } from '../src/store/store-errors.ts';

function logged(err: unknown, format: 'json' | 'text' = 'json'): string {
  let said = '';
  openLog({ level: 'info', format }, (text) => (said += text)).warn({ err }, 'it failed');
  return said;
}

test('a failure we expect is told with its code and its cause, and without a stack', () => {
  const err = new StateUnwritableError('/state.db', new Error('disk full'));
  expect(JSON.parse(logged(err))).toMatchObject({
    err: { code: 'E_STATE_UNWRITABLE', message: expect.stringContaining('disk full') },
  });
  for (const format of ['json', 'text'] as const) {
    expect(logged(err, format)).not.toMatch(/stack|    at /);
  }
});

test('a bug keeps its stack', () => {
  expect(logged(new TypeError('oops'))).toContain('log.test.ts');
});
