import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openNode } from '../../src/wiring/open-node.ts';
import { BootClock } from '../../src/kmsg/boot-clock.ts';
import { openKmsg } from '../../src/kmsg/device.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { NO_EVIDENCE, type EvidenceFinder } from '../../src/oom/look-at-kills.ts';
import { KillLedger } from '../../src/oom/kill-ledger.ts';
import { OomWatcher } from '../../src/oom-watcher.ts';
import { attribute, type Attribution } from '../../src/pods/attribute.ts';
import { CgroupCounters } from '../../src/pods/cgroup-counters.ts';
import { MainProcessNotes } from '../../src/pods/main-process-notes.ts';
import { NodeEvidence } from '../../src/pods/node-evidence.ts';
import { toPodEntry } from '../../src/pods/pod-entry.ts';
import type { PodDirectory } from '../../src/pods/pod-directory.ts';
import { newTally } from '../../src/tally.ts';
import { podJson, running } from './pod-json.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

const SCRIPT = fileURLToPath(new URL('../../hack/oom-kill.sh', import.meta.url));

/** A pod's process is no newborn: of one that started with the kill its `/proc` proves nothing. */
const LIVE_SECONDS = 1;
/** Each container's cgroup is removed this long after its process died, as a runtime does. */
const LINGER_SECONDS = 0.2;
/** Reading whatever the ring holds already takes no longer. */
const BACKLOG_MS = 500;
/** A storm's last kill is in its container long before this. */
const LATEST_MS = 2000;

/** A pod with one container, as the API server knows it. */
export interface StormPod {
  readonly name: string;
  readonly uid: string;
  readonly containerId: string;
}

/** An episode of one of the storm's processes, and whose the agent says it was. */
export interface StormKill {
  readonly episode: OomEpisode;
  readonly attribution: Attribution;
}

/** What a storm showed. */
export interface Storm {
  readonly pods: readonly StormPod[];
  /** Pod by the pid that really died in it. */
  readonly truth: ReadonlyMap<number, StormPod>;
  readonly kills: readonly StormKill[];
  /** Between the first kill line and the last. */
  readonly spanMs: number;
}

/** What tells on a node on which every victim is gone before anybody looks. */
export const BLIND: EvidenceFinder = NO_EVIDENCE;
const { tree, proc } = openNode({ cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc' });
export const PROC: EvidenceFinder = new NodeEvidence(
  tree,
  proc,
  new MainProcessNotes(tree, proc),
  () => SYSTEM_CLOCK.monotonicMs(),
);

/** Kills a process in each of `count` pods of their own at once, with the agent's pipe looking on. */
export async function podStorm(count: number, evidence: EvidenceFinder): Promise<Storm> {
  const pods = Array.from({ length: count }, (_, at) => stormPod(`storm-${at}`));
  const directory = directoryOf(pods);
  const kills: StormKill[] = [];
  const watching = watch(evidence, (episode) =>
    kills.push({ episode, attribution: attribute(episode, directory) }),
  );
  await sleep(BACKLOG_MS);
  const truth = await killIn(pods);
  await sleep(LATEST_MS);
  watching.stop();
  const ours = kills.filter(({ episode }) => truth.has(episode.victim.pid));
  const times = ours.map(({ episode }) => episode.monotonicUs / 1000);
  return { pods, truth, kills: ours, spanMs: Math.max(...times) - Math.min(...times) };
}

function watch(evidence: EvidenceFinder, onEpisode: (episode: OomEpisode) => void) {
  const counters = new CgroupCounters(tree, proc);
  const watching = new OomWatcher({
    openLog: (gate) =>
      openKmsg({ path: '/dev/kmsg', gate, clock: SYSTEM_CLOCK, onExit: () => () => {} }),
    recordClock: new BootClock(SYSTEM_CLOCK),
    evidence,
    ledger: new KillLedger(counters),
    tally: newTally(),
    trustUserspace: false,
    consumer: () => ({ record: (episode) => Promise.resolve(onEpisode(episode)) }),
  }).start({ name: 'node-1' });
  return watching;
}

/** Kills a process in each at once. One shell starts them all, so that this process is free to look on. */
export async function killIn(pods: readonly StormPod[]): Promise<ReadonlyMap<number, StormPod>> {
  const commands = pods.map(
    ({ uid, containerId }) =>
      `"${SCRIPT}" --pod ${uid} --container ${containerId} --limit 8M --live ${LIVE_SECONDS} --linger ${LINGER_SECONDS} &`,
  );
  const shell = spawn('/bin/sh', ['-c', `${commands.join('\n')}\nwait`]);
  let said = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  shell.stderr.on('data', (text) => process.stderr.write(String(text)));
  await once(shell, 'close');
  const byUid = new Map(pods.map((pod) => [pod.uid, pod]));
  return new Map(
    said
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { pid: number; podUid: string })
      .map(({ pid, podUid }) => [pid, byUid.get(podUid) as StormPod]),
  );
}

function stormPod(name: string): StormPod {
  const containerId = `${randomUUID()}${randomUUID()}`.replaceAll('-', '');
  return { name, uid: randomUUID(), containerId };
}

function directoryOf(pods: readonly StormPod[]): PodDirectory {
  const entries = pods.map(({ name, uid, containerId }) =>
    toPodEntry(
      podJson({ name, uid, containers: [{ name: 'app', status: { ...running(containerId) } }] }),
    ),
  );
  const byUid = new Map(entries.map((entry) => [entry?.cgroupUid, entry]));
  return { isComplete: true, byCgroupUid: (uid) => byUid.get(uid) };
}

/** Which containers a storm's Events name, and which Events name a process that was not there. */
export function claimsOf({ kills, truth }: Storm) {
  const named = kills.flatMap(({ attribution }) =>
    attribution.subjects.map((subject) =>
      subject.kind === 'node' ? 'node' : `${subject.pod.name}/${subject.container?.name}`,
    ),
  );
  const wrong = kills.filter(({ episode, attribution }) => {
    const [subject] = attribution.subjects;
    const pod = subject?.kind === 'pod' ? subject.pod.name : undefined;
    return !attribution.isOneOfSeveral && pod !== truth.get(episode.victim.pid)?.name;
  });
  return { named, wrong };
}
