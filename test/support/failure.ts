import { expect } from 'vitest';
import type { ApiError } from '../../src/kube/api-errors.ts';

/** The error a call to the API server ends with. */
export async function failure(promise: Promise<unknown>): Promise<ApiError> {
  return promise.then(
    () => expect.unreachable('it succeeded'),
    (err: ApiError) => err,
  );
}
