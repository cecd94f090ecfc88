import type { ByteString } from '../kmsg/record.ts';

/** What a saved log tells of one record of the kernel's: all of it, or hardly more than the message. */
export interface SavedRecord {
  readonly message: ByteString;
  /** Absent where the form does not tell who wrote it: then it is believed to be the kernel. */
  readonly facility?: number | undefined;
  readonly priority?: number | undefined;
  readonly sequence?: number | undefined;
  readonly flag?: string | undefined;
  readonly caller?: string | undefined;
  /** µs since boot. */
  readonly monotonicUs?: number | undefined;
  /** When it was written, or logged: ms since the epoch. */
  readonly wallMs?: number | undefined;
  /** µs since the record before it, where that is all that is told. */
  readonly sinceLastUs?: number | undefined;
  readonly bootId?: string | undefined;
  /** By how many spaces a further line of this record is indented; `undefined` where none is. */
  readonly indent?: number | undefined;
}

/** Reads the lines of one log, in order. */
export interface FormReader {
  /**
   * @param emit told of each record that the line completes
   * @returns whether it is a line of this form
   */
  read(line: ByteString, emit: (record: SavedRecord) => void): boolean;
}

/** A form in which people have kernel logs. */
export interface LogForm {
  /** The command that writes it. */
  readonly name: string;
  /** @param nowMs tells the year where the form leaves it out: no line is from the future */
  open(nowMs: number): FormReader;
  /** Whether a line shows that a log is of this form, where almost any line could be. */
  isShownBy?(line: ByteString): boolean;
}

/** The form of those whose lines each stand for themselves; a CR at the end was never the kernel's. */
export function lineForm(
  name: string,
  readLine: (line: ByteString, nowMs: number) => SavedRecord | undefined,
): LogForm {
  const open = (nowMs: number): FormReader => ({
    read: (line, emit) => {
      const record = readLine(withoutCr(line), nowMs);
      if (record !== undefined) emit(record);
      return record !== undefined;
    },
  });
  return { name, open };
}

/** A line of a file that was written, or edited, on Windows. */
export function withoutCr(line: ByteString): ByteString {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
