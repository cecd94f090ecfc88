import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KmsgRecord } from '../../src/kmsg/record.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';
import { newTally } from '../../src/tally.ts';
import { FakeLoop } from '../support/fake-loop.ts';
import { episodesOf, prepared$, recordingNames, recordsOf } from '../support/recordings.ts';

/** Enough to meet every cut of the short recordings; the suite must stay quick. */
const RUNS = { numRuns: 40 };
const STALL_MS = 200;

/** What another CPU, a driver or a process may print between any two lines. */
const STRANGERS = [
  'usb 1-1: new high-speed USB device number 2',
  'oom_kill_process: 3 callbacks suppressed',
  'eth0: Killed the link, out of memory',
  '',
];

const recordings = new Map(recordingNames.map((name) => [name, recordsOf(name)]));
const truths = new Map([...recordings].map(([name, records]) => [name, truthOf(records)]));

/** A victim and where it died. */
const place = ({ victim, taskMemcg }: OomEpisode) => `${victim.pid} in ${taskMemcg}`;

/** Where the lines before a gap are lost, a member is the first that is known of its group. */
const places = ({ victim, members, taskMemcg }: OomEpisode) =>
  [victim, ...members].map(({ pid }) => `${pid} in ${taskMemcg}`);

function truthOf(records: readonly KmsgRecord[]) {
  const deaths = records.flatMap(({ facility, message }) => {
    const line = facility === 0 ? readKernelLine(message) : undefined;
    if (line?.kind === 'kill') return [line.process.pid];
    return line?.kind === 'reaped' ? [line.pid] : [];
  });
  return { episodes: episodesOf(records), deaths: new Set(deaths) };
}

/** Never a wrong pod, never a kill that no line shows, never a process twice. */
function expectNoLie(name: string, episodes: readonly OomEpisode[]): void {
  const truth = truths.get(name);
  const known = truth?.episodes.flatMap((episode) => places(episode)) ?? [];
  for (const episode of episodes) {
    const { taskMemcg, group, victim } = episode;
    // Of a member whose victim's line is lost no more is told than the group.
    const isOfGroup = taskMemcg !== undefined && taskMemcg === group;
    const isTold = known.some((one) => isOfGroup && one.startsWith(`${victim.pid} in ${group}/`));
    if (taskMemcg !== undefined && !isTold) expect(known).toContain(place(episode));
    for (const { pid } of [episode.victim, ...episode.members]) {
      expect(truth?.deaths).toContain(pid);
    }
  }
}

/** Not fc.double: of the numbers between 0 and 1 most are next to 0. */
const anyShare = fc.nat(1_000_000).map((millionths) => millionths / 1_000_000);
const of = (name: string) => recordings.get(name) ?? [];
const at = (records: readonly KmsgRecord[], share: number) => Math.floor(records.length * share);

describe('whatever is left of a recording', () => {
  test.each(recordingNames)('%s may begin and end anywhere', (name) => {
    fc.assert(
      fc.property(anyShare, anyShare, (from, to) => {
        const records = of(name);
        expectNoLie(name, episodesOf(records.slice(at(records, from), at(records, to))));
      }),
      RUNS,
    );
  });

  test.each(recordingNames)('%s may lack any ranges, known by their sequence', (name) => {
    const range = fc.tuple(anyShare, fc.nat(60));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 8 }), (ranges) => {
        const records = of(name);
        const isLost = (index: number) =>
          ranges.some(([share, length]) => {
            const start = at(records, share);
            return index >= start && index < start + length;
          });
        expectNoLie(name, episodesOf(records.filter((_, index) => !isLost(index))));
      }),
      RUNS,
    );
  });

  test.each(recordingNames)('%s cut short is as far the same', (name) => {
    const whole = truths.get(name)?.episodes ?? [];
    fc.assert(
      fc.property(anyShare, (share) => {
        const records = of(name).slice(0, at(of(name), share));
        const end = records.at(-1)?.sequence ?? 0;
        const over = whole.filter(({ lastSequence }) => lastSequence <= end);
        expect(
          episodesOf(records)
            .slice(0, over.length)
            .map((episode) => place(episode)),
        ).toEqual(over.map((episode) => place(episode)));
      }),
      RUNS,
    );
  });
});

/** Fragments of nobody's line: nothing but the content tells them from the real ones. */
const FORGERIES = [
  ...STRANGERS,
  '/kubepods/burstable/podffffffff-0000-4000-8000-00000000dead/beef',
  ',task_memcg=/kubepods/burstable/podffffffff-0000-4000-8000-00000000dead/beef',
  ',global_oom',
  ' killed as a result of limit of ',
];

const between = (messages: readonly string[], flags: readonly string[]) =>
  fc.array(
    fc.record({
      share: anyShare,
      message: fc.constantFrom(...messages),
      facility: fc.constantFrom(0, 1),
      flag: fc.constantFrom(...flags),
    }),
    { maxLength: 40 },
  );

type Strangers = typeof between extends (...args: never[]) => fc.Arbitrary<infer T> ? T : never;

function mixed(records: readonly KmsgRecord[], strangers: Strangers): readonly KmsgRecord[] {
  return records.flatMap((record, index) => [
    ...strangers
      .filter(({ share }) => at(records, share) === index)
      .map(({ message, facility, flag }) => ({ ...record, message, facility, flag })),
    record,
  ]);
}

describe('strangers between the lines', () => {
  const summary = (episode: OomEpisode) => [places(episode), episode.limitLevel];
  test.each(recordingNames)('%s says the same', (name) => {
    const expected = truths.get(name)?.episodes.map((episode) => summary(episode));
    fc.assert(
      fc.property(between(STRANGERS, ['-']), (strangers) => {
        const episodes = episodesOf(mixed(of(name), strangers));
        expect(episodes.map((episode) => summary(episode))).toEqual(expected);
      }),
      RUNS,
    );
  });

  test.each(recordingNames)('%s blames nobody else, whatever the fragments', (name) => {
    const victims = truths
      .get(name)
      ?.episodes.map(
        ({ victim, taskMemcg }) => `${victim.pid} of ${parseCgroupPath(taskMemcg ?? '')?.podUid}`,
      );
    fc.assert(
      fc.property(between(FORGERIES, ['c', '+']), (forgeries) => {
        const blamed = episodesOf(mixed(of(name), forgeries)).flatMap(({ victim, taskMemcg }) => {
          const pod = parseCgroupPath(taskMemcg ?? '')?.podUid;
          return pod === undefined ? [] : [`${victim.pid} of ${pod}`];
        });
        expect(victims).toEqual(expect.arrayContaining(blamed));
      }),
      RUNS,
    );
  });
});

describe('read as it is written, the loop stalled for 200 ms anywhere', () => {
  test.each(recordingNames)('%s says what it says in one burst', (name) => {
    const turns = fc.array(fc.boolean(), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(turns, (stalls) => {
        expect(readLive(of(name), stalls)).toEqual(truths.get(name)?.episodes);
      }),
      { numRuns: 6 },
    );
  });
});

/** Every turn of the loop is followed by a stall, or not, as `stalls` says over and over. */
function readLive(
  records: readonly KmsgRecord[],
  stalls: readonly boolean[],
): readonly OomEpisode[] {
  const loop = new FakeLoop(records);
  const episodes: OomEpisode[] = [];
  const { scheduler, drainNow } = loop;
  prepared$(loop.items$)
    .pipe(assembleEpisodes({ scheduler, drainNow, tally: newTally() }))
    .subscribe((episode) => episodes.push(episode));
  for (let turn = 0; loop.turn(); turn += 1) {
    if (stalls[turn % stalls.length] === true) loop.stall(STALL_MS);
  }
  loop.finish();
  return episodes;
}
