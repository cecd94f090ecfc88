import { asyncScheduler, from } from 'rxjs';
import { run } from '../../hack/control-plane/commands.ts';
import { parseRecords } from '../../src/kmsg/parse-records.ts';
import { parseRecord, type RawRecord } from '../../src/kmsg/record.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';
import { mayBeKernelLine } from '../../src/oom/may-be-kernel-line.ts';
import { newTally } from '../../src/tally.ts';
import { prepared$, readRecording, recordingNames } from '../support/recordings.ts';
import { buildAnchor } from './anchor/build-anchor.ts';
import type { BenchReport } from './report.ts';

/** Turn by turn, so that what else the machine does hits all of them. */
const ROUNDS = 4;
const ROUND_MS = 1000;
/** Enough for the compiler to have settled. */
const WARM_UP_MS = 500;
/** A ring of 2 MiB. */
const QUIET_RECORDS = 20_000;

interface Used {
  readonly records: number;
  readonly cpuMs: number;
}
/** Reads a log for about a round. */
type Reader = (forMs: number) => Promise<Used>;

/**
 * Records a second of processor time through the pipe, from bytes to episodes, beside the pipe that
 * parses every record and beside the kubelet's parser, on the same two logs.
 */
export async function benchParse(report: BenchReport): Promise<void> {
  const anchor = await buildAnchor(report.print);
  const recordings = recordingNames.flatMap((name) => readRecording(name));
  const [unit, digits] = ['records a second of CPU', 1];
  const speed = (title: string) => ({ title, digits: 0 });
  const row = report.table(unit, [
    speed('the pipe'),
    speed('all parsed'),
    { title: 'ratio', against: 'all parsed', digits },
    speed('cAdvisor'),
    { title: 'ratio', against: 'cAdvisor', digits },
  ]);
  for (const [title, log] of [
    ['of reports', recordings],
    ['of a quiet log', quietLog(recordings)],
  ] as const) {
    const ours = ourReader(log, mayBeKernelLine);
    const readers = [ours, ourReader(log), ...(anchor ? [anchorReader(anchor, log)] : [])];
    const [pipe = 0, ...others] = await turnByTurn(readers);
    row({ title, unit }, pipe, ...others.flatMap((one) => [one, pipe / one]));
  }
}

/** What the recordings have outside of reports, as one log that goes on and on. */
function quietLog(recordings: readonly Buffer[]): readonly Buffer[] {
  let isReport = true;
  const quiet = recordings.filter((bytes) => {
    const record = parseRecord(bytes, { readAtMs: 0, live: false });
    const kind = readKernelLine(record?.message ?? '')?.kind;
    isReport = kind === 'header' || (isReport && kind !== 'kill');
    return !isReport && kind === undefined && record?.facility === 0;
  });
  return Array.from({ length: QUIET_RECORDS }, (_, sequence) => {
    const text = String(quiet[sequence % quiet.length]?.toString('latin1'));
    return Buffer.from(text.replace(/^(\d+),\d+,\d+/, `$1,${sequence},${sequence}000`), 'latin1');
  });
}

function ourReader(log: readonly Buffer[], maySay?: typeof mayBeKernelLine): Reader {
  const reads = log.map((bytes) => ({ kind: 'raw', bytes, readAtMs: 0, live: false }) as const);
  return async (forMs) => {
    const cpuBefore = process.cpuUsage();
    const endsMs = performance.now() + forMs;
    let records = 0;
    for (; performance.now() < endsMs; records += reads.length) readOnce(reads, maySay);
    const { user, system } = process.cpuUsage(cpuBefore);
    return { records, cpuMs: (user + system) / 1000 };
  };
}

function readOnce(reads: readonly RawRecord[], maySay?: typeof mayBeKernelLine): void {
  const options = { drainNow: () => undefined, scheduler: asyncScheduler, tally: newTally() };
  prepared$(from(reads).pipe(parseRecords(() => undefined, maySay)))
    .pipe(assembleEpisodes(options))
    .subscribe();
}

function anchorReader(anchor: string, log: readonly Buffer[]): Reader {
  const input = log.map((bytes) => `${bytes.toString('ascii').trimEnd()}\n`).join('');
  return async (forMs) =>
    JSON.parse(await run(anchor, ['parse', String(forMs / 1000)], { input })) as Used;
}

/** Records a second of each. */
async function turnByTurn(readers: readonly Reader[]): Promise<readonly number[]> {
  for (const read of readers) await read(WARM_UP_MS);
  const sums = readers.map(() => ({ records: 0, cpuMs: 0 }));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, sum] of sums.entries()) {
      const used = await readers[index]?.(ROUND_MS);
      sum.records += used?.records ?? 0;
      sum.cpuMs += used?.cpuMs ?? 0;
    }
  return sums.map(({ records, cpuMs }) => (records * 1000) / cpuMs);
}
