import { expect, test } from 'vitest';
import { describeEpisode } from '../../src/outputs/describe-episode.ts';
import { BOOT, pendingKill, storedKill } from '../support/history.ts';

const OPTIONS = { node: { name: 'node-1' }, taskTables: false };
const described = (...known: Parameters<typeof describeEpisode>): unknown =>
  JSON.parse(JSON.stringify(describeEpisode(...known)));

test('an episode that waits for its attribution says so, and names nobody', () => {
  const pending = pendingKill(4711);
  const one = described(pending, OPTIONS);
  expect(one).toMatchObject({ id: `${BOOT}-4711`, state: 'pending', events: [], killed: 1 });
  expect(one).toMatchObject({
    victim: pending.episode.victim,
    taskMemcg: pending.episode.taskMemcg,
  });
  for (const key of ['namespace', 'pod', 'podUid', 'container', 'containerId', 'limitLevel'])
    expect(one).not.toHaveProperty(key);
});

test('of one that is decided no state is told', () => {
  expect(described(storedKill(4711, 1), OPTIONS)).not.toHaveProperty('state');
});

test('it is certain before that a system-wide OOM was one, and that a process is one of several', () => {
  const cgroup = '/kubepods/podx';
  const system = pendingKill(1, { oomMemcg: undefined, limitLevel: 'system' });
  expect(described(system, OPTIONS)).toMatchObject({ limitLevel: 'system' });
  const several = pendingKill(1, {
    evidence: { cgroup, source: 'counters', isOneOfSeveral: true },
  });
  expect(described(several, OPTIONS)).not.toHaveProperty('victim');
});
