import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Edge } from '../edge.ts';
import type { PodDirectory } from '../pods/pod-directory.ts';
import { NO_PODS, readPodsFile } from '../pods/pods-file.ts';

/** The Node that Events are about: the flag, the downward API's variable, or this machine. */
export function nodeName(flag: string | undefined, { env }: Edge): string {
  return flag ?? env['NODE_NAME'] ?? hostname().toLowerCase();
}

/** The pods of a `--pods` file, or none. @throws PodsFileError */
export function podDirectory(file: string | undefined): PodDirectory {
  return file === undefined ? NO_PODS : readPodsFile(file, (path) => readFileSync(path, 'utf8'));
}
