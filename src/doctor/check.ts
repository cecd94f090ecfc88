/** What a check found: all is well, something is missing, or it cannot be told from here. */
export type Finding =
  | { readonly status: 'ok'; readonly found: string }
  | { readonly status: 'failed'; readonly found: string; readonly fix: string }
  | { readonly status: 'unknown'; readonly found: string; readonly fix?: string };

/** One precondition of `run`. */
export interface Check {
  /** Stable: scripts look for it in `-o json`. */
  readonly name: string;
  /**
   * Looks, and changes nothing. A `RecorderError` it throws is a failure in that error's own words;
   * whatever else it throws means that it could not be told.
   */
  readonly look: () => Finding | Promise<Finding>;
}

export function check(name: string, look: Check['look']): Check {
  return { name, look };
}

/** A check and what it found. */
export type Result = { readonly name: string } & Finding;

/** Why, as whoever failed says it: where several addresses were tried, Node's own error has a code alone. */
export function whyOf({ message, code }: NodeJS.ErrnoException): string | undefined {
  return message === '' ? code : message;
}

export function ok(found: string): Finding {
  return { status: 'ok', found };
}

/** @param fix what to do about it, for a person */
export function failed(found: string, fix: string): Finding {
  return { status: 'failed', found, fix };
}

/** @param fix what to do to have it told */
export function unknown(found: string, fix?: string): Finding {
  return { status: 'unknown', found, ...(fix !== undefined && { fix }) };
}
