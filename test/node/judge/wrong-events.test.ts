import type { CoreV1Event } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { type ExpectedEvent, onPod, systemOom } from './expected.ts';
import { wrongEvents } from './wrong-events.ts';

const SAYS = 'killed process sh (pid {pid})';

function event(name: string, pid: number, more: Partial<CoreV1Event> = {}): CoreV1Event {
  return {
    metadata: {
      name: `${name}.1`,
      annotations: {
        'oom-recorder.dev/victim-pid': String(pid),
        'oom-recorder.dev/killed-processes': '1',
      },
    },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'row',
      name,
      uid: `uid-of-${name}`,
      fieldPath: 'spec.containers{app}',
    },
    type: 'Warning',
    reason: 'OOMKilling',
    source: { component: 'oom-recorder', host: 'node-1' },
    message: `killed process sh (pid ${pid})`,
    count: 1,
    ...more,
  };
}

function wrong(events: readonly CoreV1Event[], ...expected: readonly ExpectedEvent[]) {
  const pods = ['web', 'shop'].map((name) => ({ metadata: { name, uid: `uid-of-${name}` } }));
  return wrongEvents({ events, expected, pods, namespace: 'row', nodeName: 'node-1' });
}

describe('wrong is', () => {
  test('nothing where every Event is expected', () => {
    expect(
      wrong([event('web', 1), event('shop', 2)], onPod('shop', SAYS), onPod('web', SAYS)),
    ).toEqual([]);
  });

  test('a missing Event', () => {
    expect(wrong([], onPod('web', SAYS))).toEqual([
      `no Event of web spec.containers{app}: ${SAYS}`,
    ]);
    expect(wrong([], systemOom('sh'))[0]).toMatch(/^no Event of the Node/);
  });

  test('an Event of a pod in which nobody died', () => {
    expect(wrong([event('web', 1), event('shop', 2)], onPod('web', SAYS))).toEqual([
      'an Event nobody expects: OOMKilling x1 Pod/shop spec.containers{app}: killed process sh (pid 2)',
    ]);
  });

  test('a death that is told twice, be it in other words', () => {
    const again = event('web', 1, { message: 'Killed process sh (pid 1), once more' });
    expect(wrong([event('web', 1), again], onPod('web', SAYS))).toEqual([
      expect.stringMatching(/^an Event nobody expects/),
      'twice: OOMKilling of pid 1',
    ]);
  });

  test('a count of more than one death', () => {
    expect(wrong([event('web', 1, { count: 2 })], onPod('web', SAYS))).toHaveLength(2);
  });

  test('an Event in another namespace, on another container, for another reason', () => {
    const { involvedObject } = event('web', 1);
    for (const more of [
      { involvedObject: { ...involvedObject, namespace: 'other' } },
      { involvedObject: { ...involvedObject, fieldPath: 'spec.containers{sidecar}' } },
      { reason: 'SystemOOM' },
    ]) {
      expect(wrong([event('web', 1, more)], onPod('web', SAYS))).not.toEqual([]);
    }
  });

  test('a UID that `kubectl describe` does not look for, and an annotation that contradicts', () => {
    const { involvedObject } = event('web', 1);
    const misled = event('web', 1, { involvedObject: { ...involvedObject, uid: 'other' } });
    misled.metadata.annotations = { 'oom-recorder.dev/victim-pid': '1' };
    expect(wrong([misled], onPod('web', SAYS))).toEqual([
      expect.stringMatching(/^involvedObject.uid: other, not uid-of-web/),
      expect.stringMatching(/^annotation killed-processes: undefined, not 1/),
    ]);
  });
});
