import type { ByteString } from '../kmsg/record.ts';
import { bytesOf } from './json-objects.ts';

/** What a container runtime puts around each line that a container writes. */
export interface LineWrapping {
  readonly name: string;
  /** The text in a line, and whether the container's line goes on in the next; `undefined` for any other. */
  unwrap(line: ByteString): { readonly text: ByteString; readonly goesOn: boolean } | undefined;
}

/** @see the CRI's log format: kubernetes/design-proposals-archive, kubelet-cri-logging.md */
const CRI =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) std(?:out|err) (?<tag>[FP])(?::\S*)?(?: (?<text>[^]*))?$/;

/** `kubectl logs --timestamps`, `docker logs -t`. */
const STAMPED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (?<text>[^]*)$/;

export const WRAPPINGS: readonly LineWrapping[] = [
  {
    name: 'CRI log lines',
    unwrap: (line) => {
      const found = CRI.exec(line)?.groups;
      return found && { text: found['text'] ?? '', goesOn: found['tag'] === 'P' };
    },
  },
  {
    name: 'docker json-file log lines',
    unwrap: (line) => {
      if (!line.startsWith('{"log":')) return undefined;
      const log = logOf(line);
      return log === undefined
        ? undefined
        : { text: log.replace(/\r?\n$/, ''), goesOn: !log.endsWith('\n') };
    },
  },
  {
    name: 'lines of kubectl logs --timestamps',
    unwrap: (line) => {
      const text = STAMPED.exec(line)?.groups?.['text'];
      return text === undefined ? undefined : { text, goesOn: false };
    },
  },
];

/** docker cuts a line at 16 KiB, as containerd does. More pieces than these are no kernel's. */
const MAX_HELD_BYTES = 64 * 1024;

/** Takes off what the runtime put around; a line without it is passed on as it is. */
export class Unwrapper {
  readonly #wrapping: LineWrapping;
  #held = '';

  constructor(wrapping: LineWrapping) {
    this.#wrapping = wrapping;
  }

  /** @returns a line of the container's; `undefined` while it goes on */
  read(line: ByteString): ByteString | undefined {
    const found = this.#wrapping.unwrap(line);
    if (found === undefined) return line;
    const text = this.#held + found.text;
    this.#held = found.goesOn ? text.slice(0, MAX_HELD_BYTES) : '';
    return found.goesOn ? undefined : text;
  }

  /** What went on when the log ended. */
  flush(): readonly ByteString[] {
    return this.#held === '' ? [] : [this.#held];
  }
}

function logOf(line: ByteString): ByteString | undefined {
  try {
    const { log } = JSON.parse(line) as { readonly log?: unknown };
    return typeof log === 'string' ? bytesOf(log) : undefined;
  } catch {
    return undefined;
  }
}
