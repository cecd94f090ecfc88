import { describe, expect, test } from 'vitest';
import { type EpisodeFacts, episodeFacts } from '../../src/recorder/episode-facts.ts';
import { DeliveryError } from '../../src/outputs/post-once.ts';
import {
  type EpisodeBatch,
  type EpisodeOutcome,
  episodeOutput,
} from '../../src/outputs/episode-output.ts';
import { InfluxClient } from '../../src/outputs/influx-client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeBacklog } from '../support/fake-backlog.ts';
import { killFacts } from '../support/telemetry.ts';

const MINUTE_MS = 60_000;
const WRITING = 'Writing points to InfluxDB';

/** Keeps what it is given, by what identifies a point; refuses pods called `bad`. */
class FakePoints extends InfluxClient {
  readonly points = new Map<number, EpisodeFacts>();
  failure: { readonly code: DeliveryError['code']; readonly retryAfterMs?: number } | undefined;
  hangs = false;
  writes = 0;
  /** How many writes are answered until the next 429. */
  allowed = Number.POSITIVE_INFINITY;

  constructor() {
    super({ version: 1, url: 'http://influx', database: 'oom' });
  }

  override async deliver({ episodes }: EpisodeBatch): Promise<'written'> {
    await this.#keep(episodes.map(episodeFacts));
    return 'written';
  }

  async #keep(episodes: readonly EpisodeFacts[]): Promise<void> {
    this.writes += 1;
    if (this.hangs) await new Promise(() => {});
    if (this.allowed === 0) {
      this.allowed = 3;
      throw new DeliveryError('E_INFLUX_AWAY', WRITING);
    }
    this.allowed -= 1;
    if (this.failure !== undefined) {
      throw new DeliveryError(this.failure.code, WRITING, undefined, this.failure.retryAfterMs);
    }
    if (episodes.some(({ pod }) => pod === 'bad')) {
      throw new DeliveryError('E_INFLUX_REFUSED', WRITING);
    }
    for (const facts of episodes) this.points.set(facts.sequence, facts);
  }
}

function harness() {
  const [queue, sink, clock] = [new FakeBacklog(), new FakePoints(), new FakeClock()];
  const logged: string[] = [];
  const facts: object[] = [];
  const say = (said: object, message: string) => {
    facts.push(said);
    logged.push(message);
  };
  const tally: Partial<Record<EpisodeOutcome<'written'>, number>> = {
    written: 0,
    retried: 0,
    refused: 0,
    expired: 0,
  };
  const writer = episodeOutput(sink, queue, {
    clock,
    random: () => 0.5,
    log: { debug: () => undefined, info: say, warn: say, error: say },
    tally: (outcome, points) => (tally[outcome] = (tally[outcome] ?? 0) + points),
  });
  return { queue, sink, clock, writer, logged, facts, tally };
}

function kills(count: number): EpisodeFacts[] {
  return Array.from({ length: count }, (_, sequence) => killFacts({ sequence }));
}

describe('the InfluxDB writer', () => {
  test('writes what is pending in batches and moves the mark', async () => {
    const { queue, sink, clock, writer, tally } = harness();
    queue.add(...kills(1_200));
    writer.wake();
    await clock.settle();
    expect(sink.points.size).toBe(1_200);
    expect(sink.writes).toBe(3);
    expect(queue.left).toBe(0);
    expect(tally).toEqual({ written: 1_200, retried: 0, refused: 0, expired: 0 });
  });

  test('runs no timer while nothing waits', async () => {
    const { queue, clock, writer } = harness();
    queue.add(...kills(1));
    writer.wake();
    await clock.settle();
    expect(clock.waiting).toBe(0);
  });

  test.for<DeliveryError['code']>(['E_INFLUX_AWAY', 'E_INFLUX_ACCESS'])(
    'tries again for ever, a minute apart at most, while it hears %s, and says so once',
    async (code) => {
      const { queue, sink, clock, writer, logged } = harness();
      queue.add(...kills(3));
      sink.failure = { code };
      writer.wake();
      await clock.advance(3 * 24 * 60 * MINUTE_MS);
      expect(queue.left).toBe(3);
      sink.failure = undefined;
      await clock.advance(MINUTE_MS);
      expect(sink.points.size).toBe(3);
      expect(logged).toEqual([
        'cannot write to influxdb, points wait in the store',
        'writing to influxdb again',
      ]);
    },
  );

  test('is not hurried by new episodes while an outage lasts', async () => {
    const { queue, sink, clock, writer } = harness();
    sink.failure = { code: 'E_INFLUX_AWAY' };
    for (let n = 0; n < 100; n += 1) {
      queue.add(...kills(1));
      writer.wake();
      await clock.settle();
    }
    expect(sink.writes).toBe(1);
  });

  test('waits as long as the server asks, five minutes at most', async () => {
    const { queue, sink, clock, writer } = harness();
    queue.add(...kills(1));
    sink.failure = { code: 'E_INFLUX_AWAY', retryAfterMs: 60 * MINUTE_MS };
    writer.wake();
    await clock.advance(5 * MINUTE_MS - 1);
    expect(sink.writes).toBe(1);
    await clock.advance(1);
    expect(sink.writes).toBe(2);
  });

  test('finds the points that are refused and gets the others through', async () => {
    const { queue, sink, clock, writer, tally } = harness();
    queue.add(
      ...kills(10).map((facts) => (facts.sequence % 5 === 2 ? { ...facts, pod: 'bad' } : facts)),
    );
    writer.wake();
    await clock.settle();
    expect([...sink.points.keys()]).toEqual([0, 1, 3, 4, 5, 6, 8, 9]);
    expect(tally).toMatchObject({ written: 8, refused: 2 });
    expect(queue.left).toBe(0);
  });

  test('gets past 500 points that are refused, and a rate limit, each point once', async () => {
    const { queue, sink, clock, writer, tally } = harness();
    queue.add(...kills(500).map((facts) => ({ ...facts, pod: 'bad' })), ...kills(1));
    sink.allowed = 3;
    writer.wake();
    await clock.advance(24 * 60 * MINUTE_MS);
    expect(queue.left).toBe(0);
    expect(sink.points.size).toBe(1);
    expect(tally).toMatchObject({ written: 1, refused: 500 });
  });

  test('writes whole batches again behind one that was refused', async () => {
    const { queue, sink, clock, writer } = harness();
    queue.add({ ...killFacts(), pod: 'bad' }, ...kills(2_000));
    writer.wake();
    await clock.settle();
    expect(queue.left).toBe(0);
    expect(sink.writes).toBeLessThan(10 + 9 + 4); // halved, doubled, whole
  });

  test('says once how many points were refused, and why the first was', async () => {
    const { queue, clock, writer, logged, facts } = harness();
    queue.add(...kills(20).map((kill) => ({ ...kill, pod: 'bad' })));
    writer.wake();
    await clock.settle();
    expect(logged).toEqual(['influxdb refused points']);
    expect(facts).toMatchObject([{ err: { code: 'E_INFLUX_REFUSED' }, points: 20, episode: 1 }]);
  });

  test('says and counts what the history let go of during an outage', async () => {
    const { queue, sink, clock, writer, logged, facts, tally } = harness();
    queue.add(...kills(1));
    sink.failure = { code: 'E_INFLUX_AWAY' };
    writer.wake();
    await clock.settle();
    queue.expired = 15;
    sink.failure = undefined;
    await clock.advance(MINUTE_MS);
    expect(logged[1]).toBe('points expired: the history is full');
    expect(facts[1]).toEqual({ points: 15 });
    expect(logged).toHaveLength(3);
    expect(tally).toMatchObject({ written: 1, expired: 15 });
  });

  test('says what was refused before an outage', async () => {
    const { queue, sink, clock, writer, logged } = harness();
    queue.add(...kills(3).map((kill) => ({ ...kill, pod: 'bad' })));
    sink.allowed = 3;
    writer.wake();
    await clock.settle();
    expect(logged).toEqual([
      'influxdb refused points',
      'cannot write to influxdb, points wait in the store',
    ]);
  });

  test('survives a store that cannot be read for a moment', async () => {
    const { queue, sink, clock, writer } = harness();
    queue.add(...kills(1));
    queue.broken = new Error('disk I/O error');
    writer.wake();
    await clock.advance(MINUTE_MS);
    expect(sink.points.size).toBe(1);
  });

  test('hears what comes while it writes', async () => {
    const { queue, sink, clock, writer } = harness();
    queue.add(...kills(1));
    writer.wake();
    await Promise.resolve();
    queue.add(killFacts({ sequence: 77 }));
    writer.wake();
    await clock.settle();
    expect([...sink.points.keys()]).toEqual([0, 77]);
  });

  test('stops in time although the server never answers', async () => {
    const { queue, sink, clock, writer } = harness();
    queue.add(...kills(1));
    sink.hangs = true;
    let stopped = false;
    const draining = writer.drain(2_000).then(() => (stopped = true));
    await clock.advance(1_999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    await draining;
    expect(queue.left).toBe(1);
  });
});
