import { asyncScheduler, from } from 'rxjs';
import { parseRecords, type RawRecord } from '../../src/kmsg/record.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import { newTally } from '../../src/tally.ts';
import { prepared$, readRecording, recordingNames } from '../support/recordings.ts';

/** Enough for the compiler to have settled, and for a stable figure. */
const WARM_UP_MS = 500;
const MEASURE_MS = 2000;

/** What every line is asked by a reader that asks every line everything: cAdvisor's and ours, unanchored. */
const EVERYTHING = [
  /(?<comm>.*) invoked oom-killer: gfp_mask=(?<mask>.*), order=(?<order>\d+), oom_score_adj=(?<adj>-?\d+)/,
  /memory: usage (?<usage>\d+)kB, limit (?<limit>\d+)kB, failcnt (?<failcnt>\d+)/,
  /\[\s*pid\s*\]\s+(?<columns>.*) name/,
  /\[\s*(?<pid>\d+)\]\s+(?<uid>\d+)\s+(?<tgid>\d+)\s+(?<rest>.*)/,
  /oom-kill:constraint=(?<constraint>.*),nodemask=(?<nodemask>.*),cpuset=(?<cpuset>.*),mems_allowed=(?<mems>.*),oom_memcg=(?<oom>.*),task_memcg=(?<task>.*),task=(?<comm>.*),pid=(?<pid>\d+),uid=(?<uid>.*)/,
  /Task in (?<task>.*) killed as a result of limit of (?<oom>.*)/,
  /Kill process (?<pid>\d+) \((?<comm>.*)\) score (?<score>\d+) or sacrifice child/,
  /Killed process (?<pid>\d+) \((?<comm>.*)\) total-vm:(?<vm>\d+)kB, anon-rss:(?<anon>\d+)kB, file-rss:(?<file>\d+)kB/,
  /Tasks in (?<memcg>.*) are going to be killed due to memory.oom.group set/,
  /Out of memory and no killable processes/,
  /OOM victim (?<pid>\d+) \((?<comm>.*)\) is already exiting/,
  /oom_reaper: reaped process (?<pid>\d+) \((?<comm>.*)\), now anon-rss/,
  /(?<who>.*): (?<count>\d+) callbacks suppressed/,
];
const PREFIX = /^(?<prefix>\d+),(?<sequence>\d+),(?<us>\d+),(?<flag>[^;]*);(?<message>.*)/s;

type Reader = (reads: readonly RawRecord[]) => number;

/** The agent's pipe, from bytes to episodes. */
const pipe: Reader = (reads) => {
  const tally = newTally();
  const options = { drainNow: () => undefined, scheduler: asyncScheduler, tally };
  prepared$(from(reads).pipe(parseRecords(() => undefined)))
    .pipe(assembleEpisodes(options))
    .subscribe();
  return tally.episodes;
};

/** Believes any line, joins nothing, and counts what says that somebody died. */
const naive: Reader = (reads) => {
  let kills = 0;
  for (const { bytes } of reads) {
    const message = PREFIX.exec(bytes.toString('utf8'))?.groups?.['message'] ?? '';
    const found = EVERYTHING.map((pattern) => pattern.exec(message)?.groups);
    if ((found[7] ?? found[11]) !== undefined) kills += 1;
  }
  return kills;
};

/** Records a second through the whole pipe, over all recordings, beside a reader that knows no better. */
export function benchParse(print: (line: string) => void): void {
  const reads = recordingNames.map((name) =>
    readRecording(name).map((bytes) => ({ kind: 'raw', bytes, readAtMs: 0, live: false }) as const),
  );
  const ours = perSecond(pipe, reads);
  const theirs = perSecond(naive, reads);
  print(row('', 'the pipe', 'every pattern', 'ratio'));
  const ratio = `${(ours / theirs).toFixed(1)}×`;
  print(row('records a second', thousands(ours), thousands(theirs), ratio));
}

function perSecond(reader: Reader, logs: readonly (readonly RawRecord[])[]): number {
  repeat(WARM_UP_MS, reader, logs);
  const { records, tookMs } = repeat(MEASURE_MS, reader, logs);
  return (records * 1000) / tookMs;
}

function repeat(forMs: number, reader: Reader, logs: readonly (readonly RawRecord[])[]) {
  const startedAtMs = performance.now();
  let records = 0;
  while (performance.now() - startedAtMs < forMs) {
    for (const log of logs) {
      if (reader(log) === 0) throw new Error('a recording without a kill');
      records += log.length;
    }
  }
  return { records, tookMs: performance.now() - startedAtMs };
}

function thousands(count: number): string {
  return `${Math.round(count / 1000)},000`;
}

function row(title: string, ...cells: readonly string[]): string {
  return [title.padEnd(30), ...cells.map((cell) => cell.padStart(18))].join('');
}
