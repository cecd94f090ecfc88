import { differences, type Fact } from './facts.ts';
import { growth, killsBetween } from '../look/figures.ts';
import type { Seen } from '../look/seen.ts';

type Metrics = Pick<
  Seen,
  'after' | 'before' | 'expected' | 'isAnotherAgent' | 'kernel' | 'namespace'
>;

/** What `/metrics` counts and should not, or the other way about: nothing, or a line each. */
export function wrongFigures(seen: Metrics): readonly string[] {
  const { after, before, isAnotherAgent, kernel } = seen;
  const should = expectedKills(seen);
  const were = killsBetween(before, after);
  const keys = [...new Set([...should.keys(), ...were.keys()])].toSorted();
  const processes = kernel.log.kills.size;
  const facts: Fact[] = [
    ...keys.map((key): Fact => [`kills of ${key}`, were.get(key) ?? 0, should.get(key) ?? 0]),
    ['kill lines in the log', kernel.log.lines, kernel.counted],
    ['killed processes', growth(before, after, 'oom_recorder_killed_processes_total'), processes],
    ['unexplained kills', after.plain.get('oom_recorder_unexplained_oom_kills'), 0],
    ['lost records', growth(before, after, 'oom_recorder_log_records_lost_total'), 0],
  ];
  if (!isAnotherAgent) {
    const recorded = growth(before, after, 'oom_recorder_recorded_oom_kills_total');
    facts.push(['recorded kills', recorded, kernel.counted]);
  }
  return differences(facts);
}

/** An Event on a container is one more of its series. */
function expectedKills({ expected, namespace }: Metrics): ReadonlyMap<string, number> {
  const kills = new Map<string, number>();
  for (const { pod, fieldPath = '' } of expected) {
    if (pod === undefined) continue;
    const container = /\{(?<name>.*)\}$/.exec(fieldPath)?.groups?.['name'] ?? '';
    const key = `${namespace}/${pod}/${container}`;
    kills.set(key, (kills.get(key) ?? 0) + 1);
  }
  return kills;
}
