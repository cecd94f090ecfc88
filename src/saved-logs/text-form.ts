import type { ByteString } from '../kmsg/record.ts';
import { type LogForm, lineForm, type SavedRecord } from './log-form.ts';
import { type StampGroups, timeOf } from './stamps.ts';

/** Where the kernel was built with PRINTK_CALLER: `[ T1234]`, `[   C0]`. */
export const CALLER = String.raw`(?: ?\[ *(?<caller>[TC]\d+)\])?`;

/** The rest of a line; of one without text an editor may have cut the space. */
export const MESSAGE = String.raw`(?: (?<message>[^]*))?$`;

/** What the groups of a pattern say beside the stamp. */
export interface TextReading extends Pick<SavedRecord, 'facility' | 'priority'> {
  readonly decode: (message: ByteString) => ByteString;
}

/**
 * A form whose records are lines of text: something in front, among it a stamp, then the message. What
 * goes on in a further line is indented by as much as stands in front of the first.
 */
export function textForm(
  name: string,
  pattern: string,
  readGroups: (groups: StampGroups) => TextReading,
): LogForm {
  const line = new RegExp(`^${pattern}`);
  return lineForm(name, (text, nowMs): SavedRecord | undefined => {
    const groups = line.exec(text)?.groups;
    if (groups === undefined) return undefined;
    const { message = '', caller, bootSeconds, bootMicros } = groups;
    const { decode, ...reading } = readGroups(groups);
    const time = timeOf(groups, nowMs);
    const monotonicUs =
      bootSeconds === undefined ? time.monotonicUs : Number(bootSeconds) * 1e6 + Number(bootMicros);
    const indent = text.length - message.length;
    return { ...reading, ...time, monotonicUs, caller, message: decode(message), indent };
  });
}
