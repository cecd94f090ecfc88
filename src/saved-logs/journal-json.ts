import { type JournalFields, readEntry } from './journal-entry.ts';
import { bytesOf, JsonObjects } from './json-objects.ts';
import type { LogForm } from './log-form.ts';

/** What `journalctl -o json` and its kin print: an object for each entry. */
export const journalJson: LogForm = {
  name: 'journalctl -o json',
  open: () => {
    const objects = new JsonObjects();
    return {
      read: (line, emit) => {
        const object = objects.read(line);
        if (object === null) return true;
        const fields = Object.entries(object ?? {}).map(([key, value]) => [key, textOf(value)]);
        const record = readEntry(Object.fromEntries(fields) as JournalFields);
        if (record !== undefined) emit(record);
        return record !== undefined;
      },
    };
  },
};

/** `update_json_data()`, logs-show.c: what is not printable UTF-8 is an array of its bytes. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return bytesOf(value);
  if (!Array.isArray(value)) return undefined;
  return value.every((byte) => typeof byte === 'number')
    ? Buffer.from(value).toString('latin1')
    : textOf(value.at(-1));
}
