import { expect, test } from 'vitest';
import { EpisodeBacklog } from '../../src/outputs/episode-backlog.ts';
import {
  type EpisodeBatch,
  type EpisodeClient,
  episodeOutput,
} from '../../src/outputs/episode-output.ts';
import type { Failure } from '../../src/outputs/output-client.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { tempDirectory } from '../support/temp-directory.ts';

/** All there is to write for an output: what one delivery is, and which failures mean what. */
class Pager implements EpisodeClient<'paged'> {
  readonly name = 'pager';
  readonly destination = 'the pager';
  readonly items = 'pages';
  readonly outcomes = ['paged', 'retried', 'refused', 'gave-up', 'expired'] as const;
  readonly maxBatch = 3;
  readonly backfills = true;
  readonly #call: (body: string) => Promise<number>;

  constructor(call: (body: string) => Promise<number>) {
    this.#call = call;
  }

  async deliver({ episodes }: EpisodeBatch): Promise<'paged'> {
    const body = episodes.map(({ episode }) => episode.sequence).join();
    const status = await this.#call(body);
    if (status !== 200) throw new Error(`HTTP ${status}`);
    return 'paged';
  }

  classify(err: unknown): Failure {
    return { means: String(err).includes('HTTP 4') ? 'final' : 'away' };
  }
}

const HOUR_MS = 60 * 60_000;
const NODE = { subjects: [{ kind: 'node' }], source: 'none' } as const;

/** A pager that refuses kill 5 and is otherwise there or away, and agents that page. */
function setScene() {
  const [clock, log, directory] = [new FakeClock(), new MemoryLog(), tempDirectory()];
  const world = { isAway: false, calls: 0, paged: [] as string[] };
  const tally: Record<string, number> = {};
  const call = async (body: string): Promise<number> => {
    world.calls += 1;
    if (world.isAway) throw new Error('ECONNREFUSED');
    if (body.split(',').includes('5')) return 400;
    world.paged.push(body);
    return 200;
  };
  const start = () => {
    const nowMs = (): number => clock.wallMs();
    const store = new StateStore({ directory, historyMax: 99, log, nowMs });
    const pager = new Pager(call);
    const output = episodeOutput(pager, new EpisodeBacklog(store, pager, nowMs), {
      clock,
      random: () => 0.5,
      log,
      tally: (outcome, count) => (tally[outcome] = (tally[outcome] ?? 0) + count),
    });
    output.wake();
    const kill = async (...sequences: readonly number[]): Promise<void> => {
      for (const sequence of sequences) {
        const episode = makeEpisode({ sequence });
        const stored = {
          bootId: 'boot-1',
          state: 'recorded',
          enteredMs: nowMs(),
          episode,
        } as const;
        store.episodes.add({ ...stored, attribution: NODE });
      }
      output.wake();
      await clock.settle();
    };
    const end = async (): Promise<void> => {
      await output.drain(0);
      store[Symbol.dispose]();
    };
    return { kill, end };
  };
  return { clock, log, world, tally, start };
}

test('an output of a few lines survives an outage and a restart, in order, and drops what is refused', async () => {
  const { clock, log, world, tally, start } = setScene();
  const first = start();
  await first.kill(1);
  world.isAway = true;
  await first.kill(2, 3);
  await clock.advance(HOUR_MS);
  await first.end();

  const second = start();
  await second.kill(4, 5, 6, 7);
  await clock.advance(HOUR_MS);
  expect(world.calls).toBeLessThan(2 * 60 * 3);
  world.isAway = false;
  await clock.advance(60_000);
  expect(world.paged.join().split(',').map(Number)).toEqual([1, 2, 3, 4, 6, 7]);
  expect(tally).toMatchObject({ paged: 6, refused: 1 });
  expect(log.said('error')).toEqual(['the pager refused pages']);
  expect(log.said('warn')).toEqual([
    'cannot write to the pager, pages wait in the store',
    'cannot write to the pager, pages wait in the store',
  ]);
  expect(clock.waiting).toBe(0);
  await second.end();
});

test('it gives up what is a day old, and nothing younger', async () => {
  const { clock, log, world, tally, start } = setScene();
  const { kill, end } = start();
  world.isAway = true;
  await kill(1, 2);
  await clock.advance(20 * HOUR_MS);
  await kill(3);
  await clock.advance(5 * HOUR_MS);
  expect(tally['gave-up']).toBe(2);
  expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
    { message: 'pages given up', facts: { pages: 2, episode: 1, err: expect.any(Error) } },
  ]);
  world.isAway = false;
  await clock.advance(60_000);
  expect(world.paged).toEqual(['3']);
  await end();
});
