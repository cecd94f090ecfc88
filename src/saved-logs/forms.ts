import { bareMessages } from './bare-messages.ts';
import { dmesgForms, dmesgJson } from './dmesg.ts';
import { journalExport, journalJson } from './journal.ts';
import type { LogForm } from './log-form.ts';
import { rawKmsg } from './raw-kmsg.ts';
import { syslogForms } from './syslog.ts';

/** Every form that is read. Where two read as many lines of a log, it is of the one that comes first. */
export const LOG_FORMS: readonly LogForm[] = [
  rawKmsg,
  journalJson,
  journalExport,
  dmesgJson,
  ...syslogForms,
  ...dmesgForms,
  bareMessages,
];
