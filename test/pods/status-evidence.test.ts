import { describe, expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import type { PodEntry, Termination } from '../../src/pods/pod-directory.ts';
import { StatusEvidence } from '../../src/pods/status-evidence.ts';
import { aBareEpisode, anEpisode, aPod } from '../support/an-episode.ts';
import { hexId } from '../support/realistic-pod.ts';

/** The agent begins here, ms since the epoch; everything below is counted from it. */
const BEGIN_MS = Date.UTC(2026, 7, 1);
const SECOND = 1000;
/** When the kill was that nobody can tell. */
const KILLED_MS = BEGIN_MS + 600_400;
/** 70 s before. */
const BEFORE_MS = KILLED_MS - 70_000;

const A = hexId('a');
const B = hexId('b');
const uidOf = (name: string): string => `00000000-0000-4000-8000-00000000000${name}`;
const cgroupOf = (name: string): string => `/kubepods/burstable/pod${uidOf(name)}/${hexId(name)}`;

/** A pod whose container started with the agent and was killed with the kill, unless told otherwise. */
function ended(name: string, end: Termination = {}): PodEntry {
  const uid = uidOf(name);
  const lastTermination = {
    reason: 'OOMKilled',
    exitCode: 137,
    startedAtMs: BEGIN_MS,
    finishedAtMs: KILLED_MS - 400,
    containerId: hexId(name),
    ...end,
  };
  const container = { name, list: 'containers', ids: [hexId(name)], lastTermination } as const;
  return aPod({ name, uid, cgroupUid: uid, referenceUid: uid, containers: [container] });
}

const kill = (sequence: number, facts: Partial<OomEpisode> = {}): OomEpisode =>
  aBareEpisode({ sequence, atMs: KILLED_MS, ...facts });
const inContainer = (sequence: number, name: string, atMs: number): OomEpisode =>
  anEpisode({ sequence, atMs, oomMemcg: cgroupOf(name), taskMemcg: cgroupOf(name) });
const OPEN = kill(1);

/** What is said of the first of some kills. */
function told(kills: readonly OomEpisode[], pods: readonly PodEntry[], beginMs = BEGIN_MS) {
  const statuses = new StatusEvidence(() => 0, beginMs);
  for (const one of kills.toSorted((a, b) => a.atMs - b.atMs)) statuses.see(one, one.atMs);
  const said = statuses.evidenceOf(kills[0] ?? OPEN, pods, KILLED_MS + 10 * SECOND);
  const [subject] = said?.subjects ?? [];
  const name = subject?.kind === 'pod' ? subject.pod.name : undefined;
  return said?.isOneOfSeveral === true ? `one of several, in ${name}` : name;
}

describe('a withheld kill', () => {
  test.each<readonly [string, readonly OomEpisode[], readonly PodEntry[], string]>([
    ['is of the only container that can have ended by it', [OPEN], [ended('a')], 'a'],
    [
      'is one of two, where two ended',
      [OPEN, kill(2, { atMs: KILLED_MS + 300 })],
      [ended('a'), ended('b')],
      'one of several, in a',
    ],
    [
      'is so where the counters gave another kill a place, and not for certain',
      [
        OPEN,
        kill(2, { evidence: { cgroup: cgroupOf('b'), source: 'counters', isOneOfSeveral: true } }),
      ],
      [ended('a')],
      'one of several, in a',
    ],
    [
      'is not of one in which the kernel tells a kill of its own',
      [OPEN, inContainer(2, 'a', KILLED_MS)],
      [ended('a'), ended('b')],
      'b',
    ],
    [
      'is of one whose neighbours were killed before, each at its own limit',
      [OPEN, inContainer(2, 'b', BEFORE_MS)],
      [ended('a')],
      'a',
    ],
    [
      'is of one that began when the node ran out of memory no more',
      [OPEN, anEpisode({ sequence: 2, atMs: BEFORE_MS, limitLevel: 'node-allocatable' })],
      [ended('a', { startedAtMs: BEFORE_MS + 2 * SECOND })],
      'a',
    ],
  ])('%s', (_, kills, pods, expected) => {
    expect(told(kills, pods)).toBe(expected);
  });
});

describe('nothing is said where a container is called `OOMKilled`', () => {
  const unsure = { cgroup: cgroupOf('a'), source: 'counters', isOneOfSeveral: true } as const;
  test.each<readonly [string, readonly OomEpisode[], readonly PodEntry[]]>([
    ['for a child killed 70 s before', [OPEN, inContainer(2, 'a', BEFORE_MS)], [ended('a')]],
    [
      'for a kill of its pod 70 s before',
      [OPEN, { ...inContainer(2, 'a', BEFORE_MS), limitLevel: 'pod' }],
      [ended('a', { containerId: B })],
    ],
    ['maybe for another that nobody can tell', [OPEN, kill(2, { atMs: BEFORE_MS })], [ended('a')]],
    [
      'maybe for another that the counters cannot tell for certain',
      [OPEN, kill(2, { atMs: BEFORE_MS, evidence: unsure })],
      [ended('a')],
    ],
    [
      'maybe for a limit that all pods share',
      [OPEN, anEpisode({ sequence: 2, atMs: BEFORE_MS, limitLevel: 'node-allocatable' })],
      [ended('a')],
    ],
    [
      'maybe for a limit that was withheld',
      [OPEN, kill(2, { atMs: BEFORE_MS, evidence: { cgroup: cgroupOf('b'), source: 'proc' } })],
      [ended('a')],
    ],
    ['and another too, with one kill for both', [OPEN], [ended('a'), ended('b')]],
    ['but ended by itself', [OPEN], [ended('a', { exitCode: 0 })]],
    ['but ended before', [OPEN], [ended('a', { finishedAtMs: KILLED_MS - SECOND })]],
    ['but ended later', [OPEN], [ended('a', { finishedAtMs: KILLED_MS + 2001 })]],
    ['but began later', [OPEN], [ended('a', { startedAtMs: KILLED_MS })]],
    ['but began before the agent', [OPEN], [ended('a', { startedAtMs: BEGIN_MS - 1 })]],
  ])('%s', (_, kills, pods) => {
    expect(told(kills, pods)).toBeUndefined();
  });
});

test('nothing is said of a container that ended by SIGKILL and is not called `OOMKilled`', () => {
  expect(told([OPEN], [ended('a', { reason: 'Error' })])).toBeUndefined();
});

test('one end is one kill’s', () => {
  const statuses = new StatusEvidence(() => 0, BEGIN_MS);
  const kills = [OPEN, kill(2)];
  for (const one of kills) statuses.see(one, one.atMs);
  const said = kills.map((one) => statuses.evidenceOf(one, [ended('a')], KILLED_MS));
  expect(said.map((one) => one?.isOneOfSeveral)).toEqual([true, undefined]);
  expect(said[1]).toBeUndefined();
});

test('a kill that is seen again, with late lines, is no second one', () => {
  expect(told([OPEN, { ...OPEN, killLines: 2 }], [ended('a')])).toBe('a');
});

test.each([
  ['while the container lived', KILLED_MS, undefined],
  ['before it began', BEGIN_MS - 1, A],
])('records that were lost %s', (_, lostMs, id) => {
  let lost = 0;
  const statuses = new StatusEvidence(() => lost, BEGIN_MS - SECOND);
  lost = 1;
  statuses.see(inContainer(7, 'b', lostMs), lostMs);
  statuses.see(OPEN, KILLED_MS);
  const said = statuses.evidenceOf(OPEN, [ended('a')], KILLED_MS + 10 * SECOND);
  const [subject] = said?.subjects ?? [];
  expect(subject?.kind === 'pod' ? subject.container?.ids[0] : undefined).toBe(id);
});

test('of kills without end the oldest are forgotten, and with them who lived then', () => {
  const statuses = new StatusEvidence(() => 0, BEGIN_MS);
  for (let n = 0; n < 1000; n += 1) {
    const atMs = BEGIN_MS + n;
    statuses.see(inContainer(100 + n, 'b', atMs), atMs);
  }
  statuses.see(OPEN, KILLED_MS);
  expect(statuses.evidenceOf(OPEN, [ended('a')], KILLED_MS)).toBeUndefined();
  const later = ended('a', { startedAtMs: BEGIN_MS + SECOND });
  expect(statuses.evidenceOf(OPEN, [later], KILLED_MS)).toBeDefined();
});
