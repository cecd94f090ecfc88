import { readPrefix } from './dmesg.ts';
import { bytesOf, JsonObjects, type JsonObject } from './json-objects.ts';
import type { LogForm, SavedRecord } from './log-form.ts';

/** What `dmesg --json` prints: every record an object of `pri`, `time` in seconds since boot, and `msg`. */
export const dmesgJson: LogForm = {
  name: 'dmesg --json',
  open: () => {
    const objects = new JsonObjects();
    return {
      read: (line, emit) => {
        const object = objects.read(line);
        if (object === null) return true;
        const records = object === undefined ? [] : readObject(object);
        records.forEach(emit);
        return records.length > 0;
      },
    };
  },
};

/** Compact (`jq -c`) the whole log is one object. */
function readObject(object: JsonObject): readonly SavedRecord[] {
  const entries: readonly unknown[] = Array.isArray(object['dmesg']) ? object['dmesg'] : [object];
  return entries.flatMap((entry) => readEntry(entry as JsonObject) ?? []);
}

function readEntry({ pri, time, msg, caller }: JsonObject): SavedRecord | undefined {
  if (typeof msg !== 'string' || typeof time !== 'number') return undefined;
  return {
    ...(typeof pri === 'number' && readPrefix(pri)),
    monotonicUs: Math.round(time * 1e6),
    caller: typeof caller === 'string' ? caller : undefined,
    message: bytesOf(msg),
  };
}
