import type { OomEpisode } from '../../src/oom/episode.ts';
import type { ContainerEntry, PodEntry } from '../../src/pods/pod-directory.ts';
import { CONTAINER } from './oom-lines.ts';

export const POD_UID = '00000000-0000-4000-8000-000000000001';
export const CONTAINER_ID = 'a'.repeat(64);

/** 2026-11-22T15:04:05.678Z. */
export const AT_MS = Date.UTC(2026, 10, 22, 15, 4, 5, 678);

/** A container that hit its own limit of 512Mi, unless told otherwise. */
export function anEpisode(facts: Partial<OomEpisode> = {}): OomEpisode {
  return {
    sequence: 4711,
    lastSequence: 4712,
    monotonicUs: 1_000_000,
    atMs: AT_MS,
    context: 'full',
    constraint: 'CONSTRAINT_MEMCG',
    limitLevel: 'container',
    oomMemcg: CONTAINER,
    taskMemcg: CONTAINER,
    killLines: 1,
    usageKb: 524_288,
    limitKb: 524_288,
    victim: { pid: 4242, comm: 'java', anonRssKb: 509_952 },
    members: [],
    tasks: [],
    ...facts,
  };
}

/** One that no line but the kill line tells of. */
export function aBareEpisode(facts: Partial<OomEpisode> = {}): OomEpisode {
  const { sequence, lastSequence, monotonicUs, atMs, killLines, victim, members, tasks } =
    anEpisode();
  const said = { sequence, lastSequence, monotonicUs, atMs, killLines, victim, members, tasks };
  return { ...said, context: 'suppressed', ...facts };
}

export const APP: ContainerEntry = {
  name: 'app',
  list: 'containers',
  ids: [CONTAINER_ID],
  limitBytes: 512 * 2 ** 20,
};

/** A pod with a container `app` that runs in `CONTAINER`. */
export function aPod(facts: Partial<PodEntry> = {}): PodEntry {
  return {
    namespace: 'shop',
    name: 'checkout-0',
    uid: POD_UID,
    referenceUid: POD_UID,
    cgroupUid: POD_UID,
    containers: [APP],
    ...facts,
  };
}
