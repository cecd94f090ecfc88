import type { ByteString } from '../kmsg/record.ts';
import type { SavedRecord } from './log-form.ts';

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
