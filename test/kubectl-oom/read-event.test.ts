import { assert, constantFrom, jsonValue, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMBINED_PREFIX } from '../../src/correlator/correlator-options.ts';
import { readEvent } from '../../src/kubectl-oom/read-event.ts';
import { asJson, nodeEvent, podEvent } from '../support/oom-event.ts';

const AT_MS = Date.UTC(2026, 10, 22, 15);

describe('an Event of a kill', () => {
  test('on a Pod is read with its annotations', () => {
    const members = [{ pid: 4243, comm: 'child' }];
    const event = podEvent({ atMs: AT_MS, episode: { members } });
    expect(readEvent(asJson(event))).toEqual({
      id: `shop/${event.metadata.name}`,
      episode: '3f1c2b9e-6d0a-4c39-9a51-0c7f2f6f9a10-1000',
      namespace: 'shop',
      pod: 'web-0',
      container: 'app',
      node: 'node-1',
      owner: 'StatefulSet/web',
      process: { name: 'java', pid: 4242, anonRssBytes: 522_190_848 },
      killedProcesses: 2,
      limitLevel: 'container',
      limitBytes: 536_870_912,
      usageBytes: 536_870_912,
      context: 'full',
      reason: 'OOMKilling',
      message: expect.stringMatching(/^Memory limit of container app \(512Mi\) reached/),
      count: 1,
      isCombined: false,
      firstMs: AT_MS,
      lastMs: AT_MS,
      event: `shop/${event.metadata.name}`,
    });
  });

  test('on the Node is of no Pod', () => {
    const kill = readEvent(asJson(nodeEvent()));
    expect(kill).toMatchObject({ reason: 'SystemOOM', node: 'node-1', limitLevel: 'system' });
    expect([kill?.namespace, kill?.pod, kill?.container]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('that is combined claims no process and no limit', () => {
    const facts = { message: `${COMBINED_PREFIX}Memory limit …`, count: 12 };
    const event = { ...podEvent(), metadata: { name: 'web-0.1', namespace: 'shop' } };
    const kill = readEvent(asJson(event, facts));
    expect(kill).toMatchObject({ isCombined: true, count: 12, pod: 'web-0' });
    expect([kill?.process, kill?.limitBytes]).toEqual([undefined, undefined]);
  });

  test('of which nobody knows the process claims none', () => {
    const event = podEvent({ attribution: { isOneOfSeveral: true } });
    expect(readEvent(asJson(event))?.process).toBeUndefined();
  });
});

describe('no kill of oom-recorder’s is', () => {
  test.each([
    ['the kubelet’s Event', asJson(nodeEvent(), { source: { component: 'kubelet' } })],
    ['an overrun of the log', asJson(nodeEvent(), { reason: 'KernelLogOverrun' })],
    ['nothing at all', undefined],
    ['a list', []],
  ])('%s', (_what, event) => {
    expect(readEvent(event)).toBeUndefined();
  });

  test('whatever somebody writes into an Event, which is read or not and never thrown at', () => {
    const event = asJson(podEvent()) as object;
    assert(
      property(constantFrom(...Object.keys(event)), jsonValue(), (key, value) => {
        const kill = readEvent({ ...event, [key]: value });
        expect(kill === undefined || kill.count >= 1).toBe(true);
      }),
    );
  });
});
