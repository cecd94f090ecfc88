import * as fc from 'fast-check';
import { asapScheduler, from, noop } from 'rxjs';
import { type KmsgRecord, parseRecord } from '../../src/kmsg/record.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { takeEvidence } from '../../src/oom/kill-evidence.ts';
import { NO_EVIDENCE } from '../../src/oom/look-at-kills.ts';
import { newTally } from '../../src/tally.ts';
import { prepared$, readRecording, recordingNames, settled } from '../support/recordings.ts';
import { type Change, change, changed } from './mutate-text.ts';
import { type FuzzTarget, target } from './fuzz-target.ts';

const RECORDINGS = recordingNames.map((name) =>
  readRecording(name).map((bytes) => bytes.toString('latin1')),
);

/** One change to a log: to a record in it, or to which records there are. */
type LogChange =
  | { readonly kind: 'text'; readonly at: number; readonly change: Change }
  | { readonly kind: 'drop' | 'double' | 'swap'; readonly at: number }
  | { readonly kind: 'split'; readonly at: number; readonly share: number }
  | { readonly kind: 'facility'; readonly at: number; readonly facility: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number };

const at = fc.nat(60);
const logChange: fc.Arbitrary<LogChange> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('text' as const), at, change }) },
  fc.record({ kind: fc.constantFrom('drop' as const, 'double' as const, 'swap' as const), at }),
  fc.record({ kind: fc.constant('split' as const), at, share: fc.nat(100) }),
  fc.record({ kind: fc.constant('facility' as const), at, facility: fc.nat(23) }),
  fc.record({ kind: fc.constant('splice' as const), at, from: fc.nat(100_000) }),
);

/** A part of a recording, what happened to it, at which pace it was printed, and what the node says of the dying. */
const input = fc.record({
  recording: fc.nat(RECORDINGS.length - 1),
  start: fc.nat(100_000),
  length: fc.integer({ min: 1, max: 60 }),
  changes: fc.array(logChange, { maxLength: 8 }),
  renumbered: fc.boolean(),
  paceUs: fc.constantFrom(0, 0, 1_000, 30_000, 1_000_000),
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

export const kernelLog: FuzzTarget = target('kernel-log', input, (one) => {
  const records = recordsOf(one);
  const episodes = episodesOf(records, one.evidence);
  const kernels = records.filter(({ facility }) => facility === 0);
  expectEveryKill(kernels, episodes);
  expectNoInvention(kernels, episodes);
});

function recordsOf({ recording, start, length, changes, renumbered, paceUs }: Input) {
  const log = RECORDINGS[recording] ?? [];
  const from = start % log.length;
  const texts = changes.reduce(applyTo, log.slice(from, from + length));
  const parsed = texts
    .map((text) => parseRecord(Buffer.from(text, 'latin1'), { readAtMs: 0, live: false }))
    .filter((record) => record !== undefined);
  let sequence = -1;
  return parsed.map((record, index) => {
    // The kernel numbers upwards; what was dropped is a gap, unless nobody noticed.
    sequence = renumbered ? index : Math.max(sequence + 1, record.sequence);
    return { ...record, sequence, monotonicUs: record.monotonicUs + index * paceUs };
  });
}

function applyTo(texts: readonly string[], one: LogChange): readonly string[] {
  if (texts.length === 0) return texts;
  const index = one.at % texts.length;
  const text = texts[index] ?? '';
  const put = (...instead: readonly string[]): readonly string[] => [
    ...texts.slice(0, index),
    ...instead,
    ...texts.slice(index + 1),
  ];
  switch (one.kind) {
    case 'text':
      return put(changed(text, one.change));
    case 'drop':
      return put();
    case 'double':
      return put(text, text);
    case 'swap':
      return [...put(), text];
    case 'split':
      return put(...split(text, one.share));
    case 'facility':
      return put(text.replace(/^\d+/, String(one.facility * 8 + 6)));
    case 'splice': {
      const other = RECORDINGS[one.from % RECORDINGS.length] ?? [];
      return put(text, other[one.from % other.length] ?? '');
    }
  }
}

/** As the kernel does where another CPU prints meanwhile. */
function split(text: string, share: number): readonly string[] {
  const begin = text.indexOf(';') + 1;
  const head = text.slice(0, begin).replace(/,-(?=[,;])/, ',c');
  const cut = begin + Math.floor(((text.length - begin) * share) / 100);
  return [`${text.slice(0, cut)}\n`.replace(text.slice(0, begin), head), head + text.slice(cut)];
}

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
