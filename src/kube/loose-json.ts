/**
 * Reads JSON nobody vouches for: a wrong shape is an absent field, never an exception. Whoever
 * answers on the API server's address may be a proxy with opinions (Law 2).
 */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (!isRecord(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return at;
}

/** The string at `path`, unless it is empty or something else. */
export function text(value: unknown, ...path: readonly string[]): string | undefined {
  const found = field(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** The array at `path`, or none. */
export function items(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = field(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The RFC 3339 time at `path` (`metav1.Time`), ms since the epoch. */
export function timeMs(value: unknown, ...path: readonly string[]): number | undefined {
  const ms = Date.parse(text(value, ...path) ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
