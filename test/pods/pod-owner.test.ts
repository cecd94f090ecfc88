import { describe, expect, test } from 'vitest';
import { podOwner } from '../../src/pods/pod-owner.ts';
import { podJson } from '../support/pod-json.ts';

const CREATED = '2026-08-01T10:00:07Z';
const minuteOf = (time: string): number => Date.parse(time) / 60_000;

describe('podOwner', () => {
  test.each([
    ['StatefulSet', 'db', 'StatefulSet', 'db'],
    ['DaemonSet', 'agent', 'DaemonSet', 'agent'],
    ['ReplicaSet', 'web-7d9f8c6b5', 'Deployment', 'web'],
    ['ReplicaSet', 'by-hand', 'ReplicaSet', 'by-hand'],
    ['ReplicaSet', '-7d9f8c6b5', 'ReplicaSet', '-7d9f8c6b5'],
    ['Job', 'migrate', 'Job', 'migrate'],
    ['Job', `tidy-${minuteOf('2026-08-01T10:00:00Z')}`, 'CronJob', 'tidy'],
    ['Job', `tidy-${minuteOf('2026-08-01T10:01:00Z')}`, 'CronJob', 'tidy'],
    ['Job', 'tidy-29756760', 'Job', 'tidy-29756760'],
    ['Job', 'import-20260801', 'Job', 'import-20260801'],
  ])('a %s %s is the %s %s', (kind, name, ownerKind, ownerName) => {
    const labels = { 'pod-template-hash': '7d9f8c6b5' };
    const pod = podJson({ labels, owner: { kind, name }, creationTimestamp: CREATED });
    expect(podOwner(pod)).toEqual({ kind: ownerKind, name: ownerName });
  });

  test('has no owner without a controller', () => {
    expect(podOwner(podJson())).toBeUndefined();
    const ownerReferences = [{ kind: 'ConfigMap', name: 'x' }, null, 'y'];
    expect(podOwner({ metadata: { ownerReferences } })).toBeUndefined();
  });
});
