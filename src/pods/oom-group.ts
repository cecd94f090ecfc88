import type { CgroupTree } from './cgroup-tree.ts';

/** In the root cgroup there is no `memory.oom.group`. */
const ROOT = '/';

/**
 * Whether the kernel kills no group for a victim in that cgroup: `memory.oom.group` is 0 from there up to
 * the oom memcg, or there is none on cgroup v1. What cannot be read excludes nothing.
 *
 * mem_cgroup_get_oom_group(), mm/memcontrol.c: the highest one below the oom memcg, itself included.
 */
export function excludesGroup(
  tree: Pick<CgroupTree, 'isV2' | 'text'>,
  cgroup: string | undefined,
  oomMemcg: string = ROOT,
): boolean {
  if (!tree.isV2) return tree.text('', 'memory.oom_control') !== undefined;
  if (cgroup === undefined) return false;
  const levels = levelsBetween(cgroup, oomMemcg);
  return levels.every((level) => tree.text(level, 'memory.oom.group') === '0\n');
}

/** From a cgroup up to an ancestor of its, both included; the root, which has no limit, left out. */
function levelsBetween(cgroup: string, ancestor: string): readonly string[] {
  const levels: string[] = [];
  for (let level = cgroup; level.length > 1; level = level.slice(0, level.lastIndexOf('/'))) {
    levels.push(level);
    if (level === ancestor) break;
  }
  return levels;
}
