import { expect, test } from 'vitest';
import type { AttributedEpisode } from '../../src/store/episode-history.ts';
import { EpisodeQueue } from '../../src/outputs/episode-output.ts';
import { FakeBacklog } from '../support/fake-backlog.ts';
import { killFacts } from '../support/telemetry.ts';

/** The pods that are delivered, batch by batch, and how many were not to be. */
function deliver(pods: readonly string[], excluded: string) {
  const backlog = new FakeBacklog();
  backlog.add(...pods.map((pod, at) => killFacts({ pod, sequence: at + 1 })));
  let skipped = 0;
  const podOf = ({ attribution: { subjects } }: AttributedEpisode): string | undefined =>
    subjects.map((subject) => (subject.kind === 'pod' ? subject.pod.name : 'node'))[0];
  const isExcluded = (episode: AttributedEpisode): boolean => podOf(episode) === excluded;
  const queue = new EpisodeQueue(backlog, { maxBatch: 3, isExcluded }, (outcome, count) => {
    if (outcome === 'excluded') skipped += count;
  });
  const batches: (string | undefined)[][] = [];
  for (let batch = queue.take(); batch !== undefined; batch = queue.take()) {
    batches.push(batch.episodes.map(podOf));
    queue.remove(batch, true);
  }
  return { batches, skipped, left: backlog.left };
}

test('goes round those that are excluded, in order', () => {
  expect(deliver(['x', 'a', 'b', 'x', 'c'], 'x')).toEqual({
    batches: [['a', 'b'], ['c']],
    skipped: 2,
    left: 0,
  });
});

test('settles many that are excluded, and delivers nothing', () => {
  const pods = Array.from({ length: 10 }, () => 'x');
  expect(deliver(pods, 'x')).toEqual({ batches: [], skipped: 10, left: 0 });
});

test('delivers batches as they come where nothing is excluded', () => {
  const { batches, skipped } = deliver(['a', 'b', 'c', 'd'], 'x');
  expect([batches, skipped]).toEqual([[['a', 'b', 'c'], ['d']], 0]);
});
