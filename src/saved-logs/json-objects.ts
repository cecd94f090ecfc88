import type { ByteString } from '../kmsg/record.ts';
import type { LogForm, SavedRecord } from './log-form.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Who prints an object for a record prints no more lines than this for one. */
const MAX_LINES = 500;

/**
 * Collects the innermost objects of a JSON text, line by line: one a line, or each over several lines
 * as `dmesg --json` and `journalctl -o json-pretty` print them. What a byte of a string is stays one unit.
 */
export class JsonObjects {
  #open: string[] | undefined;

  /** @returns the object that the line ends; `null` where it belongs to one; `undefined` where to none */
  read(line: ByteString): JsonObject | null | undefined {
    const text = line.replace(/^(?:data: |\x1e)/, '').trim();
    if (text.startsWith('{') && /\}[,\]}]*$/.test(text)) return parse(text.replace(/,$/, ''));
    if (text.endsWith('{')) {
      const ended = this.#open;
      this.#open = [];
      return ended === undefined || !text.startsWith('}') ? null : parse(`{${ended.join('\n')}}`);
    }
    if (this.#open === undefined) return /^[[\]{},]+$/.test(text) ? null : undefined;
    if (!text.startsWith('}')) return this.#add(text);
    const ended = this.#open;
    this.#open = undefined;
    return parse(`{${ended.join('\n')}}`);
  }

  #add(text: string): null | undefined {
    this.#open?.push(text);
    if ((this.#open?.length ?? 0) <= MAX_LINES) return null;
    this.#open = undefined;
    return undefined;
  }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The form of those that print an object for each record, or one with all of them. */
export function jsonForm(
  name: string,
  readObject: (object: JsonObject) => SavedRecord | readonly SavedRecord[],
): LogForm {
  return {
    name,
    open: () => {
      const objects = new JsonObjects();
      return {
        read: (line, emit) => {
          const object = objects.read(line);
          if (object === null) return true;
          const records = object === undefined ? [] : [readObject(object)].flat();
          records.forEach((record) => emit(record));
          return records.length > 0;
        },
      };
    },
  };
}

/** The bytes of a string in a JSON text that was read byte by byte; an escape may be of any character. */
export function bytesOf(text: string): ByteString {
  return text.replace(/[^\0-\xff]/gu, (other) => Buffer.from(other, 'utf8').toString('latin1'));
}
