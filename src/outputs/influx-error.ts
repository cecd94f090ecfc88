import { DeliveryError } from './delivery-error.ts';
import type { PostAnswer } from './post-once.ts';

export type InfluxErrorCode = 'E_INFLUX_AWAY' | 'E_INFLUX_ACCESS' | 'E_INFLUX_REFUSED';

/** Points that did not get to InfluxDB. */
export class InfluxError extends DeliveryError {
  readonly code: InfluxErrorCode;

  constructor(code: InfluxErrorCode, retryAfterMs: number, cause: unknown) {
    super('Writing points to InfluxDB', retryAfterMs, cause);
    this.code = code;
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

/** An error page can be long; its beginning says what it is. */
const MAX_QUOTED_CHARS = 1024;

/**
 * What an answer means that is none to a write. 413 and 422 are about the points, and so is a 400 if
 * InfluxDB says it is. Any other 400 (plain HTTP to a TLS port, no organization) is like a wrong token,
 * database or bucket: somebody's to set right, and the points wait for it.
 */
export function influxRefusal({ status, text, retryAfterMs }: PostAnswer): InfluxError {
  const cause = new Error(`HTTP ${status}: ${text.slice(0, MAX_QUOTED_CHARS)}`);
  return new InfluxError(codeOf(status, text), retryAfterMs, cause);
}

function codeOf(status: number, text: string): InfluxErrorCode {
  if (status === 413 || status === 422) return 'E_INFLUX_REFUSED';
  if (status === 400) return ABOUT_POINTS.test(text) ? 'E_INFLUX_REFUSED' : 'E_INFLUX_ACCESS';
  if (status === 401 || status === 403 || status === 404) return 'E_INFLUX_ACCESS';
  return 'E_INFLUX_AWAY';
}
