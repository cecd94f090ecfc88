import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AuditFigures } from '../../src/oom/kill-audit.ts';
import { Counters, type LogCounts } from '../../src/telemetry/counters.ts';
import { listMetrics, type MetricsSource } from '../../src/telemetry/metric-list.ts';
import { newTally } from '../../src/tally.ts';
import {
  KILLED_AT_MS,
  metricsOf,
  metricsSource,
  podEntry,
  recordedKill,
} from '../support/telemetry.ts';

async function samples(source: Partial<MetricsSource> = {}): Promise<string[]> {
  const text = await metricsOf(source).render();
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
    const metrics = metricsOf({ counters });
    const web = 'container_oom_events_total{namespace="shop",pod="web-0",container="app"}';
    expect(await metrics.render()).toContain(`${web} 0\n`);
    counters.recorded(recordedKill(podEntry('web-0')));
    expect(await metrics.render()).toContain(`${web} 1\n`);
  });

  test('read their values only when they are scraped', async () => {
    let reads = 0;
    const buffer = () => ({ waiting: (reads += 1), capacity: 10 });
    const metrics = metricsOf({ buffer });
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
    const shown = await samples({ counters });
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
    const shown = await samples({ counters });
    expect(shown).toContain('oom_recorder_pending_overflows_total 1');
  });

  test('count a kill of the Node for no container', async () => {
    const counters = makeCounters();
    counters.recorded(recordedKill());
    const shown = await samples({ counters });
    expect(shown.filter((line) => line.startsWith('container_') && !line.endsWith(' 0'))).toEqual(
      [],
    );
  });

  test('have every outcome from the start', async () => {
    const shown = await samples();
    expect(shown.filter((line) => line.startsWith('oom_recorder_event_posts_total'))).toHaveLength(
      8,
    );
  });

  test('leave out what an agent does not have', async () => {
    const { audit, isConfirming, outbox, watch, pods, outputs, ...source } = metricsSource();
    const shown = Object.keys(listMetrics({ ...source, outputs: [] })).join('\n');
    expect([audit, isConfirming, outbox, watch, pods, outputs[0]]).not.toContain(undefined);
    expect(shown).not.toMatch(
      /kernel_oom_kills|marked_victims|outbox|pending|event_posts|events_skipped|pods?_|memory_limit|influx/,
    );
  });

  test('claim no audit before there was one', async () => {
    let figures: AuditFigures | undefined;
    const metrics = metricsOf({ audit: () => figures });
    const audited = /^oom_recorder_(?:kernel|recorded|unexplained)_oom_kills\w* \d/gm;
    expect(await metrics.render()).not.toMatch(audited);
    figures = { counted: 5, beforeStart: 5, recorded: 0, lost: 0, unexplained: 0 };
    expect((await metrics.render()).match(audited)).toHaveLength(3);
    figures = undefined;
    expect(await metrics.render()).not.toMatch(audited);
  });

  test('have a gauge of unexplained kills: one may be explained after all', async () => {
    const text = await metricsOf().render();
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
    const shown = (await samples({ counters })).filter((line) => /_log_|_callbacks_/.test(line));
    expect(shown).toEqual([
      'oom_recorder_log_records_total 110',
      'oom_recorder_log_records_lost_total 3',
      'oom_recorder_log_records_malformed_total 1',
      'oom_recorder_log_records_forged_total 3',
      'oom_recorder_kernel_callbacks_suppressed_total 4',
    ]);
    expect(second).toMatchObject({ records: 10, forged: 1 });
  });

  test('of the tracepoint say what the log has of its victims, from the first on', async () => {
    const first = { ...newTally(), marksJoined: 200, marksAlone: 3, marksNoKill: 1, marksLost: 9 };
    const second = { ...newTally(), marksJoined: 1 };
    const counters = makeCounters(second);
    counters.restore(JSON.parse(JSON.stringify(makeCounters(first))));
    const shown = await samples({ counters });
    expect(shown.filter((line) => line.includes('_marked_victims_'))).toEqual([
      'oom_recorder_marked_victims_total{kill="in-log"} 201',
      'oom_recorder_marked_victims_total{kill="not-in-log"} 3',
      'oom_recorder_marked_victims_total{kill="counted"} 0',
      'oom_recorder_marked_victims_total{kill="none"} 1',
      'oom_recorder_marked_victims_lost_total 9',
    ]);
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
    counters.kills.count(ref, 7);
    const [line] = await samples({ counters });
    expect(line).toBe(
      String.raw`container_oom_events_total{namespace="a\"b",pod="c\\d",container="e\nf"} 1`,
    );
  });

  test('of the process are in base units, and it started when it did', async () => {
    let nowMs = 60_000;
    const runtime = { ...metricsSource().runtime, uptime: () => 10 };
    const metrics = metricsOf({ runtime, nowMs: () => nowMs });
    nowMs = 90_000;
    const lines = (await metrics.render()).split('\n');
    expect(lines.filter((line) => /^(?:process|nodejs)_/.test(line))).toEqual([
      'process_cpu_seconds_total 1.5',
      'process_start_time_seconds 50',
      'process_resident_memory_bytes 90000000',
      'process_open_fds 30',
      'nodejs_heap_size_used_bytes 20000000',
      'nodejs_external_memory_bytes 1000000',
    ]);
  });

  test('wait for no time where nothing waits, or the clock was set back', async () => {
    const waiting = { rows: 1, pendingEpisodes: 0 };
    const age = (outbox: typeof waiting & { oldestEnteredAtMs?: number }) =>
      listMetrics(metricsSource({ outbox: () => outbox }))[
        'oom_recorder_outbox_oldest_age_seconds'
      ]?.read();
    expect(age(waiting)).toBe(0);
    expect(age({ ...waiting, oldestEnteredAtMs: KILLED_AT_MS + 1 })).toBe(0);
    expect(age({ ...waiting, oldestEnteredAtMs: KILLED_AT_MS - 90_000 })).toBe(90);
  });

  test('are in docs/metrics.md with their types and labels, and none is there that is not', () => {
    const docs = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const rows = [...docs.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\|/gm)];
    const told = rows.map(([, name, type, labels]) => `${name} ${type} ${labels}`);
    const defined = Object.entries(listMetrics(metricsSource())).map(
      ([name, { type, labels }]) =>
        `${name} ${type} ${labels.map((label) => `\`${label}\``).join(', ')}`,
    );
    expect(told.toSorted()).toEqual(defined.toSorted());
  });

  test('of few label values have each of them in docs/metrics.md', () => {
    const docs = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const { episodes, suppressed, posts, skips } = makeCounters();
    const outputs = metricsSource().outputs.map(
      ({ client: { name, items }, counts }) =>
        [`oom_recorder_${name}_${items}_total`, counts] as const,
    );
    for (const [name, counts] of Object.entries({
      oom_recorder_episodes_total: episodes,
      oom_recorder_suppressed_contexts_total: suppressed,
      oom_recorder_event_posts_total: posts,
      oom_recorder_events_skipped_total: skips,
      ...Object.fromEntries(outputs),
    })) {
      const row = docs.split('\n').find((line) => line.startsWith(`| \`${name}\``));
      for (const [value] of counts.entries()) expect(row).toContain(`\`${value}\``);
    }
  });
});
