import { CgroupTree } from '../../src/pods/cgroup-tree.ts';
import { ProcFiles } from '../../src/pods/proc-files.ts';

/** Paths, and what is in the files: latin1, as everything of /proc and /sys is read. */
export type FakeFiles = Record<string, string>;

/** A node whose cgroups are at `/cg` and whose processes at `/proc`. What is not in `files` is gone. */
export function fakeNode(files: FakeFiles) {
  const readText = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return text;
  };
  const listDirectories = (path: string): readonly string[] => {
    const below = Object.keys(files).filter((file) => file.startsWith(`${path}/`));
    const parts = below.map((file) => file.slice(path.length + 1).split('/'));
    return [...new Set(parts.flatMap(([name = '', ...rest]) => (rest.length > 0 ? [name] : [])))];
  };
  return {
    tree: new CgroupTree('/cg', { readText, listDirectories }),
    proc: new ProcFiles('/proc', readText),
  };
}
