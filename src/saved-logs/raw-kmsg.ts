import { parseRecord } from '../kmsg/record.ts';
import type { LogForm } from './log-form.ts';

const UNREAD = { readAtMs: 0, live: false };

/** The records of `/dev/kmsg` as they are: `cat /dev/kmsg >kmsg.log`. */
export const rawKmsg: LogForm = {
  name: 'raw /dev/kmsg',
  open: () => ({
    read: (line, emit) => {
      if (line.startsWith(' ')) return true;
      const record = parseRecord(Buffer.from(line, 'latin1'), UNREAD);
      if (record !== undefined) emit(record);
      return record !== undefined;
    },
  }),
};
