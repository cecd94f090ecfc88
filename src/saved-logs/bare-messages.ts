import { readKernelLine } from '../oom/kernel-lines.ts';
import { unescape } from './dmesg.ts';
import { type LogForm, lineForm } from './log-form.ts';

/** Messages and nothing else. Any text looks like that, so it takes a line of the OOM path to show it. */
export const bareMessages: LogForm = {
  ...lineForm('dmesg -t, or journalctl -o cat', (line) =>
    line === '' ? undefined : { message: unescape(line) },
  ),
  isShownBy: (line) => readKernelLine(line) !== undefined,
};
