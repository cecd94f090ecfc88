import { field, items, text, timeMs } from '../kube/loose-json.ts';
import type { PodOwner } from './pod-directory.ts';

/** batch/v1 cronjob_controllerv2.go `getJobName`: `<cron job>-<scheduled minute since the epoch>`. */
const CRON_JOB_NAME = /^(?<cronJob>.+)-(?<minute>\d{8})$/;
const MINUTE_MS = 60_000;
/** A job scheduled longer before its pod than this may as well be named so by hand. */
const CRON_JOB_WINDOW_MS = 24 * 60 * MINUTE_MS;

/**
 * Who made the pod, from what the pod itself says: reading ReplicaSets or Jobs would take
 * permissions we do not want (Law 5).
 *
 * A ReplicaSet of a Deployment is named `<deployment>-<pod-template-hash>`, and its pods carry the
 * hash as a label. A Job of a CronJob is named for the minute it was scheduled, which must fit the
 * pod's age: `import-20260801` is a date somebody typed. What cannot be derived stays what it is.
 */
export function podOwner(pod: unknown): PodOwner | undefined {
  const controller = items(pod, 'metadata', 'ownerReferences').find(
    (reference) => field(reference, 'controller') === true,
  );
  const kind = text(controller, 'kind');
  const name = text(controller, 'name');
  if (kind === undefined || name === undefined) return undefined;
  if (kind === 'ReplicaSet') return deploymentOf(pod, name) ?? { kind, name };
  if (kind === 'Job') return cronJobOf(pod, name) ?? { kind, name };
  return { kind, name };
}

function deploymentOf(pod: unknown, replicaSet: string): PodOwner | undefined {
  const hash = text(pod, 'metadata', 'labels', 'pod-template-hash');
  const suffix = `-${hash}`;
  if (hash === undefined || !replicaSet.endsWith(suffix)) return undefined;
  const name = replicaSet.slice(0, -suffix.length);
  return name === '' ? undefined : { kind: 'Deployment', name };
}

function cronJobOf(pod: unknown, job: string): PodOwner | undefined {
  const parts = CRON_JOB_NAME.exec(job)?.groups;
  const createdMs = timeMs(pod, 'metadata', 'creationTimestamp');
  if (parts?.['cronJob'] === undefined || createdMs === undefined) return undefined;
  const waitedMs = createdMs - Number(parts['minute']) * MINUTE_MS;
  // A controller's clock may run a little ahead of the API server's.
  if (waitedMs < -MINUTE_MS || waitedMs > CRON_JOB_WINDOW_MS) return undefined;
  return { kind: 'CronJob', name: parts['cronJob'] };
}
