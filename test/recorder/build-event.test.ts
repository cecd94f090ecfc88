import { describe, expect, test } from 'vitest';
import type { Attribution } from '../../src/pods/attribute.ts';
import { buildEvent, nodeReference } from '../../src/recorder/build-event.ts';
import { aBareEpisode, anEpisode, aPod, APP } from '../support/an-episode.ts';

const ORIGIN = { node: { name: 'node-1' }, bootId: 'b0071d' };
const ATTRIBUTION: Attribution = { subjects: [], source: 'kernel', limitLevel: 'container' };
const onPod = (facts: Parameters<typeof aPod>[0] = {}, container = APP) =>
  ({ kind: 'pod', pod: aPod(facts), container }) as const;
const NODE = { kind: 'node' } as const;

describe('buildEvent', () => {
  test('makes a core/v1 Event as the kubelet does', () => {
    expect(buildEvent(anEpisode(), ATTRIBUTION, onPod(), ORIGIN)).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: expect.stringMatching(/^checkout-0\.[0-9a-f]{16}$/),
        namespace: 'shop',
        annotations: {
          'oom-recorder.dev/victim-pid': '4242',
          'oom-recorder.dev/victim-comm': 'java',
          'oom-recorder.dev/limit-level': 'container',
          'oom-recorder.dev/limit-bytes': '536870912',
          'oom-recorder.dev/usage-bytes': '536870912',
          'oom-recorder.dev/victim-anon-rss-bytes': '522190848',
          'oom-recorder.dev/killed-processes': '1',
          'oom-recorder.dev/boot-id': 'b0071d',
          'oom-recorder.dev/kmsg-sequence': '4711',
          'oom-recorder.dev/context': 'full',
          'oom-recorder.dev/attributed-by': 'kernel',
        },
      },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'shop',
        name: 'checkout-0',
        uid: aPod().uid,
        fieldPath: 'spec.containers{app}',
      },
      reason: 'OOMKilling',
      message: expect.stringContaining('(pid 4242)'),
      source: { component: 'oom-recorder', host: 'node-1' },
      firstTimestamp: new Date('2026-11-22T15:04:05Z'),
      lastTimestamp: new Date('2026-11-22T15:04:05Z'),
      count: 1,
      type: 'Warning',
      reportingComponent: 'oom-recorder',
      reportingInstance: 'node-1',
    });
  });

  test('of the Node goes to the namespace default and names none', () => {
    const { metadata, involvedObject } = buildEvent(anEpisode(), ATTRIBUTION, NODE, ORIGIN);
    expect(metadata).toMatchObject({
      namespace: 'default',
      name: expect.stringMatching(/^node-1\./),
    });
    expect(involvedObject).toEqual({
      apiVersion: 'v1',
      kind: 'Node',
      name: 'node-1',
      uid: 'node-1',
    });
  });

  test('refers to a mirror pod by the UID that kubectl searches for', () => {
    const event = buildEvent(anEpisode(), ATTRIBUTION, onPod({ referenceUid: '0cc1' }), ORIGIN);
    expect(event.involvedObject.uid).toBe('0cc1');
  });

  test.each(['initContainers', 'ephemeralContainers'] as const)('names one of the %s', (list) => {
    const event = buildEvent(anEpisode(), ATTRIBUTION, onPod({}, { ...APP, list }), ORIGIN);
    expect(event.involvedObject.fieldPath).toBe(`spec.${list}{app}`);
  });

  test('has no annotation for what the kernel did not say', () => {
    const { metadata } = buildEvent(
      aBareEpisode(),
      { subjects: [], source: 'kernel' },
      NODE,
      ORIGIN,
    );
    expect(Object.keys(metadata.annotations ?? {})).not.toContain('oom-recorder.dev/limit-bytes');
    expect(Object.keys(metadata.annotations ?? {})).not.toContain('oom-recorder.dev/limit-level');
  });

  test('has no control character in a value, whatever the process is called', () => {
    const episode = anEpisode({ victim: { pid: 1, comm: 'a\u001B]0;\n' } });
    const event = buildEvent(episode, ATTRIBUTION, onPod(), ORIGIN);
    expect(JSON.stringify(event.metadata.annotations)).not.toMatch(/\\u001b|\\n/);
    expect(event.message).not.toMatch(/\p{Cc}/u);
  });

  test('keeps its message within 1024 bytes of UTF-8', () => {
    const oomMemcg = `/${'ü'.repeat(2000)}`;
    const event = buildEvent(
      anEpisode({ oomMemcg, taskMemcg: oomMemcg }),
      { subjects: [], source: 'kernel', limitLevel: 'host' },
      NODE,
      ORIGIN,
    );
    expect(Buffer.byteLength(event.message)).toBeLessThanOrEqual(1024);
    expect(event.message).not.toContain('\uFFFD');
  });

  test('has another name about another subject, and the same one for ever', () => {
    const names = [NODE, onPod(), onPod({}, { ...APP, name: 'sidecar' })].map(
      (subject) => buildEvent(anEpisode(), ATTRIBUTION, subject, ORIGIN).metadata.name,
    );
    expect(new Set(names.map((name) => name.slice(-16))).size).toBe(3);
    expect(buildEvent(anEpisode(), ATTRIBUTION, NODE, ORIGIN).metadata.name).toBe(names[0]);
  });

  test('has the same name before and after the Node’s UID is known', () => {
    const known = { ...ORIGIN, node: { name: 'node-1', uid: 'f00' } };
    const [before, after] = [ORIGIN, known].map((origin) =>
      buildEvent(anEpisode(), ATTRIBUTION, NODE, origin),
    );
    expect(after?.metadata.name).toBe(before?.metadata.name);
    expect(after?.involvedObject).toEqual(nodeReference({ name: 'node-1', uid: 'f00' }));
  });
});
