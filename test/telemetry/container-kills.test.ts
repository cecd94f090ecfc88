import { describe, expect, test } from 'vitest';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { ContainerKills } from '../../src/telemetry/container-kills.ts';
import { podEntry } from '../support/telemetry.ts';

const MINUTE_MS = 60_000;

interface Moment {
  pods: readonly PodEntry[] | undefined;
  nowMs: number;
}

function harness(pods: readonly PodEntry[] = []) {
  const at: Moment = { pods, nowMs: 0 };
  const kills = new ContainerKills(
    () => at.pods,
    () => at.nowMs,
  );
  const shown = () =>
    kills.current().map(([{ pod, container }, count]) => `${pod}/${container} ${count}`);
  return { at, kills, shown };
}

const of = (pod: string, container = 'app') => ({ namespace: 'shop', pod, container });

describe('the kills of containers', () => {
  test('are 0 for every container that is known', () => {
    const { shown } = harness([podEntry('web', ['app', 'sidecar']), podEntry('db')]);
    expect(shown()).toEqual(['web/app 0', 'web/sidecar 0', 'db/app 0']);
  });

  test('are counted, also before the pods are listed', () => {
    const { at, kills, shown } = harness();
    at.pods = undefined;
    kills.count(of('web'), 7);
    kills.count(of('web'), 7);
    expect(shown()).toEqual(['web/app 2']);
    at.pods = [podEntry('web'), podEntry('db')];
    expect(shown()).toEqual(['web/app 2', 'db/app 0']);
  });

  test('are of the pod alone where its container is not known', () => {
    const { at, kills, shown } = harness([podEntry('web')]);
    kills.count(of('web', ''), 7);
    at.nowMs = 60 * MINUTE_MS;
    expect(shown()).toEqual(['web/ 1', 'web/app 0']);
  });

  test('stay while the container does, and 15 minutes after a kill nobody knows a container for', () => {
    const { at, kills, shown } = harness([podEntry('web')]);
    kills.count(of('web'), 7);
    kills.count(of('stranger'), 7);
    at.nowMs = 15 * MINUTE_MS;
    expect(shown()).toEqual(['web/app 1', 'stranger/app 1']);
    at.nowMs += 1;
    expect(shown()).toEqual(['web/app 1']);
    at.pods = [];
    expect(shown()).toEqual([]);
  });

  test('are not forgotten while nobody can say what is gone', () => {
    const { at, kills, shown } = harness([]);
    at.pods = undefined;
    kills.count(of('web'), 7);
    at.nowMs = 60 * MINUTE_MS;
    expect(shown()).toEqual(['web/app 1']);
  });

  test('go on after a restart', () => {
    const before = harness([podEntry('web')]);
    before.kills.count(of('web'), 7);
    const saved: unknown = JSON.parse(JSON.stringify(before.kills));
    const after = harness([podEntry('web')]);
    after.kills.restore(saved);
    after.kills.count(of('web'), 7);
    expect(after.shown()).toEqual(['web/app 2']);
  });

  test('are written where they changed, and deleted where they are over', () => {
    const { at, kills } = harness([podEntry('web'), podEntry('db')]);
    for (const pod of ['web', 'db', 'job']) kills.count(of(pod), 7);
    expect(kills.takeChanges()).toHaveLength(3);
    kills.count(of('db'), 7);
    expect(kills.takeChanges()).toEqual([
      { key: 'shop/db/app', value: { ...of('db'), count: 2, lastKillMs: 0, sequence: 7 } },
    ]);
    at.nowMs = 15 * MINUTE_MS + 1;
    kills.current();
    expect(kills.takeChanges()).toEqual([{ key: 'shop/job/app', value: undefined }]);
    expect(kills.takeChanges()).toEqual([]);
  });

  test.for([
    undefined,
    null,
    7,
    {},
    [null],
    [{ namespace: 'shop' }],
    [{ ...of('web'), count: 'x' }],
  ])('take no harm from a saved state of %j', (saved) => {
    const { kills, shown } = harness();
    kills.restore(saved);
    expect(shown()).toEqual([]);
  });

  test('of 10,000 containers that come and go are held for those of the last 15 minutes', () => {
    const { at, kills, shown } = harness([]);
    let most = 0;
    for (let n = 0; n < 10_000; n += 1) {
      at.nowMs = n * MINUTE_MS;
      at.pods = [podEntry(`job-${n}`)];
      kills.count(of(`job-${n}`), 7);
      most = Math.max(most, kills.toJSON().length);
    }
    expect(most).toBeLessThanOrEqual(1_001);
    expect(shown()).toHaveLength(16);
  });
});
