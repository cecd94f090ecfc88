import { type JournalFields, readEntry } from './journal-entry.ts';
import { bytesOf, jsonForm } from './json-objects.ts';

/** What `journalctl -o json` and its kin print: an object for each entry. */
export const journalJson = jsonForm('journalctl -o json', (object) => {
  const fields = Object.entries(object).map(([key, value]) => [key, textOf(value)]);
  return readEntry(Object.fromEntries(fields) as JournalFields) ?? [];
});

/** `update_json_data()`, logs-show.c: what is not printable UTF-8 is an array of its bytes. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return bytesOf(value);
  if (!Array.isArray(value)) return undefined;
  return value.every((byte) => typeof byte === 'number')
    ? Buffer.from(value).toString('latin1')
    : textOf(value.at(-1));
}
