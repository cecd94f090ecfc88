import { RecorderError } from '../errors.ts';
import type { Failure } from './output-client.ts';

/**
 * Episodes that did not get to an output. By its code: `…_AWAY` they may later, `…_ACCESS` when somebody
 * has set something right, `…_REFUSED` these never.
 */
export class DeliveryError extends RecorderError {
  readonly code: `E_${string}_${'AWAY' | 'ACCESS' | 'REFUSED'}`;
  /** How long the server asked us to stay away; 0 where it did not. */
  readonly retryAfterMs: number;

  constructor(code: DeliveryError['code'], message: string, cause?: unknown, retryAfterMs = 0) {
    super(message, cause);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  get retryable(): boolean {
    return !this.code.endsWith('_REFUSED');
  }
}

/** Whatever fails to be delivered because of its receiver concerns all that waits: there is one. */
export function classifyDelivery(err: unknown): Failure {
  if (!(err instanceof DeliveryError)) return { means: 'busy' };
  const { retryable, retryAfterMs } = err;
  return retryable ? { means: 'away', retryAfterMs } : { means: 'final' };
}
