import { describe, expect, test } from 'vitest';
import { influxPoint } from '../../src/outputs/influx-point.ts';
import { killFacts, KILLED_AT_MS } from '../support/telemetry.ts';

const line = (facts: Parameters<typeof killFacts>[0]) =>
  influxPoint(killFacts(facts)).toLineProtocol();

describe('a point', () => {
  test('is measured, tagged and named as the ancestor did it', () => {
    expect(line({})).toBe(
      `container_oom_events,container=app,limit_level=container,namespace=shop,podname=web-0,reason=OOMKilling container_oom_events_total=1 ${KILLED_AT_MS}001000`,
    );
  });

  test('of the Node has no tags it has no values for', () => {
    const { namespace, pod, container, limitLevel, ...facts } = killFacts();
    expect([namespace, pod, container, limitLevel]).not.toContain(undefined);
    expect(influxPoint(facts).toLineProtocol()).toBe(
      `container_oom_events,reason=OOMKilling container_oom_events_total=1 ${KILLED_AT_MS}001000`,
    );
  });

  test('has a timestamp of its own, the same each time, also within one millisecond', () => {
    const lines = [5, 6, 999_999, 1_000_000].map((sequence) => line({ sequence }));
    expect(new Set(lines).size).toBe(4);
    expect(line({ sequence: 5 })).toBe(lines[0]);
  });

  test('takes a time with a fraction', () => {
    expect(line({ atMs: 1.75, sequence: 2 })).toMatch(/ 1000002$/);
  });
});
