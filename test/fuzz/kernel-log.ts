import * as fc from 'fast-check';
import { asapScheduler, from, noop } from 'rxjs';
import { type KmsgRecord, parseRecord } from '../../src/kmsg/record.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { takeEvidence } from '../../src/oom/kill-evidence.ts';
import { NO_EVIDENCE } from '../../src/oom/look-at-kills.ts';
import { newTally } from '../../src/tally.ts';
import { prepared$, settled } from '../support/recordings.ts';
import { changedLog, readsOf } from './changed-log.ts';
import { type FuzzTarget, target } from './fuzz-target.ts';

/** A log, and what the node says of the dying. */
const input = fc.record({
  log: changedLog,
  evidence: fc.array(fc.constantFrom(undefined, 'one', 'other'), { minLength: 1, maxLength: 5 }),
});
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

/** What a lying node may say: pods that no recording has. */
const EVIDENCE = {
  one: '/kubepods/burstable/podeeeeeeee-0000-4000-8000-000000000001/c1',
  other:
    '/kubepods.slice/kubepods-podeeeeeeee_0000_4000_8000_000000000002.slice/cri-containerd-c2.scope',
} as const;
const EVIDENCE_UID = /^eeeeeeee-0000-4000-8000-00000000000[12]$/;

/** As simple as can be, and by no code of the parser's: `__oom_kill_process()`, whole. */
const KILL_LINE =
  /^(?:(?:Memory cgroup out|Out) of memory(?: \(\w+\))?: )?Killed process \d+(?:, UID -?\d+,)? \([^]*\)(?:, UID -?\d+,)? total-vm:\d+kB/;
const PID = /(?:Killed process|reaped process) (?<pid>\d+)/g;

export const kernelLog: FuzzTarget = target('kernel-log', input, ({ log, evidence }) => {
  const records = readsOf(log)
    .map((bytes) => parseRecord(bytes, { readAtMs: 0, live: false }))
    .filter((record) => record !== undefined);
  const episodes = episodesOf(records, evidence);
  const kernels = records.filter(({ facility }) => facility === 0);
  expectEveryKill(kernels, episodes);
  expectNoInvention(kernels, episodes);
});

function episodesOf(
  records: readonly KmsgRecord[],
  evidence: Input['evidence'],
): readonly OomEpisode[] {
  const episodes: OomEpisode[] = [];
  const how = { drainNow: noop, scheduler: asapScheduler };
  let asked = 0;
  const finder = {
    ...NO_EVIDENCE,
    evidenceOf: () => {
      const told = evidence[(asked += 1) % evidence.length];
      return told && ({ cgroup: EVIDENCE[told], source: 'proc' } as const);
    },
  };
  prepared$(from(records))
    .pipe(takeEvidence(finder), assembleEpisodes({ ...how, tally: newTally() }))
    .subscribe((episode) => episodes.push(episode));
  return settled(episodes);
}

/** Each whole kill line of the kernel is in one episode, and no episode counts one that is not there. */
function expectEveryKill(kernels: readonly KmsgRecord[], episodes: readonly OomEpisode[]): void {
  const lines = kernels.filter(({ flag, message }) => flag === '-' && KILL_LINE.test(message));
  const counted = episodes.reduce((sum, { killLines }) => sum + killLines, 0);
  if (counted !== lines.length)
    throw new Error(`${lines.length} kill lines, ${counted} in ${episodes.length} episodes`);
}

/** No process and no pod is named that neither the kernel nor the node named. */
function expectNoInvention(kernels: readonly KmsgRecord[], episodes: readonly OomEpisode[]): void {
  const text = kernels.map(({ message }) => message).join('');
  const pids = new Set([...text.matchAll(PID)].map(({ groups }) => Number(groups?.['pid'])));
  for (const { victim, members, taskMemcg, evidence } of episodes) {
    for (const { pid } of [victim, ...members])
      if (!pids.has(pid)) throw new Error(`nobody said that ${pid} was killed`);
    for (const path of [taskMemcg, evidence?.cgroup]) {
      const uid = parseCgroupPath(path ?? '')?.podUid;
      if (uid === undefined || EVIDENCE_UID.test(uid)) continue;
      if (!text.includes(uid) && !text.includes(uid.replaceAll('-', '_')))
        throw new Error(`nobody named pod ${uid}`);
    }
  }
}
