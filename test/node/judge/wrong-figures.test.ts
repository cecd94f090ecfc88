import { expect, test } from 'vitest';
import type { PrintedKill } from '../look/kernel-log.ts';
import { readFigures } from '../look/figures.ts';
import { onPod } from './expected.ts';
import { wrongFigures } from './wrong-figures.ts';

const before = `oom_recorder_recorded_oom_kills_total 5
oom_recorder_killed_processes_total 3
oom_recorder_log_records_lost_total 0
container_oom_events_total{namespace="earlier",pod="web",container="app"} 2`;

const after = `oom_recorder_recorded_oom_kills_total 8
oom_recorder_killed_processes_total 5
oom_recorder_log_records_lost_total 0
oom_recorder_unexplained_oom_kills 0
container_oom_events_total{namespace="earlier",pod="web",container="app"} 2
container_oom_events_total{namespace="row",pod="web",container="app"} 1
container_oom_events_total{namespace="row",pod="web",container="idle"} 0`;

const kill = (pid: number): readonly [number, PrintedKill] => [
  pid,
  { pid, atUs: 1, cgroup: '/kubepods', hasContext: true },
];

/** Two processes died together in one container: three lines. */
function wrong(text = after, isAnotherAgent = false): readonly string[] {
  return wrongFigures({
    namespace: 'row',
    expected: [onPod('web', 'killed process sh (pid {pid}) and 1 other process of the container')],
    kernel: {
      counted: 3,
      records: [],
      log: { lines: 3, kills: new Map([kill(1), kill(2)]), groups: [] },
    },
    before: readFigures(before),
    after: readFigures(text),
    isAnotherAgent,
  });
}

test('nothing is wrong where every kill is counted, and under the right name', () => {
  expect(wrong()).toEqual([]);
});

test.each([
  ['another container', 'container="app"} 1', 'container="other"} 1', 2],
  ['an older row', 'pod="web",container="app"} 2', 'pod="web",container="app"} 3', 1],
  ['one twice', 'container="app"} 1', 'container="app"} 2', 1],
  ['a process too many', 'processes_total 5', 'processes_total 6', 1],
  ['a kill that no line tells', 'unexplained_oom_kills 0', 'unexplained_oom_kills 1', 1],
  ['fewer than the kernel', 'recorded_oom_kills_total 8', 'recorded_oom_kills_total 7', 1],
  ['lost records', 'lost_total 0', 'lost_total 4', 1],
])('wrong is to count %s', (_, is, insteadOf, lines) => {
  expect(wrong(after.replace(is, insteadOf))).toHaveLength(lines);
});

test('an agent that was replaced has recorded nothing before', () => {
  expect(wrong(after.replace('kills_total 8', 'kills_total 1'), true)).toEqual([]);
});
