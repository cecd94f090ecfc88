import type { OomKill } from '../../src/kubectl-oom/oom-kill.ts';
import { AT_MS } from './an-episode.ts';

/** A kill of java at the 512Mi of container app in shop/web-0, a minute before `AT_MS`, unless told otherwise. */
export function anOomKill(facts: Partial<OomKill> = {}): OomKill {
  return {
    id: 'shop/web-0.1',
    episode: 'boot-1',
    namespace: 'shop',
    pod: 'web-0',
    container: 'app',
    node: 'node-1',
    process: { name: 'java', pid: 4242, anonRssBytes: 498 * 1024 ** 2 },
    killedProcesses: 1,
    limitLevel: 'container',
    limitBytes: 512 * 1024 ** 2,
    usageBytes: 512 * 1024 ** 2,
    context: 'full',
    reason: 'OOMKilling',
    message: 'Memory limit of container app (512Mi) reached: killed process java (pid 4242)',
    count: 1,
    isCombined: false,
    firstMs: AT_MS - 60_000,
    lastMs: AT_MS - 60_000,
    event: 'shop/web-0.1',
    ...facts,
  };
}

/** One that hurt the Node alone. */
export function aNodeKill(facts: Partial<OomKill> = {}): OomKill {
  const { namespace: _n, pod: _p, container: _c, owner: _o, ...kill } = anOomKill();
  return { ...kill, id: 'default/node-1.1', limitLevel: 'system', reason: 'SystemOOM', ...facts };
}
