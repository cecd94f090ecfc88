import { asyncScheduler, auditTime, buffer, type SchedulerLike, type Subscription } from 'rxjs';
import type { LiveDirectory } from '../reflector/live-directory.ts';
import type { PodEntry } from '../pods/pod-directory.ts';
import type { NoteRow } from '../store/note-table.ts';
import type { StateStore } from '../store/state-store.ts';

/** A restart of all pods is one write; what a crash loses of a second is listed again. */
const SAVE_AFTER_MS = 1_000;
/** As long as the directory keeps a deleted pod: so a row outlives its pod by twice that at most. */
const RENEW_AFTER_MS = 15 * 60_000;

/**
 * Keeps the pods in the store: a kill of the agent's absence finds a pod deleted since. With the first
 * change, and a quarter of an hour later again, everything the directory has is written anew and the
 * rest is forgotten. Where no pod changes nothing is written.
 */
export function savePods(
  directory: LiveDirectory,
  store: Pick<StateStore, 'containers' | 'transaction'>,
  nowMs: () => number,
  scheduler: SchedulerLike = asyncScheduler,
): Subscription {
  let renewedMs = -Infinity;
  const { changed$ } = directory;
  const batches$ = changed$.pipe(buffer(changed$.pipe(auditTime(SAVE_AFTER_MS, scheduler))));
  return batches$.subscribe((changed) => {
    const atMs = nowMs();
    const isRenewal = Math.abs(atMs - renewedMs) > RENEW_AFTER_MS;
    store.transaction(() => {
      if (isRenewal) store.containers.replace(directory.entries().map(rowOf));
      else store.containers.put(changed.map(rowOf));
    });
    if (isRenewal) renewedMs = atMs;
  });
}

function rowOf(entry: PodEntry): NoteRow {
  return { key: entry.uid, value: entry };
}
