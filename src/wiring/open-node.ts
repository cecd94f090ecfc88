import { readdirSync, statSync } from 'node:fs';
import { cgroupNamespace } from '../pods/cgroup-namespace.ts';
import { CgroupTree } from '../pods/cgroup-tree.ts';
import { ProcFiles } from '../pods/proc-files.ts';
import { readLatin1 } from './read-latin1.ts';

export interface NodeOptions {
  /** The host's `/sys/fs/cgroup`. */
  readonly cgroupRoot: string;
  /** The host's `/proc`. */
  readonly procRoot: string;
}

/** The node as its kernel shows it now. */
export interface NodeFiles {
  readonly tree: CgroupTree;
  readonly proc: ProcFiles;
}

export function openNode({ cgroupRoot, procRoot }: NodeOptions): NodeFiles {
  const tree = new CgroupTree(cgroupRoot, { readText: readLatin1, listDirectories });
  const resolve = cgroupNamespace(tree, () => proc.self);
  const proc: ProcFiles = new ProcFiles(procRoot, readLatin1, resolve);
  return { tree, proc };
}

/** Of a kernfs directory's links all but two are the directories in it: kernfs_refresh_inode(). Most have none, and sixty files. */
const LINKS_WITHOUT_DIRECTORIES = 2;

function listDirectories(path: string): readonly string[] {
  if (statSync(path).nlink === LINKS_WITHOUT_DIRECTORIES) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
