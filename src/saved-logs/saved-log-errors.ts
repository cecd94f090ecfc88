import { RecorderError } from '../errors.ts';

/** Something was read, and not one record was in it. */
export class NotALogError extends RecorderError {
  readonly code = 'E_NOT_A_LOG';
  readonly retryable = false;

  /** @param what it looks like, and what may help */
  constructor(name: string, what: string) {
    super(`Reading ${name}: no kernel log is in it, it looks like ${what}.`);
  }
}
