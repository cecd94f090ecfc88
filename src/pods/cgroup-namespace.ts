import type { CgroupTree } from './cgroup-tree.ts';

/** Where our own cgroup namespace begins in the mounted hierarchy, and what a path told from there is. */
export class CgroupNamespace {
  readonly #tree: Pick<CgroupTree, 'pods' | 'within' | 'pids'>;
  readonly #self: () => number | undefined;
  /** Our own cgroup: a process stays in its container's. */
  #own: string | undefined;

  /** @param self our own pid, as `cgroup.procs` shows it here */
  constructor(tree: Pick<CgroupTree, 'pods' | 'within' | 'pids'>, self: () => number | undefined) {
    this.#tree = tree;
    this.#self = self;
  }

  /**
   * A runtime makes the namespace in the container's own cgroup: `/../a` is `a` beside that. `undefined` where we are in no
   * container of the hierarchy, or the path climbs beyond its top.
   */
  resolve(path: string): string | undefined {
    this.#own ??= this.#find();
    if (this.#own === undefined) return undefined;
    const parts = this.#own.split('/');
    for (const part of path.split('/').slice(1)) {
      if (part !== '..') parts.push(part);
      else if (parts.pop() === '') return undefined;
    }
    return parts.join('/') || '/';
  }

  #find(): string | undefined {
    const self = this.#self();
    if (self === undefined) return undefined;
    const cgroups = this.#tree.pods().flatMap((pod) => [pod, ...this.#tree.within(pod)]);
    return cgroups.find((cgroup) => this.#tree.pids(cgroup).includes(self));
  }
}
