import { HttpError } from '@influxdata/influxdb-client';
import { RecorderError } from '../errors.ts';
import { readRetryAfterMs } from '../retry.ts';

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
 * InfluxDB's words for points it does not take: 1.x `partial write: …` and `field type conflict: …`,
 * 1.x and 2.x `unable to parse '…'`, 3.x `failed to parse line protocol: …`, `partial write of line
 * protocol occurred` and `parsing failed for write_lp endpoint`.
 *
 * @see https://github.com/influxdata/influxdb/blob/1.8/services/httpd/handler.go `serveWrite`
 */
const ABOUT_POINTS =
  /partial write|unable to parse|failed to parse line protocol|parsing failed for write_lp|field type conflict|(?:beyond|outside) retention policy/i;

/**
 * What a failure means. 413 and 422 are about the points, and so is a 400 if InfluxDB says it is. Any
 * other 400 (plain HTTP to a TLS port, no organization) is like a wrong token, database or bucket:
 * somebody's to set right, and the points wait for it.
 */
export function classifyInfluxError(cause: unknown): InfluxError {
  if (cause instanceof InfluxError) return cause;
  const status = cause instanceof HttpError ? cause.statusCode : undefined;
  const body = cause instanceof HttpError ? cause.body : undefined;
  // The library's own `retryAfter()` takes the seconds for ms.
  const retryAfter = cause instanceof HttpError ? cause.headers?.['retry-after'] : undefined;
  return new InfluxError(codeOf(status, body), readRetryAfterMs(retryAfter), cause);
}

function codeOf(status: number | undefined, body = ''): InfluxErrorCode {
  if (status === 413 || status === 422) return 'E_INFLUX_REFUSED';
  if (status === 400) return ABOUT_POINTS.test(body) ? 'E_INFLUX_REFUSED' : 'E_INFLUX_ACCESS';
  if (status === 401 || status === 403 || status === 404) return 'E_INFLUX_ACCESS';
  return 'E_INFLUX_AWAY';
}
