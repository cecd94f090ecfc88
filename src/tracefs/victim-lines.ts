import type { ByteString } from '../kmsg/record.ts';
import { decodeName } from '../oom/decode-name.ts';
import type { MarkedVictim, Marks } from '../oom/join-marks.ts';

/** What an event's `format` file says it prints: the text in C's quotes, then its arguments. */
const PRINT_FMT = /^print fmt: "(?<text>(?:[^"\\]|\\.)*)"(?<values>.*)$/m;
const CONVERSION = /%[hlz]*(?<type>[dus])/g;
const VALUE = /REC->(?<number>\w+)|__get_str\((?<string>\w+)\)/g;
/** TASK_COMM_LEN, with its NUL, is 16. */
const NAME = '[^]{0,15}';
const NUMBER = String.raw`-?\d+`;
/** trace_print_context(): seconds, of a clock that counts time, directly before the event's name. */
const STAMP = String.raw`(?:(?<seconds>\d+)\.(?<micros>\d{6}): )?`;

/** print_trace_line(): the ring was overwritten. How much of it is not always known. */
const LOST_EVENTS = String.raw`CPU:\d+ \[LOST (?:(?<lost>\d+) )?EVENTS\]\n`;

/** One line, with a name of 15 bytes before it and one in it, is not as long. */
const MAX_REST = 1024;

type Groups = Readonly<Record<string, string | undefined>>;

/**
 * Reads what `trace_pipe` prints of `oom:mark_victim`, by the event's own `format` file: Linux 6.9 prints much
 * that older ones do not.
 *
 * The name is any 15 bytes, line breaks too, and stands between what is printed of every victim: too few
 * to look like a line of its own. What stands before the event's name differs with the host's settings; of that
 * only the time is looked at, where there is one.
 */
export class VictimLines {
  readonly #pattern: RegExp;
  /** Before 6.9 there are pids alone. */
  readonly tellNames: boolean;
  #rest: ByteString = '';

  /** @throws SyntaxError, where the format says of no pid */
  constructor(format: string) {
    const { text = '', values = '' } = PRINT_FMT.exec(format)?.groups ?? {};
    const names = [...values.matchAll(VALUE)].map(
      ({ groups }) => groups?.['number'] ?? groups?.['string'],
    );
    if (!names.includes('pid')) throw new SyntaxError('its format has no pid');
    this.tellNames = names.includes('comm');
    const body = escape(text).replaceAll(CONVERSION, (_, type: string) => {
      return `(?<${names.shift()}>${type === 's' ? NAME : NUMBER})`;
    });
    this.#pattern = new RegExp(`${LOST_EVENTS}|${STAMP}mark_victim: ${body}\\n`, 'g');
  }

  /** @param text what was read; a line may come in pieces */
  take(text: ByteString): Marks {
    const all = this.#rest + text;
    const victims: MarkedVictim[] = [];
    let [lost, end] = [0, 0];
    for (const { index, 0: line, groups = {} } of all.matchAll(this.#pattern)) {
      end = index + line.length;
      if (groups['pid'] === undefined) lost += Number(groups['lost'] ?? 1);
      else victims.push(victimOf(groups));
    }
    this.#rest = all.slice(end).slice(-MAX_REST);
    return { victims, lost };
  }
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function victimOf(groups: Groups): MarkedVictim {
  const number = (name: string): number | undefined =>
    groups[name] === undefined ? undefined : Number(groups[name]);
  const { comm, seconds, micros } = groups;
  return {
    pid: Number(groups['pid']),
    ...(seconds !== undefined && { markedUs: Number(seconds) * 1e6 + Number(micros) }),
    ...(comm !== undefined && { comm: decodeName(comm) }),
    uid: number('uid'),
    totalVmKb: number('total_vm'),
    anonRssKb: number('anon_rss'),
    fileRssKb: number('file_rss'),
    shmemRssKb: number('shmem_rss'),
    pgtablesKb: number('pgtables'),
    oomScoreAdj: number('oom_score_adj'),
  };
}
