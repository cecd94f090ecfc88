import { HttpError } from '@influxdata/influxdb-client';
import { RecorderError } from '../errors.ts';

/** `AWAY`: later. `ACCESS`: when somebody has set it right. `REFUSED`: these points never. */
export type InfluxErrorCode = 'E_INFLUX_AWAY' | 'E_INFLUX_ACCESS' | 'E_INFLUX_REFUSED';

/** Points that did not get to InfluxDB. */
export class InfluxError extends RecorderError {
  readonly code: InfluxErrorCode;
  readonly retryAfterMs: number;

  constructor(code: InfluxErrorCode, retryAfterMs: number, cause: unknown) {
    super('Writing points to InfluxDB', cause);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  get retryable(): boolean {
    return this.code !== 'E_INFLUX_REFUSED';
  }
}

/**
 * What a failure means. Bad requests (400: a field of another type, a point older than the retention
 * policy; 413, 422) are about the points; a token, database or bucket that is wrong is somebody's to
 * set right, and the points wait for it.
 */
export function classifyInfluxError(cause: unknown): InfluxError {
  const status = cause instanceof HttpError ? cause.statusCode : undefined;
  const retryAfter = cause instanceof HttpError ? cause.headers?.['retry-after'] : undefined;
  return new InfluxError(codeOf(status), retryAfterMs(retryAfter), cause);
}

/** Whole seconds, as InfluxDB writes it; the library's own `retryAfter()` takes them for ms. */
function retryAfterMs(header: unknown): number {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) * 1000 : 0;
}

function codeOf(status: number | undefined): InfluxErrorCode {
  if (status === 400 || status === 413 || status === 422) return 'E_INFLUX_REFUSED';
  if (status === 401 || status === 403 || status === 404) return 'E_INFLUX_ACCESS';
  return 'E_INFLUX_AWAY';
}
