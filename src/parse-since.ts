import { parseDuration } from './human-duration.ts';

/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
/** Its `full-date`: when that day begins, in UTC, as all times are told here. */
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** What {@link parseSince} takes, for a message. */
export const SINCE_FORMS =
  '90m, 24h, 7d, 1h30m, a date: 2026-11-22, or RFC 3339: 2026-11-22T15:04:05Z';

/**
 * From when on: so long ago (`90m`, `24h`, `7d`, `1h30m`), a date, or RFC 3339.
 *
 * @param nowMs ms since the epoch
 * @returns ms since the epoch; `undefined` where it is none of these
 */
export function parseSince(text: string, nowMs: number): number | undefined {
  const agoMs = parseDuration(text);
  const ms = agoMs === undefined ? timeMs(text) : nowMs - agoMs;
  return Number.isFinite(ms) ? ms : undefined;
}

function timeMs(text: string): number {
  return RFC_3339.test(text) || DATE.test(text) ? Date.parse(text) : Number.NaN;
}
