import { cgroupOwners } from '../../src/oom/cgroup-path.ts';
import type { ExpectedKill, KernelTruth } from '../../test/support/kernel-truth.ts';

/** What is compared of a line of `replay -o ndjson` or `history -o ndjson`. */
export interface ToldEpisode {
  readonly sequence: number;
  readonly killLines: number;
  readonly context: string;
  readonly constraint?: string | undefined;
  readonly limitLevel?: string | undefined;
  readonly oomMemcg?: string | undefined;
  readonly taskMemcg?: string | undefined;
  readonly usageKb?: number | undefined;
  readonly limitKb?: number | undefined;
  /** Absent live where it is one of several that nothing tells apart. */
  readonly victim?: ToldProcess;
  readonly members?: readonly ToldProcess[];
  readonly events?: readonly {
    readonly involvedObject: { readonly kind: string; readonly uid: string };
  }[];
}

interface ToldProcess {
  readonly pid: number;
  readonly comm: string;
}

/** Of a kill, whatever the log says is said live, too; live more may be known, from the node itself. */
const SAID_BY_THE_LOG = [
  'killLines',
  'context',
  'constraint',
  'limitLevel',
  'oomMemcg',
  'taskMemcg',
  'usageKb',
  'limitKb',
] as const;

/** Each where the agent, live, says something else than the log read afterwards. */
export function differencesLive(
  replayed: readonly ToldEpisode[],
  live: readonly ToldEpisode[],
): readonly string[] {
  const bySequence = new Map(live.map((episode) => [episode.sequence, episode]));
  const logged = new Set(replayed.map(({ sequence }) => sequence));
  return [
    ...live.flatMap(({ sequence }) =>
      unless(logged.has(sequence), `episode ${sequence}: recorded live, and not in the log`),
    ),
    ...replayed.flatMap((episode) => {
      const seen = bySequence.get(episode.sequence);
      if (seen === undefined) return [`episode ${episode.sequence}: not recorded live`];
      return differencesOf(episode, seen).map((line) => `episode ${episode.sequence}: ${line}`);
    }),
  ];
}

function differencesOf(logged: ToldEpisode, live: ToldEpisode): readonly string[] {
  const [killed, killedLive] = [namesOf(logged), namesOf(live)];
  const [hurt, hurtLive] = [hurtBy(logged), hurtBy(live)];
  return [
    ...SAID_BY_THE_LOG.flatMap((field) =>
      unless(
        logged[field] === undefined || logged[field] === live[field],
        `${field} is ${logged[field]}, and live ${live[field]}`,
      ),
    ),
    ...unless(
      live.victim === undefined || killed === killedLive,
      `killed ${killed}, and live ${killedLive}`,
    ),
    ...unless(logged.context !== 'full' || hurt === hurtLive, `hurt ${hurt}, and live ${hurtLive}`),
  ];
}

/** Each where what is told of the kills is not what is true. */
export function differencesFromTruth(
  truth: KernelTruth,
  told: readonly ToldEpisode[],
): readonly string[] {
  const processes = told.flatMap((episode) =>
    processesOf(episode).map((process) => ({ ...process, episode })),
  );
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const known = new Set(truth.killed.flat());
  const lines = told.reduce((sum, { killLines }) => sum + killLines, 0);
  return [
    ...unless(lines === truth.counted, `${lines} kill lines; the kernel counted ${truth.counted}`),
    ...unless(byPid.size === processes.length, 'a process is killed twice'),
    ...truth.killed.flatMap((ids) => {
      const named = ids.filter((pid) => byPid.has(pid)).length;
      const which = ids.join(' or ');
      return unless(named === 1, `process ${which} was killed, and is named ${named} times`);
    }),
    ...processes.flatMap(({ pid, comm }) =>
      unless(known.has(pid), `process ${comm} (${pid}) was not killed`),
    ),
    ...truth.expected.flatMap((expected) => {
      const found = byPid.get(expected.pid);
      if (found === undefined) return [];
      return differencesOfKill(found.comm, expected, found.episode).map(
        (line) => `process ${expected.pid} ${line}`,
      );
    }),
  ];
}

function differencesOfKill(
  name: string,
  { cgroup, comm = name }: ExpectedKill,
  { taskMemcg = cgroup, events = [] }: ToldEpisode,
): readonly string[] {
  const pods = new Set(cgroupOwners(cgroup ?? '').map(({ podUid }) => podUid));
  return [
    ...unless(name === comm, `is ${comm}, and told as ${name}`),
    ...unless(
      cgroup === undefined || cgroup === taskMemcg,
      `was in ${cgroup}, and told as in ${taskMemcg}`,
    ),
    ...events.flatMap(({ involvedObject: { kind, uid } }) =>
      unless(
        cgroup === undefined || kind !== 'Pod' || pods.has(uid),
        `was in ${cgroup}, and an Event is about Pod ${uid}`,
      ),
    ),
  ];
}

function unless(holds: boolean, difference: string): readonly string[] {
  return holds ? [] : [difference];
}

function processesOf({ victim, members = [] }: ToldEpisode): readonly ToldProcess[] {
  return victim === undefined ? members : [victim, ...members];
}

function namesOf(episode: ToldEpisode): string {
  const names = processesOf(episode).map(({ pid, comm }) => `${comm} (${pid})`);
  return names.toSorted().join(', ');
}

/** What the Events are about. */
function hurtBy({ events = [] }: ToldEpisode): string {
  return events.map(({ involvedObject: { kind, uid } }) => `${kind} ${uid}`).join(', ') || 'nobody';
}
