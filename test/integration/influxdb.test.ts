import { describe, expect, test } from 'vitest';
import { influxCheck } from '../../src/doctor/influxdb.ts';
import type { EpisodeFacts } from '../../src/recorder/episode-facts.ts';
import { InfluxClient } from '../../src/outputs/influx-client.ts';
import type { Output } from '../../src/outputs/output.ts';
import { type EpisodeBatch, episodeOutput } from '../../src/outputs/episode-output.ts';
import { FakeBacklog } from '../support/fake-backlog.ts';
import { Influx, INFLUX_DATABASE, INFLUX_LOGIN } from '../support/influx.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';
import { killFacts } from '../support/telemetry.ts';
import { haveTools } from '../support/test-tools.ts';

const isHere = await haveTools('influxd', 'influx');
interface Scene extends AsyncDisposable {
  readonly influx: Influx;
  readonly queue: FakeBacklog;
  readonly writer: Output<EpisodeBatch, 'written'>;
  readonly tally: Record<InfluxClient['outcomes'][number], number>;
}

async function setScene(password: string = INFLUX_LOGIN.password): Promise<Scene> {
  const influx = await Influx.open();
  const { user } = INFLUX_LOGIN;
  const target = { version: 1, url: influx.url, database: INFLUX_DATABASE, user } as const;
  const queue = new FakeBacklog();
  const tally = { written: 0, retried: 0, refused: 0, expired: 0, excluded: 0 };
  const client = new InfluxClient({ ...target, password: () => password });
  const writer = episodeOutput(client, queue, {
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    tally: (outcome, points) => {
      if (outcome !== 'gave-up') tally[outcome] += points;
    },
  });
  const end = async (): Promise<void> => {
    await writer.drain(0);
    await influx[Symbol.asyncDispose]();
  };
  return { influx, queue, writer, tally, [Symbol.asyncDispose]: end };
}

/** A storm: within one second, many in the same millisecond. */
function storm(count: number): EpisodeFacts[] {
  const atMs = Date.now() - 10_000;
  return Array.from({ length: count }, (_, n) =>
    killFacts({ sequence: 1000 + n, atMs: atMs + (n % 3) }),
  );
}

describe.skipIf(!isHere)('InfluxDB 1', () => {
  test('is found by a doctor, also without its password', async () => {
    await using influx = await Influx.open();
    expect(await influxCheck(influx.url).look()).toEqual({
      status: 'ok',
      found: expect.stringMatching(/^http:.* answers 204, version 1\.\d+/),
    });
  });

  test('has 25 rows of 25 kills within a second', async () => {
    await using scene = await setScene();
    await scene.influx.createDatabase();
    scene.queue.add(...storm(25));
    scene.writer.wake();
    await expect.poll(() => scene.queue.left).toBe(0);

    const columns = 'container_oom_events_total, namespace, podname';
    const [head, ...rows] = await scene.influx.select(`${columns} FROM container_oom_events`);
    expect(head?.slice(1)).toEqual(['time', ...columns.split(', ')]);
    expect(rows).toHaveLength(25);
    expect(new Set(rows.map(([, , ...values]) => values.join()))).toEqual(
      new Set(['1,shop,web-0']),
    );
    const sums = await scene.influx.select(
      'sum(container_oom_events_total) FROM container_oom_events',
    );
    expect(sums.at(-1)?.at(-1)).toBe('25');
  });

  test('gets what names it should not have to bear', async () => {
    await using scene = await setScene();
    await scene.influx.createDatabase();
    scene.queue.add(killFacts({ pod: 'a b', container: String.raw`c=d\e"f` }));
    scene.writer.wake();
    await expect.poll(() => scene.queue.left).toBe(0);
    const rows = await scene.influx.select(
      'container_oom_events_total, podname FROM container_oom_events',
    );
    expect(rows.at(-1)?.at(-1)).toBe('a b');
  });

  test('gets after an outage, a missing database and a retry everything once', async () => {
    await using scene = await setScene();
    const { influx, queue, writer, tally } = scene;
    const kills = storm(600);
    queue.add(...kills.slice(0, 200));
    writer.wake();
    await expect.poll(() => tally.retried).toBeGreaterThan(0); // no database yet
    await influx.createDatabase();
    await expect.poll(() => queue.left, { timeout: 10_000 }).toBe(0);

    await influx.stop();
    queue.add(...kills.slice(200, 400));
    writer.wake();
    queue.mark -= 50; // the process died after a write and before its mark
    await expect.poll(() => tally.retried).toBeGreaterThan(400);
    queue.add(...kills.slice(400));
    await influx.start();
    await expect.poll(() => queue.left, { timeout: 20_000 }).toBe(0);
    const counts = await influx.select(
      'count(container_oom_events_total) FROM container_oom_events',
    );
    expect(counts.at(-1)?.at(-1)).toBe('600');
  });

  test('makes a point wait whose password is wrong', async () => {
    await using scene = await setScene('wrong');
    scene.queue.add(killFacts());
    scene.writer.wake();
    await expect.poll(() => scene.tally.retried).toBeGreaterThan(0);
    expect(scene.tally.refused).toBe(0);
    expect(scene.queue.left).toBe(1);
  });

  test('drops only the point it refuses', async () => {
    await using scene = await setScene();
    await scene.influx.createDatabase('WITH DURATION 1h');
    const old = killFacts({ atMs: Date.now() - 48 * 3_600_000 });
    scene.queue.add(...storm(3), old, ...storm(6).slice(3));
    scene.writer.wake();
    await expect.poll(() => scene.queue.left).toBe(0);
    expect(scene.tally).toMatchObject({ written: 6, refused: 1 });
    const counts = await scene.influx.select('count(*) FROM container_oom_events');
    expect(counts.at(-1)?.at(-1)).toBe('6');
  });
});

function ignore(): void {}
