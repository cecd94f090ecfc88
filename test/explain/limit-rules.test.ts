import { describe, expect, test } from 'vitest';
import type { Attribution } from '../../src/pods/attribute.ts';
import type { ContainerEntry } from '../../src/pods/pod-directory.ts';
import { anEpisode, aPod, APP, CONTAINER_ID } from '../support/an-episode.ts';
import { adviceOf } from '../support/explained.ts';
import { CONTAINER, POD } from '../support/oom-lines.ts';

const SIDECAR: ContainerEntry = { name: 'proxy', list: 'containers', ids: ['b'.repeat(64)] };

function inPod(containers: readonly ContainerEntry[], limitBytes?: number): Partial<Attribution> {
  const pod = aPod({ containers, ...(limitBytes !== undefined && { limitBytes }) });
  return { subjects: [{ kind: 'pod', pod, container: APP }] };
}

const AT_POD = { limitLevel: 'pod', oomMemcg: POD } as const;

describe('raise-limit', () => {
  test('computes a quarter more than was in use', () => {
    const text = adviceOf('raise-limit', anEpisode(), inPod([APP]));
    expect(text).toMatch(/^Raise the memory limit of container `app` to 640Mi or more/);
    expect(text).toContain('512Mi were in use when it was stopped');
  });

  test('counts what is in swap', () => {
    const episode = anEpisode({ memory: { swapUsageKb: 524_288 } });
    expect(adviceOf('raise-limit', episode)).toMatch(/to 1280Mi or more.*512Mi and 512Mi in swap/);
  });

  test.each([
    [{ limitKb: 20_480, usageKb: 20_480 }, '26Mi'],
    [{ limitKb: 20_480, usageKb: 20_356 }, '26Mi'],
    [{ limitKb: 4, usageKb: 4 }, '5Ki'],
    [{ limitKb: 10_485_760, usageKb: 10_485_760 }, '13Gi'],
  ])('of %o says %s', (facts, size) => {
    expect(adviceOf('raise-limit', anEpisode(facts))).toContain(` to ${size} or more`);
  });

  test.each([
    ['far below the limit', { usageKb: 400_000 }],
    ['no usage', { usageKb: undefined }],
    ['no limit', { limitKb: undefined }],
    ['the system', { limitLevel: 'system' }],
    ['all pods', { limitLevel: 'node-allocatable', oomMemcg: '/kubepods' }],
    ['a QoS class', { limitLevel: 'qos', oomMemcg: '/kubepods/burstable' }],
    ['nobody knows whose', { limitLevel: undefined }],
  ] as const)('says nothing: %s', (_why, facts) => {
    expect(adviceOf('raise-limit', anEpisode(facts))).toBeUndefined();
  });

  test('names the container whose limit the pod’s cgroup has', () => {
    expect(adviceOf('raise-limit', anEpisode(AT_POD), inPod([APP]))).toContain(
      'of container `app`',
    );
  });

  test('names the pod where it is not the container’s', () => {
    const other = { ...AT_POD, limitKb: 600_000, usageKb: 600_000 };
    expect(adviceOf('raise-limit', anEpisode(other), inPod([APP]))).toContain("its containers'");
    expect(adviceOf('raise-limit', anEpisode(other), inPod([APP], 614_400_000))).toContain(
      '(spec.resources of the pod)',
    );
  });

  test('names the unit outside kubepods', () => {
    const unit = { limitLevel: 'host', oomMemcg: '/system.slice/a.service' } as const;
    expect(adviceOf('raise-limit', anEpisode(unit))).toContain('`/system.slice/a.service`');
  });
});

describe('pod-limit-shared', () => {
  const episode = anEpisode({ ...AT_POD, limitKb: 600_000 });

  test('names the containers', () => {
    expect(adviceOf('pod-limit-shared', episode, inPod([APP, SIDECAR]))).toMatch(
      /^2 containers share the pod's limit \(`app`, `proxy`\)/,
    );
  });

  test('counts a sidecar, and no init container', () => {
    const init: ContainerEntry = { name: 'init', list: 'initContainers', ids: [] };
    expect(adviceOf('pod-limit-shared', episode, inPod([APP, init]))).toBeUndefined();
    const kept = { ...init, restarts: true as const };
    expect(adviceOf('pod-limit-shared', episode, inPod([APP, kept]))).toContain('`init`');
  });

  test.each([
    ['the container’s own limit', anEpisode(), inPod([APP, SIDECAR])],
    ['the limit of that container at the pod', anEpisode(AT_POD), inPod([APP, SIDECAR])],
    ['one container', episode, inPod([APP])],
    ['a pod nobody knows', episode, {}],
  ])('says nothing: %s', (_why, of, attribution) => {
    expect(adviceOf('pod-limit-shared', of, attribution)).toBeUndefined();
  });
});

describe('inside-container', () => {
  test('tells a limit that the container set', () => {
    const inside = anEpisode({ oomMemcg: `${CONTAINER}/job`, taskMemcg: `${CONTAINER}/job` });
    expect(adviceOf('inside-container', inside)).toContain(`${CONTAINER_ID}/job\``);
    expect(adviceOf('raise-limit', inside)).toContain('Raise the limit that was set there');
  });

  test('says nothing of the container’s own', () => {
    expect(adviceOf('inside-container', anEpisode())).toBeUndefined();
    expect(adviceOf('inside-container', anEpisode(AT_POD))).toBeUndefined();
  });
});

test.each([
  ['node-allocatable', 'node-allocatable', 'qos'],
  ['qos-limit', 'qos', 'node-allocatable'],
] as const)('%s speaks at that level alone', (rule, level, other) => {
  expect(adviceOf(rule, anEpisode({ limitLevel: level }))).toBeDefined();
  expect(adviceOf(rule, anEpisode({ limitLevel: other }))).toBeUndefined();
});
