import { readPrefix } from './dmesg.ts';
import { bytesOf, jsonForm, type JsonObject } from './json-objects.ts';
import type { SavedRecord } from './log-form.ts';

/** What `dmesg --json` prints: every record an object of `pri`, `time` in seconds since boot, and `msg`. */
export const dmesgJson = jsonForm('dmesg --json', (object) => {
  // Compact (`jq -c`) the whole log is one object.
  const entries: readonly unknown[] = Array.isArray(object['dmesg']) ? object['dmesg'] : [object];
  return entries.flatMap((entry) => readEntry(entry as JsonObject) ?? []);
});

function readEntry({ pri, time, msg, caller }: JsonObject): SavedRecord | undefined {
  if (typeof msg !== 'string' || typeof time !== 'number') return undefined;
  return {
    ...(typeof pri === 'number' && readPrefix(pri)),
    monotonicUs: Math.round(time * 1e6),
    caller: typeof caller === 'string' ? caller : undefined,
    message: bytesOf(msg),
  };
}
