import type { CoreV1Event } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { type WrittenKill, wrongCounts } from './wrong-counts.ts';

const WEB = { pod: 'chaos/web/uid-1', container: 'app' };

function kill(pid: number, more: Partial<WrittenKill> = {}): WrittenKill {
  return { pid, isNodeRight: false, isSystemWide: false, ...more };
}

function event(on: string, count: number, pid?: number, container = 'app'): CoreV1Event {
  const [namespace, name, uid] = on.split('/');
  const fieldPath = container === '' ? undefined : `spec.containers{${container}}`;
  const pod = { kind: 'Pod', namespace, name, uid, fieldPath };
  return {
    metadata: pid === undefined ? {} : { annotations: { 'oom-recorder.dev/victim-pid': `${pid}` } },
    involvedObject: on === 'node' ? { kind: 'Node', name: 'node' } : (pod as object),
    count,
  };
}

const TWO = [kill(1, WEB), kill(2, WEB)];
const YOUNG = [kill(1, { ...WEB, isNodeRight: true }), kill(2, WEB)];
const SYSTEM = [kill(1, { ...WEB, isSystemWide: true })];

describe('nothing is wrong', () => {
  test.each<[string, WrittenKill[], CoreV1Event[]]>([
    ['with no kill', [], []],
    ['with an Event for each kill', TWO, [event(WEB.pod, 1, 1), event(WEB.pod, 1, 2)]],
    ['with a combined Event', TWO, [event(WEB.pod, 2)]],
    ['with a kill of nobody on the Node', [kill(1)], [event('node', 1, 1)]],
    ['with a kill of a young pod on it', YOUNG, [event(WEB.pod, 2)]],
    ['with it on the Node', YOUNG, [event(WEB.pod, 1, 2), event('node', 1, 1)]],
    ['with both of a system-wide one', SYSTEM, [event(WEB.pod, 1, 1), event('node', 1, 1)]],
  ])('%s', (_, kills, events) => {
    expect(wrongCounts(kills, events)).toEqual([]);
  });
});

describe('it is told', () => {
  test.each<[string, WrittenKill[], CoreV1Event[], string[]]>([
    [
      'that a kill is missing',
      TWO,
      [event(WEB.pod, 1, 1)],
      [`${WEB.pod} app: 2 kills (2 certain), 1 counted`],
    ],
    [
      'that a kill is on the Node which is the pod’s',
      TWO,
      [event(WEB.pod, 1, 1), event('node', 1, 2)],
      [
        `${WEB.pod} app: 2 kills (2 certain), 1 counted`,
        'Node: 0 kills, 1 counted',
        'Node: pid 2 did not die there',
      ],
    ],
    [
      'that a pod is blamed in which nobody died',
      [kill(1)],
      [event('chaos/idle/uid-2', 1, 1)],
      [
        'chaos/idle/uid-2 app: 0 kills (0 certain), 1 counted',
        'Node: 1 kills, 0 counted',
        'chaos/idle/uid-2: pid 1 did not die there',
      ],
    ],
    [
      'that the wrong container is blamed',
      [kill(1, WEB)],
      [event(WEB.pod, 1, 1, 'sidecar')],
      [
        `${WEB.pod} app: 1 kills (1 certain), 0 counted`,
        `${WEB.pod} sidecar: 0 kills (0 certain), 1 counted`,
        `${WEB.pod}: pid 1 did not die there`,
      ],
    ],
    [
      'that two containers were taken for each other',
      [kill(1, WEB), kill(2, { ...WEB, container: 'side' })],
      [event(WEB.pod, 1, 2), event(WEB.pod, 1, 1, 'side')],
      [`${WEB.pod}: pid 2 did not die there`, `${WEB.pod}: pid 1 did not die there`],
    ],
    [
      'that a kill of the pod’s is named on the Node',
      [kill(1, WEB), kill(2)],
      [event(WEB.pod, 1, 2), event('node', 1, 1)],
      [`${WEB.pod}: pid 2 did not die there`, 'Node: pid 1 did not die there'],
    ],
    [
      'that more is counted than was killed, some of it on no container',
      YOUNG,
      [event(WEB.pod, 2), event(WEB.pod, 1, undefined, '')],
      [`${WEB.pod}: 2 kills, 3 counted`],
    ],
    [
      'that a kill has two Events',
      TWO,
      [event(WEB.pod, 1, 1), event(WEB.pod, 1, 1)],
      [`${WEB.pod}: pid 1 once more`],
    ],
    [
      'that an open kill is on both',
      YOUNG,
      [event(WEB.pod, 2), event('node', 1)],
      ['Node: 0 kills, 1 counted'],
    ],
  ])('%s', (_, kills, events, wrong) => {
    expect(wrongCounts(kills, events)).toEqual(wrong);
  });
});
