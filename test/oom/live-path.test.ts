import * as fc from 'fast-check';
import { tap } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { KmsgRecord } from '../../src/kmsg/record.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';
import { takeEvidence } from '../../src/oom/kill-evidence.ts';
import { NO_EVIDENCE } from '../../src/oom/look-at-kills.ts';
import { KillLedger } from '../../src/oom/kill-ledger.ts';
import { newTally } from '../../src/tally.ts';
import { FakeCounters } from '../support/fake-counters.ts';
import { FakeLoop } from '../support/fake-loop.ts';
import {
  episodesOf,
  prepared$,
  recordingNames,
  recordsOf,
  settled,
} from '../support/recordings.ts';

/** What the counters show of a kill, when they show it, and whether groups are known to be excluded. */
const liveArbitrary = fc.record({
  paceMs: fc.constantFrom(0, 1, 5, 10, 20, 30, 60, 100),
  shown: fc.constantFrom('truly', 'in another pod', 'in the pod alone'),
  afterMs: fc.constantFrom(0, 3, 50, 400),
  knowsGroups: fc.boolean(),
});
type Live = typeof liveArbitrary extends fc.Arbitrary<infer T> ? T : never;

const OTHER_POD = '/kubepods/burstable/podffffffff-0000-4000-8000-00000000000f';

/** What is said of each, without the evidence, which comes as it may, and the time, which is the console's. */
function told(episodes: readonly OomEpisode[]): readonly object[] {
  const changes = new Set(['evidence', 'monotonicUs', 'atMs']);
  return settled(episodes).map((episode) =>
    Object.fromEntries(Object.entries(episode).filter(([key]) => !changes.has(key))),
  );
}

describe.each(recordingNames)('%s, live, is what its log says', (name) => {
  const records = recordsOf(name);
  const truth = episodesOf(records);
  test('at every pace of the console, with counters that lie or come late', () => {
    fc.assert(
      fc.property(liveArbitrary, (live) => {
        expect(told(readLive(slowed(records, live.paceMs), truth, live))).toEqual(told(truth));
      }),
      { numRuns: 12 },
    );
  });
});

/** The same log on a console that takes so long for each line. */
function slowed(records: readonly KmsgRecord[], paceMs: number): readonly KmsgRecord[] {
  let lateUs = 0;
  return records.map((record, at) => {
    const betweenUs = record.monotonicUs - (records[at - 1]?.monotonicUs ?? 0);
    lateUs += Math.max(0, paceMs * 1000 - Math.max(0, betweenUs));
    return { ...record, live: true, monotonicUs: record.monotonicUs + lateUs };
  });
}

function readLive(
  records: readonly KmsgRecord[],
  truth: readonly OomEpisode[],
  { shown, afterMs, knowsGroups }: Live,
): readonly OomEpisode[] {
  const loop = new FakeLoop(records);
  const { scheduler, drainNow } = loop;
  const cgroups = new Map(truth.flatMap((episode) => cgroupsOf(episode)));
  const grouped = new Set(truth.flatMap(({ group, taskMemcg }) => (group ? [taskMemcg] : [])));
  const counters = new FakeCounters(true);
  counters.make(OTHER_POD);
  const count = (pid: number): void => {
    const cgroup = cgroups.get(pid);
    const pod = parseCgroupPath(cgroup ?? '')?.podPath;
    if (cgroup === undefined || pod === undefined) return counters.kill('/');
    counters.make(...(shown === 'truly' ? [pod, cgroup] : [pod]));
    counters.kill(shown === 'in another pod' ? OTHER_POD : cgroup);
  };
  const episodes: OomEpisode[] = [];
  prepared$(
    loop.items$.pipe(
      tap((item) => {
        const line = item.kind === 'record' ? readKernelLine(item.message) : undefined;
        if (line?.kind === 'kill') scheduler.schedule(() => count(line.process.pid), afterMs);
      }),
    ),
  )
    .pipe(
      takeEvidence(
        {
          ...NO_EVIDENCE,
          excludesGroup: (cgroup) => knowsGroups && cgroup !== undefined && !grouped.has(cgroup),
        },
        { ledger: new KillLedger(counters), drainNow, scheduler },
      ),
      assembleEpisodes({ scheduler, drainNow, tally: newTally() }),
    )
    .subscribe((episode) => episodes.push(episode));
  loop.finish();
  return episodes;
}

function cgroupsOf({ victim, members, taskMemcg }: OomEpisode): (readonly [number, string])[] {
  return taskMemcg === undefined
    ? []
    : [victim, ...members].map(({ pid }) => [pid, taskMemcg] as const);
}
