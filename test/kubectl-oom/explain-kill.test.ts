import { describe, expect, test } from 'vitest';
import { COMBINED_PREFIX } from '../../src/correlator/correlator-options.ts';
import { plain } from '../../src/explain/layout.ts';
import { explainKill } from '../../src/kubectl-oom/explain-kill.ts';
import type { OomKill } from '../../src/kubectl-oom/oom-kill.ts';
import { AT_MS } from '../support/an-episode.ts';
import { anOomKill } from '../support/oom-kill.ts';

const explained = (facts: Partial<OomKill> = {}): string =>
  explainKill(anOomKill(facts), AT_MS, { width: 80, paint: plain });

describe('a kill is explained from its Event', () => {
  test('with what it says, what to do, and what it does not say', () => {
    const text = explained({ owner: 'StatefulSet/web', mainProcessSurvived: true });
    expect(text).toBe(`OOM kill, 2026-11-22T15:03:05.678Z, 60s ago
Memory limit of container app (512Mi) reached: killed process java (pid 4242)

  Pod       shop/web-0, container app
  Owner     StatefulSet/web
  Node      node-1
  Limit     of a container, 512Mi; 100 % of it used (524288 of 524288 kB)
  Process   java (4242), anon-rss 498Mi, the container’s main process survived

What to do
1. Raise the memory limit of container \`app\` to 640Mi or more, if that much is
   really needed: 512Mi were in use when it was stopped, and a quarter more is a
   first step. How much it would have used, no log can say. [raise-limit]

What the Event does not say
- Who else used memory, and what for. The node’s history does: kubectl oom web-0
  --from-node -n shop.
`);
  });

  test('without advice to raise a limit that was not the container’s', () => {
    const message = 'Memory limit of a cgroup inside container app (16Mi) reached: …';
    expect(explained({ message })).not.toMatch(/What to do/);
    expect(explained({ limitLevel: 'host' })).not.toMatch(/What to do/);
  });

  test('that is combined, claiming nothing of any single one', () => {
    const { process: _p, limitLevel: _l, limitBytes: _b, usageBytes: _u, ...known } = anOomKill();
    const kill = {
      ...known,
      isCombined: true,
      count: 12,
      message: `${COMBINED_PREFIX}${known.message}`,
    };
    const text = explainKill(kill, AT_MS, { width: 80, paint: plain });
    expect(text).toMatch(/^The last of several OOM kills, \S+, 60s ago\nMemory limit of/);
    expect(text).toMatch(/^ {2}Count {5}12 kills since 2026-11-22T15:03:05\.678Z$/m);
    expect(text).toMatch(/Which processes and limits the others had/);
    expect(text).not.toMatch(/What to do|^ {2}(?:Limit|Process) /m);
  });

  test('whose limit the kernel withheld', () => {
    const { limitLevel: _, ...kill } = anOomKill({ context: 'suppressed' });
    expect(explainKill(kill, AT_MS, { width: 80, paint: plain })).toMatch(/the kernel withheld it/);
  });

  test('with nothing that moves a cursor', () => {
    expect(explained({ message: '\x1b[2J', node: '\x1b', owner: '\x1b' })).not.toContain('\x1b');
  });
});
