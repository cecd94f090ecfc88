import { load } from 'js-yaml';
import { fileProblem, RecorderError } from '../errors.ts';
import { items } from '../kube/loose-json.ts';
import type { PodDirectory, PodEntry } from './pod-directory.ts';
import { toPodEntry } from './pod-entry.ts';
import { PodIndex } from './pod-index.ts';

/** A pod list that cannot be read, or is none. */
export class PodsFileError extends RecorderError {
  readonly code = 'E_PODS_FILE';
  readonly retryable = false;
  override readonly isUsage = true;

  constructor(path: string, problem: string, cause?: unknown) {
    super(
      `Reading the pod list ${path}: ${problem}. Make one with: kubectl get pods -A -o json > pods.json`,
      cause,
    );
  }
}

/** Knows no pods, and does not claim to: whoever is named in a path may well run here. */
export const NO_PODS: PodDirectory = { isComplete: false, byCgroupUid: () => undefined };

/**
 * The pods of a `kubectl get pods -A -o json` or `-o yaml` dump.
 *
 * @throws PodsFileError
 */
export function readPodsFile(path: string, readText: (path: string) => string): PodDirectory {
  const list = parse(path, read(path, readText));
  const kind = (list as { kind?: unknown } | null)?.kind;
  if (kind !== 'List' && kind !== 'PodList') {
    throw new PodsFileError(path, 'it holds no list of pods');
  }
  const pods = items(list, 'items').map(toPodEntry);
  return directoryOf(pods.filter((pod) => pod !== undefined));
}

function directoryOf(pods: readonly PodEntry[]): PodDirectory {
  const index = new PodIndex();
  for (const pod of pods) index.put(pod);
  return { isComplete: true, byCgroupUid: (uid, id) => index.byCgroupUid(uid, id) };
}

function read(path: string, readText: (path: string) => string): string {
  try {
    return readText(path);
  } catch (cause) {
    throw new PodsFileError(path, fileProblem(cause), cause);
  }
}

/** JSON is YAML too, but a YAML parser takes a hundred times as long for it. */
function parse(path: string, text: string): unknown {
  try {
    return text.trimStart().startsWith('{') ? JSON.parse(text) : load(text);
  } catch (cause) {
    throw new PodsFileError(path, 'it is neither JSON nor YAML', cause);
  }
}
