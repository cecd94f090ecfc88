import { readKernelLine } from '../oom/kernel-lines.ts';
import { dmesgForms, dmesgJson, unescape } from './dmesg.ts';
import { journalExport, journalJson } from './journal.ts';
import { type LogForm, lineForm } from './log-form.ts';
import { rawKmsg } from './raw-kmsg.ts';
import { syslogForms } from './syslog.ts';

/** Messages and nothing else. Any text looks like that, so it takes a line of the OOM path to show it. */
const bareMessages: LogForm = {
  ...lineForm('dmesg -t, or journalctl -o cat', (line) =>
    line === '' ? undefined : { message: unescape(line) },
  ),
  isShownBy: (line) => readKernelLine(line) !== undefined,
};

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
