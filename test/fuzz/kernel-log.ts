import * as fc from 'fast-check';
import { from } from 'rxjs';
import { type KmsgRecord, parseRecord } from '../../src/kmsg/record.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { takeEvidence } from '../../src/oom/kill-evidence.ts';
import type { Attribution, Subject } from '../../src/pods/attribute.ts';
import { LiveAttributor, type WatchedPods } from '../../src/pods/live-attributor.ts';
import { recordEpisode } from '../../src/recorder/recorded-episode.ts';
import { newTally } from '../../src/tally.ts';
import { FakeLoop } from '../support/fake-loop.ts';
import { prepared$, settled } from '../support/recordings.ts';
import { changedLog, readsOf } from './changed-log.ts';
import { type FuzzTarget, target } from './fuzz-target.ts';
import { EVIDENCE_UID, LyingNode, nodeLies } from './lying-node.ts';
import { directoryOf, somePods } from './lying-pods.ts';

/** Read by an agent that comes when some of it is there, and then as it is written, by a loop that does not turn at times. */
const reading = fc.record({
  liveFrom: fc.nat(60),
  stalls: fc.array(fc.tuple(fc.nat(60), fc.constantFrom(1, 30, 200, 2_000)), { maxLength: 3 }),
});
type Reading = typeof reading extends fc.Arbitrary<infer T> ? T : never;

/** A log; how it is read, out of a file unless that is said; what the node says, and the API server. */
const input = fc.record({
  log: changedLog,
  reading: fc.option(reading, { nil: undefined }),
  node: nodeLies,
  pods: somePods,
});
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

const ORIGIN = { node: { name: 'node-1' }, bootId: 'b' };
/** The longest note of an events.k8s.io/v1 Event, and what a terminal may take for a command. */
const MAX_MESSAGE_BYTES = 1024;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** As simple as can be, and by no code of the parser's: `__oom_kill_process()`, whole. */
const KILL_LINE =
  /^(?:(?:Memory cgroup out|Out) of memory(?: \(\w+\))?: )?Killed process \d+(?:, UID -?\d+,)? \([^]*\)(?:, UID -?\d+,)? total-vm:\d+kB/;
const PID = /(?:Killed process|reaped process) (?<pid>\d+)/g;

export const kernelLog: FuzzTarget = target('kernel-log', input, (said) => {
  const { liveFrom = Infinity } = said.reading ?? {};
  const records = readsOf(said.log)
    .map((bytes, n) => parseRecord(bytes, { readAtMs: 0, live: n >= liveFrom }))
    .filter((record) => record !== undefined);
  const episodes = episodesOf(records, said);
  const kernels = records.filter(({ facility }) => facility === 0);
  expectEveryKill(kernels, episodes);
  expectNoInvention(kernels, episodes);
  expectNoBlame(episodes, directoryOf(said.pods, records));
});

function episodesOf(records: readonly KmsgRecord[], said: Input): readonly OomEpisode[] {
  const episodes: OomEpisode[] = [];
  const loop = new FakeLoop(records);
  const items$ = said.reading === undefined ? from(records) : loop.items$;
  const how = { drainNow: loop.drainNow, scheduler: loop.scheduler };
  const node = new LyingNode(said.node);
  prepared$(items$)
    .pipe(
      takeEvidence(node, { ...how, ledger: node.ledger }),
      assembleEpisodes({ ...how, tally: newTally() }),
    )
    .subscribe((episode) => episodes.push(episode));
  if (said.reading !== undefined) play(loop, records, said.reading);
  return settled(episodes);
}

function play(loop: FakeLoop, records: readonly KmsgRecord[], { liveFrom, stalls }: Reading): void {
  const us = (record: KmsgRecord | undefined): number => record?.monotonicUs ?? 0;
  loop.stall(Math.max(0, us(records[liveFrom - 1]) - us(records[0])) / 1000);
  let turns = 0;
  do {
    for (const [turn, ms] of stalls) if (turn === turns) loop.stall(ms);
    turns += 1;
  } while (loop.turn());
  loop.finish();
}

/** Of each whole kill line of the kernel an episode names the process, and all episodes together count as many as there are. */
function expectEveryKill(kernels: readonly KmsgRecord[], episodes: readonly OomEpisode[]): void {
  const lines = kernels.filter(({ flag, message }) => flag === '-' && KILL_LINE.test(message));
  const counted = episodes.reduce((sum, { killLines }) => sum + killLines, 0);
  if (counted !== lines.length)
    throw new Error(`${lines.length} kill lines, ${counted} in ${episodes.length} episodes`);
  const named = new Set(
    episodes.flatMap(({ victim, members }) => [victim, ...members]).map(({ pid }) => pid),
  );
  const killed = lines.map(({ message }) => Number(/process (\d+)/.exec(message)?.[1]));
  for (const pid of killed) if (!named.has(pid)) throw new Error(`no episode names ${pid}`);
}

/** No process and no pod is named that neither the kernel nor the node named. */
function expectNoInvention(kernels: readonly KmsgRecord[], episodes: readonly OomEpisode[]): void {
  const text = kernels.map(({ message }) => message).join('');
  const pids = new Set([...text.matchAll(PID)].map(({ groups }) => Number(groups?.['pid'])));
  for (const { victim, members, taskMemcg, evidence } of episodes) {
    for (const { pid } of [victim, ...members])
      if (!pids.has(pid)) throw new Error(`nobody said that ${pid} was killed`);
    for (const path of [taskMemcg, evidence?.cgroup, evidence?.likely]) {
      const uid = parseCgroupPath(path ?? '')?.podUid;
      if (uid === undefined || EVIDENCE_UID.test(uid)) continue;
      if (!text.includes(uid) && !text.includes(uid.replaceAll('-', '_')))
        throw new Error(`nobody named pod ${uid}`);
    }
  }
}

/** No Pod is blamed that nothing blames, and what its Event says is fit to be printed. */
function expectNoBlame(episodes: readonly OomEpisode[], pods: WatchedPods): void {
  const attributor = new LiveAttributor(pods, { nowMs: () => 0 });
  for (const episode of episodes) attributor.see(episode);
  for (const episode of episodes) {
    const { attribution } = attributor.attribute(episode, Infinity);
    if (attribution === undefined) throw new Error('no last answer');
    for (const { message } of recordEpisode(episode, attribution, ORIGIN).events)
      if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES || CONTROL.test(message))
        throw new Error(`not to be printed: ${JSON.stringify(message)}`);
    for (const subject of attribution.subjects)
      if (subject.kind === 'pod' && !isBlamed(subject, attribution, episode))
        throw new Error(`nothing blames pod ${subject.pod.cgroupUid}`);
  }
}

/**
 * The kernel named its cgroup, and where it named none, the node did, or a container's end tells: it was the main process,
 * or was called `OOMKilled` at that moment.
 */
function isBlamed(
  { pod, container }: Extract<Subject, { kind: 'pod' }>,
  { source }: Attribution,
  { taskMemcg, evidence, atMs }: OomEpisode,
): boolean {
  const isIn = (cgroup = ''): boolean => cgroup.replaceAll('_', '-').includes(pod.cgroupUid);
  if (taskMemcg !== undefined) return isIn(taskMemcg);
  const { reason, exitCode, finishedAtMs = -Infinity } = container?.lastTermination ?? {};
  const isKilledSince = exitCode === 137 && finishedAtMs > atMs - 1_000;
  if (source === 'main-process') return isIn(evidence?.likely) && isKilledSince;
  if (source !== 'pod-status') return isIn(evidence?.cgroup);
  const isNamed = evidence?.cgroup !== undefined;
  return !isNamed && isKilledSince && reason === 'OOMKilled' && finishedAtMs <= atMs + 2_000;
}
