import type { ByteString } from '../kmsg/record.ts';
import { bytesOf, jsonForm } from './json-objects.ts';
import type { FormReader, LogForm, SavedRecord } from './log-form.ts';

/** The fields of an entry of the journal that are read here. */
export type JournalFields = Readonly<Record<string, ByteString | undefined>>;

/** LOG_KERN and LOG_USER. */
const KERN = 0;
const USER = 1;

/**
 * What an entry of the journal tells. journald undoes the kernel's escapes; it names the transport
 * itself, nobody else can, and copies the facility where it is not the kernel's (or always, since 249).
 *
 * @see `dev_kmsg_record()`, journald-kmsg.c; systemd.journal-fields(7)
 */
export function readEntry(fields: JournalFields): SavedRecord | undefined {
  const { MESSAGE: message, __REALTIME_TIMESTAMP: realtime } = fields;
  if (message === undefined || realtime === undefined) return undefined;
  const isKernels = fields['_TRANSPORT'] === 'kernel';
  const facility = isKernels ? Number(fields['SYSLOG_FACILITY'] ?? KERN) : USER;
  const writtenUs = numberOf(fields['_SOURCE_MONOTONIC_TIMESTAMP']);
  const loggedUs = numberOf(fields['__MONOTONIC_TIMESTAMP']);
  const lateUs = loggedUs === undefined || writtenUs === undefined ? 0 : loggedUs - writtenUs;
  return {
    message,
    facility,
    priority: numberOf(fields['PRIORITY']),
    monotonicUs: isKernels ? writtenUs : loggedUs,
    wallMs: (Number(realtime) - Math.max(0, lateUs)) / 1000,
    bootId: fields['_BOOT_ID'],
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

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

/**
 * The Journal Export Format: `FIELD=text` a line, or `FIELD`, the length in eight bytes, little-endian,
 * and as many bytes, which may be newlines; an empty line ends the entry.
 *
 * @see https://systemd.io/JOURNAL_EXPORT_FORMATS/
 */
export const journalExport: LogForm = {
  name: 'journalctl -o export',
  open: () => new ExportReader(),
};

const TEXT_FIELD = /^[A-Z_][A-Z0-9_]{0,63}=/;
const BINARY_FIELD = /^[A-Z_][A-Z0-9_]{0,63}$/;
const SIZE_BYTES = 8;
/** No message of the kernel's is longer by far: a longer field (a core dump) is passed over. */
const MAX_FIELD_BYTES = 1024 * 1024;

/** A field in binary, as far as it was read. */
interface BinaryField {
  readonly name: string;
  data: ByteString;
  /** Of it, its length and the newline behind; `undefined` until the length is there. */
  totalBytes: number | undefined;
  readBytes: number;
}

class ExportReader implements FormReader {
  #fields: Record<string, ByteString> = {};
  #binary: BinaryField | undefined;

  read(line: ByteString, emit: (record: SavedRecord) => void): boolean {
    if (this.#binary !== undefined) return this.#readBinary(this.#binary, line);
    if (line === '') return this.#end(emit);
    if (BINARY_FIELD.test(line)) {
      this.#binary = { name: line, data: '', totalBytes: undefined, readBytes: 0 };
      return true;
    }
    if (!TEXT_FIELD.test(line)) return false;
    const at = line.indexOf('=');
    this.#fields[line.slice(0, at)] = line.slice(at + 1);
    return true;
  }

  #readBinary(field: BinaryField, line: ByteString): boolean {
    field.readBytes += line.length + 1;
    if (field.data.length < MAX_FIELD_BYTES) field.data += `${line}\n`;
    field.totalBytes ??= totalOf(field.data);
    if (field.totalBytes === undefined || field.readBytes < field.totalBytes) return true;
    this.#binary = undefined;
    this.#fields[field.name] = field.data.slice(SIZE_BYTES, field.totalBytes - 1);
    return field.readBytes === field.totalBytes;
  }

  #end(emit: (record: SavedRecord) => void): boolean {
    const record = readEntry(this.#fields);
    this.#fields = {};
    if (record !== undefined) emit(record);
    return record !== undefined;
  }
}

function totalOf(data: ByteString): number | undefined {
  if (data.length < SIZE_BYTES) return undefined;
  const size = Buffer.from(data.slice(0, SIZE_BYTES), 'latin1').readBigUInt64LE();
  return SIZE_BYTES + Number(size) + 1;
}
