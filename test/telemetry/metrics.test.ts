import { describe, expect, test } from 'vitest';
import { Counters } from '../../src/telemetry/counters.ts';
import { KILLED_AT_MS, metricsOf, podEntry, recordedKill } from '../support/telemetry.ts';

describe('OpenMetrics', () => {
  const counters = new Counters(
    () => [podEntry('web-0')],
    () => KILLED_AT_MS,
  );
  const render = () => metricsOf({ counters }, 'openMetrics').render();

  test('have families without _total, and an end', async () => {
    const text = await render();
    expect(text).toContain('# TYPE container_oom_events counter\n');
    expect(text).toContain('# TYPE oom_recorder_buffer_episodes gauge\n');
    expect(text.endsWith('\n# EOF\n')).toBe(true);
  });

  test('have the last kill of a container as exemplar, once there is one, dated as it is', async () => {
    const sample = () => render().then((text) => /^container_oom_events_total.*$/m.exec(text)?.[0]);
    const series = 'container_oom_events_total{namespace="shop",pod="web-0",container="app"}';
    expect(await sample()).toBe(`${series} 0`);
    counters.recorded(recordedKill(podEntry('web-0'), { sequence: 2119 }));
    const exemplar = `{sequence="2119"} 1 ${KILLED_AT_MS / 1000}`;
    expect(await sample()).toBe(`${series} 1 # ${exemplar}`);
    expect(await sample()).toBe(`${series} 1 # ${exemplar}`);
  });

  test('have none of a kill that an earlier version counted', async () => {
    const after = new Counters(() => undefined, Date.now);
    const kill = { namespace: 'shop', pod: 'web-0', container: 'app', count: 3, lastKillMs: 0 };
    after.restore({ kills: [kill] });
    const text = await metricsOf({ counters: after }, 'openMetrics').render();
    expect(text).toContain('pod="web-0",container="app"} 3\n');
  });

  test('are of all metrics what the text format has of them', async () => {
    const samples = (text: string) =>
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.split(' # ')[0]);
    const text = await metricsOf({ counters }).render();
    expect(samples(await render())).toEqual(samples(text));
    expect(text).not.toContain('sequence=');
  });
});
