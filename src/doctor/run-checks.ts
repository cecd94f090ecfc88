import type { Clock } from '../clock.ts';
import { RecorderError } from '../errors.ts';
import { type Check, failed, type Finding, type Result, unknown } from './check.ts';

/** For one check. Whoever asks a server has a shorter limit of its own, and says more. */
const CHECK_LIMIT_MS = 5_000;

/** Runs the checks side by side. Never fails, and never takes longer than the limit. */
export async function runChecks(
  checks: readonly Check[],
  clock: Pick<Clock, 'after'>,
): Promise<readonly Result[]> {
  return Promise.all(
    checks.map(async (check) => ({ name: check.name, ...(await lookInTime(check, clock)) })),
  );
}

async function lookInTime(check: Check, clock: Pick<Clock, 'after'>): Promise<Finding> {
  const { promise: late, resolve } = Promise.withResolvers<Finding>();
  const nothing = unknown(`nothing came back within ${CHECK_LIMIT_MS / 1000} s`);
  const cancel = clock.after(CHECK_LIMIT_MS, () => resolve(nothing));
  return Promise.race([late, lookSafely(check)]).finally(cancel);
}

async function lookSafely(check: Check): Promise<Finding> {
  try {
    return await check.look();
  } catch (error) {
    if (error instanceof RecorderError) return failedBy(error);
    return unknown(error instanceof Error ? error.message : String(error));
  }
}

/** A message of ours says what is wrong, and in its next sentence what to do about it. */
function failedBy({ message, code }: RecorderError): Finding {
  const end = message.indexOf('. ');
  if (end === -1) return failed(message, `see ${code} in docs/runbook.md`);
  return failed(message.slice(0, end), message.slice(end + 2));
}
