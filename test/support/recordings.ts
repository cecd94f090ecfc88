import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { asapScheduler, from, noop, type Observable, of } from 'rxjs';
import { countLost } from '../../src/kmsg/count-lost.ts';
import { parseRecord, type Drained, type KmsgRecord } from '../../src/kmsg/record.ts';
import { clockSinceBoot, tellTime } from '../../src/kmsg/tell-time.ts';
import { splitRecords } from '../../src/kmsg/saved-log.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { joinFragments } from '../../src/oom/join-fragments.ts';
import type { RecordWithEvidence } from '../../src/oom/look-at-kills.ts';
import { newTally } from '../../src/tally.ts';
import { rejectForged } from '../../src/oom/reject-forged.ts';

const KMSG = new URL('../testdata/kmsg/', import.meta.url);

/** The names of all recorded kernel logs, without `.kmsg`. */
export const recordingNames: readonly string[] = readdirSync(KMSG)
  .filter((file) => file.endsWith('.kmsg'))
  .map((file) => file.replace(/\.kmsg$/, ''));

/** A recorded kernel log, record by record as read(2) returned them. */
export function readRecording(name: string): readonly Buffer[] {
  const { records, rest } = splitRecords(readFileSync(new URL(`${name}.kmsg`, KMSG)));
  return rest.length === 0 ? records : [...records, rest];
}

/** The same, parsed. */
export function recordsOf(name: string): readonly KmsgRecord[] {
  return readRecording(name)
    .map((bytes) => parseRecord(bytes, { readAtMs: 0, live: false }))
    .filter((record) => record !== undefined);
}

/** Whether there is a `.meta` beside a recording. */
export function hasMeta(name: string): boolean {
  return existsSync(new URL(`${name}.meta`, KMSG));
}

/** The truth beside a recording, line by line. */
export function readMeta(name: string): readonly string[] {
  return readFileSync(new URL(`${name}.meta`, KMSG), 'utf8').split('\n');
}

/** The steps left of the assembler, as the agent composes them, without a device. */
export function prepared$(
  items$: Observable<KmsgRecord | Drained>,
): Observable<RecordWithEvidence | Drained> {
  return items$.pipe(
    tellTime(clockSinceBoot(0)),
    countLost(),
    rejectForged({ forged: 0 }),
    joinFragments(),
  );
}

/** What the assembler makes of records that arrive in one burst. */
export function episodesOf(records: readonly KmsgRecord[]): readonly OomEpisode[] {
  const episodes: OomEpisode[] = [];
  prepared$(records.length === 0 ? of() : from(records))
    .pipe(assembleEpisodes({ scheduler: asapScheduler, drainNow: noop, tally: newTally() }))
    .subscribe((episode) => episodes.push(episode));
  return settled(episodes);
}

/** Each episode as it was told last: what comes late makes it another of the same sequence. */
export function settled(episodes: readonly OomEpisode[]): readonly OomEpisode[] {
  return [...new Map(episodes.map((episode) => [episode.sequence, episode])).values()];
}
