import { describe, expect, test } from 'vitest';
import { type Check, ok } from '../../src/doctor/check.ts';
import { runChecks } from '../../src/doctor/run-checks.ts';
import { BootIdError } from '../../src/kmsg/boot-id.ts';
import { FakeClock } from '../support/fake-clock.ts';

const check = (name: string, look: Check['look']): Check => ({ name, look });

describe('checks', () => {
  test('are told in their order, whoever is done first', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = check('slow', async () => {
      await promise;
      return ok('late');
    });
    const fast = check('fast', () => {
      resolve();
      return ok('early');
    });
    expect(await runChecks([slow, fast], new FakeClock())).toEqual([
      { name: 'slow', status: 'ok', found: 'late' },
      { name: 'fast', status: 'ok', found: 'early' },
    ]);
  });

  test('that never end are over after five seconds, and hold nobody up', async () => {
    const clock = new FakeClock();
    const running = runChecks(
      [check('hangs', () => new Promise(() => undefined)), check('ends', () => ok('well'))],
      clock,
    );
    await clock.advance(4_999);
    expect(clock.waiting).toBe(1);
    await clock.advance(1);
    expect(await running).toEqual([
      { name: 'hangs', status: 'unknown', found: 'nothing came back within 5 s' },
      { name: 'ends', status: 'ok', found: 'well' },
    ]);
    expect(clock.waiting).toBe(0);
  });

  test('that throw an expected failure have failed, in its words', async () => {
    const broken = check('boot id', () => {
      throw new BootIdError('it cannot be read');
    });
    expect(await runChecks([broken], new FakeClock())).toEqual([
      {
        name: 'boot id',
        status: 'failed',
        found: 'Reading the boot id /proc/sys/kernel/random/boot_id: it cannot be read',
        fix: 'Make /proc readable for the agent.',
      },
    ]);
  });

  test('that throw anything else could not tell', async () => {
    const broken = check('x', () => Promise.reject(new Error('EIO: i/o error')));
    expect(await runChecks([broken], new FakeClock())).toEqual([
      { name: 'x', status: 'unknown', found: 'EIO: i/o error' },
    ]);
  });
});
