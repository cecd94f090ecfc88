import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Edge } from '../edge.ts';
import { RecorderError } from '../errors.ts';
import type { PodDirectory } from '../pods/pod-directory.ts';
import { NO_PODS, readPodsFile } from '../pods/pods-file.ts';

/** RFC 1123 subdomain: what the API server takes as a Node's name. */
const NODE_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** No Node can be called that, so no Event could be about it. */
export class NodeNameError extends RecorderError {
  readonly code = 'E_NODE_NAME';
  readonly retryable = false;

  constructor(name: string) {
    super(
      `Naming the Node: ${JSON.stringify(name)} is no DNS subdomain (a-z, 0-9, - and .). ` +
        'Give its name as kubectl get nodes shows it: --node-name, or NODE_NAME.',
    );
  }
}

/**
 * The Node that Events are about: the flag, the downward API's variable, or this machine.
 *
 * @throws NodeNameError
 */
export function nodeName(flag: string | undefined, { env }: Edge): string {
  const name = flag ?? env['NODE_NAME'] ?? hostname().toLowerCase();
  if (!NODE_NAME.test(name)) throw new NodeNameError(name);
  return name;
}

/** The pods of a `--pods` file, or none. @throws PodsFileError */
export function podDirectory(file: string | undefined): PodDirectory {
  return file === undefined ? NO_PODS : readPodsFile(file, (path) => readFileSync(path, 'utf8'));
}

/** The kernel's own files give a page at a time (PAGE_SIZE). */
const page = Buffer.alloc(4096);

/**
 * A file of /proc or /sys, byte by byte: names in it are whatever their owners chose. The size of such a
 * file is 0, for which `readFileSync` sets 64 KiB aside each time.
 */
export function readLatin1(path: string): string {
  const fd = openSync(path, 'r');
  try {
    let text = '';
    for (let length; (length = readSync(fd, page)) > 0;) text += page.toString('latin1', 0, length);
    return text;
  } finally {
    closeSync(fd);
  }
}
