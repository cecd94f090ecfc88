import { createHash } from 'node:crypto';

/** RFC 1123 subdomain, as the API server demands of an Event's name. */
const MAX_NAME_LENGTH = 253;
const HASH_DIGITS = 16;

/** What makes an Event unique: the same parts give the same name for ever. */
export interface EventIdentity {
  readonly objectName: string;
  readonly bootId: string;
  readonly sequence: number;
  /** Namespace, kind, UID and field path of the subject: one episode may have several. */
  readonly subject: string;
}

/**
 * `<object name>.<16 hex digits>`. client-go takes the time for the digits; we take what identifies
 * the episode for ever, so that posting an Event twice is answered 409 AlreadyExists, which means done.
 */
export function eventName({ objectName, bootId, sequence, subject }: EventIdentity): string {
  const digits = createHash('sha256')
    .update(JSON.stringify([bootId, sequence, subject]))
    .digest('hex')
    .slice(0, HASH_DIGITS);
  const room = MAX_NAME_LENGTH - HASH_DIGITS - 1;
  const stem = objectName.slice(0, room).replace(/[^a-z0-9]+$/, '');
  return `${stem}.${digits}`;
}
