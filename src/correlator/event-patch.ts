import type { RecordedEvent } from './recorded-event.ts';

/**
 * The strategic-merge patch of an Event seen before.
 *
 * client-go diffs the Event against itself with these three fields blanked, so they are in the
 * patch even when they did not change, and left out when they equal the blank: an empty message,
 * the first second of 1970.
 */
export interface EventPatch {
  readonly count?: number;
  /** RFC 3339, whole seconds, cut and not rounded: metav1.Time.MarshalJSON. */
  readonly lastTimestamp?: string;
  readonly message?: string;
  /** Ours: of an Event that says more than when it was created. */
  readonly metadata?: { readonly annotations: Readonly<Record<string, string>> };
}

/** client-go tools/record eventLogger.eventObserve: `time.Unix(0, 0)`. */
const BLANK_TIMESTAMP = '1970-01-01T00:00:00Z';

/** In what `encoding/json` escapes beyond JSON's own rules, as it does unless told otherwise. */
const GO_ESCAPES = /[<>&\u2028\u2029]/gu;

/** The patch for an Event that was counted. client-go tools/record eventLogger.eventObserve. */
export function patchOf(event: RecordedEvent): EventPatch {
  const lastTimestamp = toRfc3339(event.lastTimestamp);
  return {
    ...(event.count !== 0 && { count: event.count }),
    ...(lastTimestamp !== BLANK_TIMESTAMP && { lastTimestamp }),
    ...(event.message !== '' && { message: event.message }),
  };
}

/** The patch for an Event that says more: it stands for as many kills as before. */
export function amendmentOf({ message, metadata }: RecordedEvent): EventPatch {
  return { message, metadata: { annotations: metadata.annotations ?? {} } };
}

/** The bytes client-go sends: the fields sorted by name, escaped as Go's `encoding/json` does. */
export function encodePatch({ count, lastTimestamp, message, metadata }: EventPatch): string {
  const sorted = { count, lastTimestamp, message: message?.toWellFormed(), metadata };
  return JSON.stringify(sorted).replaceAll(GO_ESCAPES, toUnicodeEscape);
}

function toRfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/u, 'Z');
}

function toUnicodeEscape(character: string): string {
  return String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0');
}
