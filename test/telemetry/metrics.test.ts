import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Counters, type LogCounts } from '../../src/telemetry/counters.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import type { AuditFigures, MetricsSource } from '../../src/telemetry/metrics-source.ts';
import { newTally } from '../../src/tally.ts';
import { KILLED_AT_MS, metricsSource, podEntry, recordedKill } from '../support/telemetry.ts';

async function samples(source: MetricsSource): Promise<string[]> {
  const text = await new Metrics(source).render();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function makeCounters(tally?: LogCounts): Counters {
  return new Counters(
    () => [podEntry('web-0'), podEntry('db-0')],
    () => KILLED_AT_MS,
    tally,
  );
}

describe('the metrics', () => {
  test('have a series for every container from the moment it is known', async () => {
    const counters = makeCounters();
    const metrics = new Metrics(metricsSource({ counters }));
    const web = 'container_oom_events_total{namespace="shop",pod="web-0",container="app"}';
    expect(await metrics.render()).toContain(`${web} 0\n`);
    counters.recorded(recordedKill(podEntry('web-0')));
    expect(await metrics.render()).toContain(`${web} 1\n`);
  });

  test('read their values only when they are scraped', async () => {
    let reads = 0;
    const buffer = () => ({ waiting: (reads += 1), capacity: 10 });
    const metrics = new Metrics(metricsSource({ buffer }));
    expect(reads).toBe(0);
    await metrics.render();
    expect(reads).toBe(2);
  });

  test('say by how much a group kill was more than one kill', async () => {
    const counters = makeCounters();
    const members = [
      { pid: 2, comm: 'a' },
      { pid: 3, comm: 'b' },
    ];
    counters.recorded(recordedKill(podEntry('web-0'), { members }));
    const shown = await samples(metricsSource({ counters }));
    expect(shown).toContain('oom_recorder_episodes_total{limit_level="container"} 1');
    expect(shown).toContain('oom_recorder_killed_processes_total 3');
  });

  test('count what did not wait to the end, and go on from there', async () => {
    const before = makeCounters();
    const kill = recordedKill(podEntry('web-0'));
    before.recorded({ ...kill, attribution: { ...kill.attribution, isEarly: true } });
    before.recorded(kill);
    const counters = makeCounters();
    counters.restore(JSON.parse(JSON.stringify(before)));
    const shown = await samples(metricsSource({ counters }));
    expect(shown).toContain('oom_recorder_pending_overflows_total 1');
  });

  test('count a kill of the Node for no container', async () => {
    const counters = makeCounters();
    counters.recorded(recordedKill());
    const shown = await samples(metricsSource({ counters }));
    expect(shown.filter((line) => line.startsWith('container_') && !line.endsWith(' 0'))).toEqual(
      [],
    );
  });

  test('have every outcome from the start', async () => {
    const shown = await samples(metricsSource());
    expect(shown.filter((line) => line.startsWith('oom_recorder_event_posts_total'))).toHaveLength(
      8,
    );
  });

  test('leave out what an agent does not have', async () => {
    const { audit, outbox, watch, influxPending, ...source } = metricsSource();
    const shown = (await samples(source)).join('\n');
    expect([audit, outbox, watch, influxPending]).not.toContain(undefined);
    expect(shown).not.toMatch(
      /kernel_oom_kills|outbox|pending|event_posts|events_skipped|pods_|influx/,
    );
  });

  test('claim no audit before there was one', async () => {
    let figures: AuditFigures | undefined;
    const metrics = new Metrics(metricsSource({ audit: () => figures }));
    const audited = /^oom_recorder_(?:kernel|recorded|unexplained)_oom_kills\w* \d/gm;
    expect(await metrics.render()).not.toMatch(audited);
    figures = { kernelKills: 0, recordedKills: 0, unexplainedKills: 0 };
    expect((await metrics.render()).match(audited)).toHaveLength(3);
    figures = undefined;
    expect(await metrics.render()).not.toMatch(audited);
  });

  test('have a gauge of unexplained kills: one may be explained after all', async () => {
    const text = await new Metrics(metricsSource()).render();
    expect(text).toContain('# TYPE oom_recorder_unexplained_oom_kills gauge\n');
    expect(text).toContain('\noom_recorder_unexplained_oom_kills 1\n');
  });

  test('go on from what an earlier process counted', async () => {
    const before = makeCounters();
    before.recorded(recordedKill(podEntry('web-0')));
    before.posts.add('created', 5);
    const counters = makeCounters();
    counters.restore(JSON.parse(JSON.stringify(before)));
    counters.recorded(recordedKill(podEntry('web-0')));
    expect(JSON.parse(JSON.stringify(counters))).toMatchObject({
      kills: [{ pod: 'web-0', count: 2 }],
      episodes: { container: 2 },
      posts: { created: 5 },
      killed: 2,
    });
  });

  test('of the log go on as well, beside a tally that begins anew', async () => {
    const first = { ...newTally(), records: 100, lost: 3, malformed: 1, forged: 2 };
    const second = { ...newTally(), records: 10, callbacksSuppressed: 4 };
    const counters = makeCounters(second);
    counters.restore(JSON.parse(JSON.stringify(makeCounters(first))));
    second.forged += 1;
    const shown = (await samples(metricsSource({ counters }))).filter((line) =>
      /_log_|_callbacks_/.test(line),
    );
    expect(shown).toEqual([
      'oom_recorder_log_records_total 110',
      'oom_recorder_log_records_lost_total 3',
      'oom_recorder_log_records_malformed_total 1',
      'oom_recorder_log_records_forged_total 3',
      'oom_recorder_kernel_callbacks_suppressed_total 4',
    ]);
    expect(second).toMatchObject({ records: 10, forged: 1 });
    const including = counters.including([recordedKill(podEntry('web-0'))]);
    expect(including.log).toEqual(counters.log);
  });

  test('begin anew where the saved counts are nonsense', async () => {
    const counters = makeCounters();
    for (const saved of [null, 7, { posts: [], killed: 'x', kills: 3 }, { posts: { created: -1 } }])
      counters.restore(saved);
    expect(JSON.stringify(counters)).toBe(JSON.stringify(makeCounters()));
  });

  test('escape what a name may hold', async () => {
    const counters = makeCounters();
    const ref = { namespace: 'a"b', pod: 'c\\d', container: 'e\nf' };
    counters.kills.count(ref);
    const [line] = await samples(metricsSource({ counters }));
    expect(line).toBe(
      String.raw`container_oom_events_total{namespace="a\"b",pod="c\\d",container="e\nf"} 1`,
    );
  });

  test('are all in docs/metrics.md, and none is there that is not', async () => {
    const text = await new Metrics(metricsSource()).render();
    const defined = [...text.matchAll(/^# TYPE (?<name>\S+)/gm)].map(
      ({ groups }) => groups?.['name'],
    );
    const docs = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const told = [...docs.matchAll(/^\| `(?<name>\w+)/gm)].map(({ groups }) => groups?.['name']);
    expect(new Set(told)).toEqual(new Set(defined));
    expect(told).toHaveLength(defined.length);
  });
});
